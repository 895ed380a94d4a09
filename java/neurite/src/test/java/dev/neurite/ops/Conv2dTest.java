package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class Conv2dTest extends OpContract {

  @Override
  String folder() {
    return "conv2d";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    add(all, Shape.of(2, 5, 6, 3), Shape.of(3, 3, 3, 4), Window.valid(3, 3, 1, 1, 1, 1), 1);
    add(all, Shape.of(1, 7, 6, 2), Shape.of(3, 2, 2, 5), Window.same(7, 6, 3, 2, 2, 2, 1, 1), 1);
    add(all, Shape.of(1, 8, 8, 4), Shape.of(3, 3, 2, 6), new Window(3, 3, 1, 2, 2, 1, 2, 1, 0, 1), 2);
    add(all, Shape.of(2, 5, 5, 3), Shape.of(3, 3, 1, 6), Window.same(5, 5, 3, 3, 1, 1, 1, 1), 3);
    add(all, Shape.of(1, 4, 4, 17), Shape.of(1, 1, 17, 33), Window.valid(1, 1, 1, 1, 1, 1), 1);
    add(all, Shape.of(0, 4, 4, 2), Shape.of(2, 2, 2, 2), Window.valid(2, 2, 1, 1, 1, 1), 1);
    return all;
  }

  private static void add(List<Case> all, Shape x, Shape w, Window v, int groups) {
    UnaryOp act = groups == 2 ? UnaryOp.TANH : UnaryOp.IDENTITY;
    all.add(
        new Case("conv2d " + act, t -> Conv2d.apply(t[0], t[1], t[2], v, groups, act),
                in -> reference(in, x, w, v, groups, act), x, w, Shape.of(w.dim(3)))
            .range(-1, 1).tolerance(2e-5));
  }

  private static double[] reference(double[][] in, Shape x, Shape w, Window v, int groups, UnaryOp act) {
    int oh = (int) v.outH(x.dim(1));
    int ow = (int) v.outW(x.dim(2));
    int oc = (int) w.dim(3);
    double[] y = new double[(int) x.dim(0) * oh * ow * oc];
    int at = 0;
    for (int n = 0; n < x.dim(0); n++) {
      for (int i = 0; i < oh; i++) {
        for (int j = 0; j < ow; j++) {
          for (int o = 0; o < oc; o++) {
            double z = in[2][o] + window(in, x, w, v, groups, n, i, j, o);
            y[at++] = act == UnaryOp.TANH ? Math.tanh(z) : z;
          }
        }
      }
    }
    return y;
  }

  private static double window(double[][] in, Shape x, Shape w, Window v, int groups, int n, int i, int j, int o) {
    int channels = (int) w.dim(2);
    int group = o / (int) (w.dim(3) / groups);
    double sum = 0;
    for (int p = 0; p < w.dim(0); p++) {
      for (int q = 0; q < w.dim(1); q++) {
        long row = i * v.strideH() + p * v.dilationH() - v.padTop();
        long col = j * v.strideW() + q * v.dilationW() - v.padLeft();
        if (row < 0 || col < 0 || row >= x.dim(1) || col >= x.dim(2)) {
          continue;
        }
        for (int c = 0; c < channels; c++) {
          double a = in[0][(int) (((n * x.dim(1) + row) * x.dim(2) + col) * x.dim(3) + group * channels + c)];
          sum += a * in[1][(int) (((p * w.dim(1) + q) * channels + c) * w.dim(3) + o)];
        }
      }
    }
    return sum;
  }

  @Override
  List<Refusal> refusals() {
    Window v = Window.valid(3, 3, 1, 1, 1, 1);
    return List.of(
        new Refusal("channels that do not fit the kernel are named", ShapeException.class,
            "conv2d: expected 3 channels (kernel [3, 3, 3, 8], 1 groups), given [1, 8, 8, 4]",
            () -> Conv2d.apply(Tensor.zeros(Shape.of(1, 8, 8, 4)), Tensor.zeros(Shape.of(3, 3, 3, 8)), null, v, 1, UnaryOp.IDENTITY)),
        new Refusal("a kernel larger than the image is refused with the size", ShapeException.class,
            "window: expected an input height of at least 3 after padding, given 2 + 0",
            () -> Conv2d.apply(Tensor.zeros(Shape.of(1, 2, 8, 3)), Tensor.zeros(Shape.of(3, 3, 3, 8)), null, v, 1, UnaryOp.IDENTITY)),
        new Refusal("a stride of 0 is refused", IllegalArgumentException.class,
            "window: expected kernel, stride and dilation of 1 or more and padding of 0 or more, given kernel 3x3, stride 0x1, dilation 1x1, padding 0,0,0,0",
            () -> Window.valid(3, 3, 0, 1, 1, 1)));
  }
}
