package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The options all poolings by a sliding window share; each returns the layer itself.
 *
 * @param <L> the layer's own type
 */
public abstract class PoolingLayer<L extends PoolingLayer<L>> extends Layer {

  Sliding sliding;

  PoolingLayer(long... window) {
    sliding = Sliding.of(window).stride(window);
  }

  abstract L self();

  /** The result for an input of the right shape. */
  abstract Tensor pool(Tensor x);

  /** Sets the step: one for all axes, or one for each; default: the window. */
  public final L stride(long... strides) {
    requireUnbuilt();
    sliding = sliding.stride(strides);
    return self();
  }

  /** Sets the padding, less than the window; default {@link Padding#VALID}. */
  public final L padding(Padding padding) {
    requireUnbuilt();
    if (padding == Padding.CAUSAL) {
      throw new IllegalArgumentException(typeName() + ": expected VALID, SAME or widths as padding, given CAUSAL");
    }
    sliding = sliding.padding(padding);
    return self();
  }

  /**
   * Whether a last window may hang over the padded input where some of it is left over (PyTorch's
   * {@code ceil_mode}; a window that would start behind the input is dropped); default false.
   */
  public final L ceil(boolean on) {
    requireUnbuilt();
    sliding = sliding.ceil(on);
    return self();
  }

  @Override
  public final L name(String name) {
    super.name(name);
    return self();
  }

  @Override
  protected final Shape build(Shape in) {
    sliding.requirePaddingBelowKernel(who());
    return checked(in);
  }

  private Shape checked(Shape in) {
    return sliding.out(who(), in, in.rank() == 0 ? 0 : in.last());
  }

  @Override
  protected final Tensor forward(Tensor x, Pass pass) {
    checked(x.shape());
    return pool(x);
  }

  static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  /** Output sizes of adaptive pooling. */
  static List<Long> checkedSize(String layer, long... size) {
    List<Long> all = LongStream.of(size).boxed().toList();
    if (all.stream().anyMatch(n -> n < 1)) {
      throw new IllegalArgumentException(layer + ": expected an output size of 1 or more, given " + all);
    }
    return all;
  }
}
