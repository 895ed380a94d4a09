package dev.neurite.nn;

/**
 * Transposed 1-D convolution: the gradient of {@link Conv1D} with respect to its input, used as a
 * layer that enlarges. With A the matrix of a convolution, {@code y = activation(A'x + bias)}.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, in]}, output {@code [batch, outLength, filters]};
 * {@code kernel} [kernel, filters / groups, in] (Keras' order), {@code bias} [filters]. With span =
 * (kernel - 1) * dilation + 1, an axis of n cells becomes {@code n * stride} for {@code SAME},
 * {@code n * stride + max(span - stride, 0)} for {@code VALID} and {@code (n - 1) * stride + span -
 * before - after} for explicit padding, whose widths are cut off the result; {@code outputPadding}
 * then adds cells behind (Keras' formula with {@code SAME}: {@code (n - 1) * stride + span - 2 *
 * floor(span / 2)} and that).
 *
 * <p>Defaults as in Keras: stride 1, {@code VALID}, no output padding, linear, kernel Glorot
 * uniform, bias zeros. Explicit padding and groups as in PyTorch's {@code ConvTranspose1d}.
 *
 * <pre>{@code
 * Conv1DTranspose.of(64, 4).stride(2).padding(Padding.SAME)        // twice as large
 * }</pre>
 */
public final class Conv1DTranspose extends TransposedLayer<Conv1DTranspose> {

  private Conv1DTranspose(long filters, long... kernel) {
    super(checkedFilters("Conv1DTranspose", filters), kernel);
  }

  /** A layer with kernels of the given length. */
  public static Conv1DTranspose of(long filters, long kernel) {
    return new Conv1DTranspose(filters, kernel);
  }

  static Conv1DTranspose from(Config c) {
    return new Conv1DTranspose(c.filters(), longs(c.kernel())).options(c);
  }

  @Override
  Conv1DTranspose self() {
    return this;
  }
}
