package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.ops.Conv2d;
import dev.neurite.ops.Conv3d;
import dev.neurite.ops.Window;
import dev.neurite.ops.Window3d;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * What transposed convolutions share: the result is the data gradient of the convolution whose
 * output is the input, cut to the wanted size (or, where the kernel does not reach, filled up).
 *
 * @param <L> the layer's own type
 */
public abstract class TransposedLayer<L extends TransposedLayer<L>> extends ConvolutionLayer<L> {

  /** The options, as saved; no output padding is an empty list. */
  public record Config(
      long filters, List<Long> kernel, List<Long> strides, List<Long> dilations, List<Long> outputPadding, int groups,
      Padding padding, Activation activation, boolean bias, Initializer kernelInitializer,
      Initializer biasInitializer, Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private final long filters;
  private int groups = 1;
  private List<Long> outputPadding = List.of();
  private Param kernel;

  TransposedLayer(long filters, long... kernel) {
    super(kernel);
    this.filters = filters;
  }

  @Override
  final boolean mayBeCausal() {
    return false;
  }

  final L options(Config c) {
    stride(longs(c.strides)).dilation(longs(c.dilations)).groups(c.groups).padding(c.padding).activation(c.activation);
    bias(c.bias).kernelInitializer(c.kernelInitializer).biasInitializer(c.biasInitializer);
    kernelRegularizer(c.kernelRegularizer).biasRegularizer(c.biasRegularizer);
    return c.outputPadding.isEmpty() ? self() : outputPadding(longs(c.outputPadding));
  }

  /**
   * Splits the channels into groups that do not see each other; must divide both channel counts.
   * Default 1.
   */
  public final L groups(int groups) {
    requireUnbuilt();
    if (groups < 1 || filters % groups != 0) {
      throw new IllegalArgumentException(
          typeName() + ": expected groups that divide " + filters + ", given " + groups);
    }
    this.groups = groups;
    return self();
  }

  /**
   * Adds cells behind the result, so that of the sizes a strided convolution maps to one, the wanted
   * one comes back: one number for all axes, or one for each, below the stride or the dilation.
   */
  public final L outputPadding(long... cells) {
    requireUnbuilt();
    outputPadding = Sliding.perAxis("output padding", sliding.axes(), cells);
    return self();
  }

  /** Cells cut off an axis of n cells: before, and (negative: added) after. */
  private long[] cut(int axis, long n) {
    long stride = sliding.strides().get(axis);
    long span = sliding.span(axis);
    long full = (n - 1) * stride + span;
    long extra = outputPadding.isEmpty() ? 0 : outputPadding.get(axis);
    Padding padding = sliding.padding();
    if (padding != Padding.SAME && padding != Padding.VALID) {
      long[] widths = padding.widths(sliding.axes(), axis);
      return new long[] {widths[0], widths[1] - extra};
    }
    long length;
    if (outputPadding.isEmpty()) {
      length = n * stride + (padding == Padding.SAME ? 0 : Math.max(span - stride, 0));
    } else {
      length = full - (padding == Padding.SAME ? 2 * (span / 2) : 0) + extra;
    }
    long before = padding == Padding.SAME ? Math.max(full - length, 0) / 2 : 0;
    return new long[] {before, full - length - before};
  }

  private long length(Shape in, int axis) {
    long n = in.dim(axis + 1);
    if (n < 0) {
      return -1;
    }
    long[] cut = cut(axis, n);
    long length = (n - 1) * sliding.strides().get(axis) + sliding.span(axis) - cut[0] - cut[1];
    if (length < 1) {
      throw new ShapeException(
          who() + ": expected padding that leaves at least 1 cell on axis " + (axis + 1) + ", given " + length
              + " from " + in);
    }
    return length;
  }

  private void requireOutputPadding() {
    for (int i = 0; i < outputPadding.size(); i++) {
      long extra = outputPadding.get(i);
      if (extra < 0 || extra >= Math.max(sliding.strides().get(i), sliding.dilations().get(i))) {
        throw new IllegalArgumentException(
            who() + ": expected output padding below the stride " + sliding.strides().get(i) + " or the dilation "
                + sliding.dilations().get(i) + ", given " + extra);
      }
    }
  }

  @Override
  protected final Shape build(Shape in) {
    sliding.requireInput(who(), in);
    requireOutputPadding();
    if (in.last() % groups != 0) {
      throw new ShapeException(who() + ": expected channels divisible by " + groups + " groups, given " + in);
    }
    requireChannels(in, kernel, kernel == null ? 0 : kernel.dim(-1));
    long[] dims = new long[in.rank()];
    dims[0] = in.dim(0);
    for (int axis = 0; axis < sliding.axes(); axis++) {
      dims[axis + 1] = length(in, axis);
    }
    dims[in.rank() - 1] = filters;
    kernel = param("kernel", kernelShape(filters / groups, in.last()), kernelInitializer, kernelRegularizer);
    createBias(filters);
    return activation.build(Shape.of(dims));
  }

  @Override
  protected final Tensor forward(Tensor x, Pass pass) {
    requireChannels(x.shape(), kernel, kernel.dim(-1));
    Tensor y = transposed(x);
    return activation.apply(bias == null ? y : y.add(bias));
  }

  /** The data gradient, made where the kernel reaches, then filled up with zeros. */
  private Tensor transposed(Tensor x) {
    int axes = sliding.axes();
    long[][] cut = new long[axes][];
    long[] dims = new long[axes + 2];
    long[] before = new long[axes + 2];
    long[] after = new long[axes + 2];
    dims[0] = x.dim(0);
    dims[axes + 1] = filters;
    boolean filled = false;
    for (int axis = 0; axis < axes; axis++) {
      cut[axis] = cut(axis, x.dim(axis + 1));
      after[axis + 1] = Math.max(-cut[axis][1], 0);
      filled |= after[axis + 1] > 0;
      cut[axis][1] = Math.max(cut[axis][1], 0);
      dims[axis + 1] = length(x.shape(), axis) - after[axis + 1];
    }
    Tensor y = gradient(x, Shape.of(dims), cut);
    return filled ? y.pad(before, after, 0) : y;
  }

  private Tensor gradient(Tensor x, Shape out, long[][] cut) {
    List<Long> k = sliding.kernel();
    List<Long> s = sliding.strides();
    List<Long> d = sliding.dilations();
    int w = sliding.axes() - 1;
    if (w == 0) {
      Window v = new Window(1, k.get(0), 1, s.get(0), 1, d.get(0), 0, 0, cut[0][0], cut[0][1]);
      Shape wide = Shape.of(out.dim(0), 1, out.dim(1), out.dim(2));
      return Conv2d.dataGradient(x.expandDims(1), kernel.expandDims(0), wide, v, groups).squeeze(1);
    }
    int h = w - 1;
    Window v =
        new Window(
            k.get(h), k.get(w), s.get(h), s.get(w), d.get(h), d.get(w), cut[h][0], cut[h][1], cut[w][0], cut[w][1]);
    if (w == 1) {
      return Conv2d.dataGradient(x, kernel, out, v, groups);
    }
    return Conv3d.dataGradient(
        x, kernel, out, new Window3d(v, k.get(0), s.get(0), d.get(0), cut[0][0], cut[0][1]), groups);
  }

  @Override
  protected final long multiplyAdds(Shape in, Shape out) {
    return Positions.of(in, 1) * in.last() * sliding.cells() * (filters / groups);
  }

  @Override
  public final Config config() {
    return new Config(
        filters, sliding.kernel(), sliding.strides(), sliding.dilations(), outputPadding, groups, sliding.padding(),
        activation, useBias, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer);
  }
}
