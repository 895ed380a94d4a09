package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class Pool3dTest extends OpContract {

  @Override
  String folder() {
    return "pool3d";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    for (long channels : new long[] {1, 5, 16}) {
      Shape x = Shape.of(2, 4, 5, 6, channels);
      Window3d half = new Window3d(Window.valid(2, 2, 2, 2, 1, 1), 2, 2, 1, 0, 0);
      Window3d wide = new Window3d(new Window(3, 2, 1, 2, 2, 1, 1, 1, 0, 1), 3, 2, 1, 1, 1);
      for (Window3d v : List.of(half, wide)) {
        for (boolean ceil : new boolean[] {false, true}) {
          all.add(new Case("max ceil " + ceil, t -> Pool3d.max(t[0], v, ceil),
              in -> reference(in[0], x, v, true, false, ceil), x));
          all.add(new Case("average ceil " + ceil, t -> Pool3d.average(t[0], v, false, ceil),
              in -> reference(in[0], x, v, false, false, ceil), x));
          all.add(new Case("average with padding, ceil " + ceil, t -> Pool3d.average(t[0], v, true, ceil),
              in -> reference(in[0], x, v, false, true, ceil), x));
        }
      }
      all.add(new Case("adaptive max", t -> Pool3d.adaptiveMax(t[0], 3, 2, 4),
          in -> adaptive(in[0], x, true), x));
      all.add(new Case("adaptive average", t -> Pool3d.adaptiveAverage(t[0], 3, 2, 4),
          in -> adaptive(in[0], x, false), x));
    }
    return all;
  }

  /** Cells of the axis under window i, and (last) how many cells of the padded axis it covers. */
  private static List<Long> cover(
      int i, long n, long kernel, long stride, long dilation, long before, long after, boolean countPadding) {
    List<Long> cells = new ArrayList<>();
    long counted = 0;
    for (long k = 0; k < kernel; k++) {
      long at = i * stride + k * dilation - before;
      if (at >= 0 && at < n) {
        cells.add(at);
      }
      counted += (countPadding ? at < n + after : at >= 0 && at < n) ? 1 : 0;
    }
    cells.add(counted);
    return cells;
  }

  private static double[] reference(
      double[] in, Shape x, Window3d v, boolean max, boolean countPadding, boolean ceil) {
    Window p = v.plane();
    long od = ceil ? v.outDCeil(x.dim(1)) : v.outD(x.dim(1));
    long oh = ceil ? p.outHCeil(x.dim(2)) : p.outH(x.dim(2));
    long ow = ceil ? p.outWCeil(x.dim(3)) : p.outW(x.dim(3));
    return pooled(in, x, new long[] {od, oh, ow}, max, (axis, i) -> switch (axis) {
      case 0 -> cover(i, x.dim(1), v.kernelD(), v.strideD(), v.dilationD(), v.padFront(), v.padBack(), countPadding);
      case 1 -> cover(i, x.dim(2), p.kernelH(), p.strideH(), p.dilationH(), p.padTop(), p.padBottom(), countPadding);
      default -> cover(i, x.dim(3), p.kernelW(), p.strideW(), p.dilationW(), p.padLeft(), p.padRight(), countPadding);
    });
  }

  private static double[] adaptive(double[] in, Shape x, boolean max) {
    long[] out = {3, 2, 4};
    return pooled(in, x, out, max, (axis, i) -> {
      long n = x.dim(axis + 1);
      long from = i * n / out[axis];
      long to = ((i + 1) * n + out[axis] - 1) / out[axis];
      return cover(0, n, to - from, 1, 1, -from, 0, false);
    });
  }

  /** The cells of an axis a window covers. */
  private interface Cover {
    List<Long> cells(int axis, int i);
  }

  private static double[] pooled(double[] in, Shape x, long[] out, boolean max, Cover cover) {
    int channels = (int) x.dim(4);
    double[] y = new double[(int) (x.dim(0) * out[0] * out[1] * out[2] * channels)];
    for (int at = 0; at < y.length; at++) {
      int c = at % channels;
      int cell = at / channels;
      List<Long> cols = cover.cells(2, cell % (int) out[2]);
      List<Long> rows = cover.cells(1, cell / (int) out[2] % (int) out[1]);
      List<Long> depths = cover.cells(0, cell / (int) (out[2] * out[1]) % (int) out[0]);
      long n = cell / (out[2] * out[1] * out[0]);
      double sum = 0;
      double best = Double.NEGATIVE_INFINITY;
      for (long d : depths.subList(0, depths.size() - 1)) {
        for (long r : rows.subList(0, rows.size() - 1)) {
          for (long q : cols.subList(0, cols.size() - 1)) {
            double value = in[(int) ((((n * x.dim(1) + d) * x.dim(2) + r) * x.dim(3) + q) * channels + c)];
            sum += value;
            best = Math.max(best, value);
          }
        }
      }
      double counted = (double) last(depths) * last(rows) * last(cols);
      y[at] = max ? best : sum / counted;
    }
    return y;
  }

  private static long last(List<Long> list) {
    return list.get(list.size() - 1);
  }

  @Override
  List<Refusal> refusals() {
    Window3d v = Window3d.flat(Window.valid(2, 2, 2, 2, 1, 1));
    return List.of(
        new Refusal("an input without depth is refused", ShapeException.class,
            "max_pool3d: expected [batch, depth, height, width, channels], given float32[2, 4, 4, 1]",
            () -> Pool3d.max(Tensor.zeros(Shape.of(2, 4, 4, 1)), v, false)),
        new Refusal("adaptive pooling to nothing is refused", ShapeException.class,
            "adaptive_avg_pool: expected an input and an output of at least one cell, given [1, 2, 2, 2, 1] to 1x0x1",
            () -> Pool3d.adaptiveAverage(Tensor.zeros(Shape.of(1, 2, 2, 2, 1)), 1, 0, 1)));
  }
}
