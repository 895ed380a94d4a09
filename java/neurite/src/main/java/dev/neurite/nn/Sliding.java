package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.Window;
import dev.neurite.ops.Window3d;
import dev.neurite.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The sliding window of a convolution or pooling over one, two or three axes: its options, and what
 * they make of an input {@code [batch, spatial..., channels]}.
 *
 * @param kernel cells on each axis
 * @param strides steps
 * @param dilations distances between the cells
 * @param padding what is added around
 * @param ceil whether a last window may hang over the padded input
 */
record Sliding(List<Long> kernel, List<Long> strides, List<Long> dilations, Padding padding, boolean ceil) {

  private static final List<List<String>> AXES =
      List.of(List.of("length"), List.of("height", "width"), List.of("depth", "height", "width"));
  private static final List<String> INPUTS =
      List.of(
          "[batch, length, channels]", "[batch, height, width, channels]",
          "[batch, depth, height, width, channels]");

  Sliding {
    requirePositive("kernel", kernel);
    requirePositive("stride", strides);
    requirePositive("dilation", dilations);
  }

  private static void requirePositive(String what, List<Long> values) {
    if (values.stream().anyMatch(v -> v < 1)) {
      throw new IllegalArgumentException(what + ": expected 1 or more, given " + crossed(values));
    }
  }

  private static String crossed(List<Long> values) {
    return String.join(" x ", values.stream().map(String::valueOf).toList());
  }

  static Sliding of(long... kernel) {
    List<Long> ones = LongStream.of(kernel).mapToObj(k -> 1L).toList();
    return new Sliding(LongStream.of(kernel).boxed().toList(), ones, ones, Padding.VALID, false);
  }

  /** One value for all axes, or one each. */
  static List<Long> perAxis(String what, int axes, long... values) {
    if (values.length != 1 && values.length != axes) {
      throw new IllegalArgumentException(
          what + ": expected 1 or " + axes + " values, given " + Arrays.toString(values));
    }
    return LongStream.range(0, axes).mapToObj(i -> values[values.length == 1 ? 0 : (int) i]).toList();
  }

  Sliding stride(long... s) {
    return new Sliding(kernel, perAxis("stride", axes(), s), dilations, padding, ceil);
  }

  Sliding dilation(long... d) {
    return new Sliding(kernel, strides, perAxis("dilation", axes(), d), padding, ceil);
  }

  Sliding padding(Padding p) {
    if (p == Padding.CAUSAL && axes() != 1) {
      throw new IllegalArgumentException(
          "padding: expected VALID, SAME or widths, given CAUSAL for " + axes() + " axes");
    }
    p.requireAxes(axes());
    return new Sliding(kernel, strides, dilations, p, ceil);
  }

  Sliding ceil(boolean on) {
    return new Sliding(kernel, strides, dilations, padding, on);
  }

  int axes() {
    return kernel.size();
  }

  /** Cells of the window. */
  long cells() {
    return kernel.stream().reduce(1L, Math::multiplyExact);
  }

  /** Cells of an axis from the window's first to its last. */
  long span(int axis) {
    return (kernel.get(axis) - 1) * dilations.get(axis) + 1;
  }

  /** Cells added before and after an axis of n cells. */
  long[] pads(int axis, long n) {
    if (padding == Padding.SAME) {
      long stride = strides.get(axis);
      long total = Math.max(((n + stride - 1) / stride - 1) * stride + span(axis) - n, 0);
      return new long[] {total / 2, total - total / 2};
    }
    if (padding == Padding.CAUSAL) {
      return new long[] {span(axis) - 1, 0};
    }
    return padding.widths(axes(), axis);
  }

  /** The geometry for an input of known size with one or two axes; one axis is the width of height 1. */
  Window window(Shape x) {
    boolean line = axes() == 1;
    int w = line ? 0 : axes() - 1;
    int h = w - 1;
    long[] vertical = line ? new long[] {0, 0} : pads(h, x.dim(h + 1));
    long[] horizontal = pads(w, x.dim(w + 1));
    return new Window(
        line ? 1 : kernel.get(h), kernel.get(w), line ? 1 : strides.get(h), strides.get(w),
        line ? 1 : dilations.get(h), dilations.get(w), vertical[0], vertical[1], horizontal[0], horizontal[1]);
  }

  /** The geometry for a volume [batch, depth, height, width, channels] of known size. */
  Window3d window3d(Shape x) {
    long[] depth = pads(0, x.dim(1));
    return new Window3d(window(x), kernel.get(0), strides.get(0), dilations.get(0), depth[0], depth[1]);
  }

  /** Refuses another number of axes, and channels that are not known. */
  void requireInput(String who, Shape in) {
    requireInput(who, in, axes());
  }

  static void requireInput(String who, Shape in, int axes) {
    if (in.rank() != axes + 2) {
      throw new ShapeException(who + ": expected " + INPUTS.get(axes - 1) + ", given " + in);
    }
    if (in.last() < 1) {
      throw new ShapeException(who + ": expected a known number of channels, at least one, given " + in);
    }
    for (int axis = 1; axis <= axes; axis++) {
      if (in.dim(axis) == 0) {
        throw new ShapeException(
            who + ": expected an image of at least 1" + " x 1".repeat(axes - 1) + ", given " + in);
      }
    }
  }

  /** The input shape as messages show it, with the channels expected. */
  static String input(int axes, long channels) {
    return INPUTS.get(axes - 1).replace("channels", Long.toString(channels));
  }

  /** Output shape; free axes stay free. */
  Shape out(String who, Shape in, long channels) {
    requireInput(who, in);
    long[] dims = new long[in.rank()];
    dims[0] = in.dim(0);
    for (int axis = 0; axis < axes(); axis++) {
      dims[axis + 1] = length(who, in, axis);
    }
    dims[in.rank() - 1] = channels;
    return Shape.of(dims);
  }

  private long length(String who, Shape in, int axis) {
    long n = in.dim(axis + 1);
    if (n < 0) {
      return -1;
    }
    long[] pads = pads(axis, n);
    long padded = n + pads[0] + pads[1];
    long span = span(axis);
    if (padded < span) {
      throw new ShapeException(
          who + ": expected a padded " + AXES.get(axes() - 1).get(axis) + " of at least " + span + " (kernel "
              + kernel.get(axis) + ", dilation " + dilations.get(axis) + "), given " + padded + " from " + in);
    }
    long stride = strides.get(axis);
    long out = (padded - span) / stride + 1;
    boolean over = ceil && (out - 1) * stride + span < padded && out * stride < n + pads[0];
    return over ? out + 1 : out;
  }

  /** Pooling windows must reach the image: padding stays below the window's size. */
  void requirePaddingBelowKernel(String who) {
    for (int axis = 0; axis < axes(); axis++) {
      long[] widths = padding.widths(axes(), axis);
      if (Math.max(widths[0], widths[1]) >= kernel.get(axis)) {
        throw new IllegalArgumentException(
            who + ": expected padding below the window " + crossed(kernel) + ", given " + padding);
      }
    }
  }
}
