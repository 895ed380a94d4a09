package dev.neurite.nn;

/**
 * Transposed 2-D convolution: the gradient of {@link Conv2D} with respect to its input, used as a
 * layer that enlarges. With A the matrix of a convolution, {@code y = activation(A'x + bias)}.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, in]}, output {@code [batch, outH, outW,
 * filters]}; {@code kernel} [kernelH, kernelW, filters / groups, in] (Keras' order), {@code bias}
 * [filters]. With span = (kernel - 1) * dilation + 1, an axis of n cells becomes {@code n * stride}
 * for {@code SAME}, {@code n * stride + max(span - stride, 0)} for {@code VALID} and {@code (n - 1)
 * * stride + span - before - after} for explicit padding, whose widths are cut off the result;
 * {@code outputPadding} then adds cells behind (Keras' formula with {@code SAME}: {@code (n - 1) *
 * stride + span - 2 * floor(span / 2)} and that).
 *
 * <p>Defaults as in Keras: stride 1, {@code VALID}, no output padding, linear, kernel Glorot
 * uniform, bias zeros. Explicit padding and groups as in PyTorch's {@code ConvTranspose2d}.
 *
 * <pre>{@code
 * Conv2DTranspose.of(64, 4).stride(2).padding(Padding.SAME)        // twice as large
 * }</pre>
 */
public final class Conv2DTranspose extends TransposedLayer<Conv2DTranspose> {

  private Conv2DTranspose(long filters, long... kernel) {
    super(checkedFilters("Conv2DTranspose", filters), kernel);
  }

  /** A layer with square kernels. */
  public static Conv2DTranspose of(long filters, long kernel) {
    return of(filters, kernel, kernel);
  }

  /** A layer with kernels of the given height and width. */
  public static Conv2DTranspose of(long filters, long kernelHeight, long kernelWidth) {
    return new Conv2DTranspose(filters, kernelHeight, kernelWidth);
  }

  static Conv2DTranspose from(Config c) {
    return new Conv2DTranspose(c.filters(), longs(c.kernel())).options(c);
  }

  @Override
  Conv2DTranspose self() {
    return this;
  }
}
