package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class Pool2dTest extends OpContract {

  @Override
  String folder() {
    return "pool2d";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    for (long channels : new long[] {1, 5, 16}) {
      Shape x = Shape.of(2, 6, 7, channels);
      Window half = Window.valid(2, 2, 2, 2, 1, 1);
      Window same = Window.same(6, 7, 3, 3, 2, 2, 1, 1);
      Window wide = new Window(3, 2, 1, 2, 2, 1, 1, 1, 0, 1);
      for (Window v : List.of(half, same, wide)) {
        all.add(new Case("max", t -> Pool2d.max(t[0], v), in -> reference(in[0], x, v, true, false), x));
        all.add(new Case("average", t -> Pool2d.average(t[0], v, false), in -> reference(in[0], x, v, false, false), x));
        all.add(new Case("average with padding", t -> Pool2d.average(t[0], v, true),
            in -> reference(in[0], x, v, false, true), x));
      }
    }
    return all;
  }

  private static double[] reference(double[] in, Shape x, Window v, boolean max, boolean countPadding) {
    int oh = (int) v.outH(x.dim(1));
    int ow = (int) v.outW(x.dim(2));
    int channels = (int) x.dim(3);
    double[] y = new double[(int) x.dim(0) * oh * ow * channels];
    for (int at = 0; at < y.length; at++) {
      int c = at % channels;
      int j = at / channels % ow;
      int i = at / channels / ow % oh;
      int n = at / channels / ow / oh;
      double sum = 0;
      double best = Double.NEGATIVE_INFINITY;
      int count = 0;
      for (int p = 0; p < v.kernelH(); p++) {
        for (int q = 0; q < v.kernelW(); q++) {
          long row = i * v.strideH() + p * v.dilationH() - v.padTop();
          long col = j * v.strideW() + q * v.dilationW() - v.padLeft();
          boolean inside = row >= 0 && col >= 0 && row < x.dim(1) && col < x.dim(2);
          count += inside || countPadding ? 1 : 0;
          if (inside) {
            double value = in[(int) (((n * x.dim(1) + row) * x.dim(2) + col) * channels + c)];
            sum += value;
            best = Math.max(best, value);
          }
        }
      }
      y[at] = max ? best : sum / count;
    }
    return y;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("an input without channels is refused", ShapeException.class,
            "max_pool2d: expected [batch, height, width, channels], given float32[2, 4, 4]",
            () -> Pool2d.max(Tensor.zeros(Shape.of(2, 4, 4)), Window.valid(2, 2, 2, 2, 1, 1))));
  }
}
