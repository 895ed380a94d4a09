package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class Conv3dTest extends OpContract {

  @Override
  String folder() {
    return "conv3d";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    Window valid = Window.valid(3, 2, 1, 1, 1, 1);
    add(all, Shape.of(2, 4, 5, 4, 3), Shape.of(2, 3, 2, 3, 4), new Window3d(valid, 2, 1, 1, 0, 0), 1);
    add(all, Shape.of(1, 5, 5, 6, 2), Shape.of(3, 3, 3, 2, 3),
        new Window3d(Window.same(5, 6, 3, 3, 2, 1, 1, 1), 3, 2, 1, 1, 1), 1);
    add(all, Shape.of(1, 6, 4, 5, 4), Shape.of(2, 2, 2, 2, 6),
        new Window3d(new Window(2, 2, 1, 2, 2, 1, 1, 0, 0, 1), 2, 1, 3, 2, 1), 2);
    add(all, Shape.of(1, 3, 4, 4, 3), Shape.of(2, 3, 3, 1, 6),
        new Window3d(Window.same(4, 4, 3, 3, 1, 1, 1, 1), 2, 1, 1, 0, 1), 3);
    add(all, Shape.of(0, 3, 4, 4, 2), Shape.of(2, 3, 2, 2, 2), new Window3d(valid, 2, 1, 1, 0, 0), 1);
    return all;
  }

  private static void add(List<Case> all, Shape x, Shape w, Window3d v, int groups) {
    all.add(
        new Case("conv3d", t -> Conv3d.apply(t[0], t[1], t[2], v, groups),
                in -> reference(in, x, w, v, groups), x, w, Shape.of(w.dim(4)))
            .range(-1, 1).tolerance(2e-5));
    Shape y = Shape.of(
        x.dim(0), v.outD(x.dim(1)), v.plane().outH(x.dim(2)), v.plane().outW(x.dim(3)), w.dim(4));
    all.add(
        new Case("conv3d data gradient", t -> Conv3d.dataGradient(t[0], t[1], x, v, groups),
                in -> adjoint(in, x, w, y, v, groups), y, w)
            .range(-1, 1).tolerance(2e-5));
  }

  private static double[] reference(double[][] in, Shape x, Shape w, Window3d v, int groups) {
    int od = (int) v.outD(x.dim(1));
    int oh = (int) v.plane().outH(x.dim(2));
    int ow = (int) v.plane().outW(x.dim(3));
    int oc = (int) w.dim(4);
    double[] y = new double[(int) x.dim(0) * od * oh * ow * oc];
    each(x, w, v, groups, od, oh, ow, (at, from, weight) -> y[at] += in[0][from] * in[1][weight]);
    for (int at = 0; at < y.length; at++) {
      y[at] += in[2][at % oc];
    }
    return y;
  }

  private static double[] adjoint(double[][] in, Shape x, Shape w, Shape y, Window3d v, int groups) {
    double[] dx = new double[(int) x.size()];
    each(x, w, v, groups, (int) y.dim(1), (int) y.dim(2), (int) y.dim(3),
        (at, from, weight) -> dx[from] += in[0][at] * in[1][weight]);
    return dx;
  }

  /** One product of the sum: flat indices of the output, the input and the kernel. */
  private interface Term {
    void add(int at, int from, int weight);
  }

  private static void each(
      Shape x, Shape w, Window3d v, int groups, int od, int oh, int ow, Term term) {
    int oc = (int) w.dim(4);
    int total = (int) x.dim(0) * od * oh * ow * oc;
    Window p = v.plane();
    for (int at = 0; at < total; at++) {
      int o = at % oc;
      int j = at / oc % ow;
      int i = at / oc / ow % oh;
      int z = at / oc / ow / oh % od;
      int n = at / oc / ow / oh / od;
      int first = o / (oc / groups) * (int) w.dim(3);
      for (int weight = 0; weight < w.size() / oc; weight++) {
        int e = weight % (int) w.dim(3);
        int c = weight / (int) w.dim(3) % (int) w.dim(2);
        int b = weight / (int) w.dim(3) / (int) w.dim(2) % (int) w.dim(1);
        int a = weight / (int) w.dim(3) / (int) w.dim(2) / (int) w.dim(1);
        long depth = z * v.strideD() + a * v.dilationD() - v.padFront();
        long row = i * p.strideH() + b * p.dilationH() - p.padTop();
        long col = j * p.strideW() + c * p.dilationW() - p.padLeft();
        if (depth >= 0 && depth < x.dim(1) && row >= 0 && row < x.dim(2) && col >= 0 && col < x.dim(3)) {
          long cell = ((n * x.dim(1) + depth) * x.dim(2) + row) * x.dim(3) + col;
          term.add(at, (int) (cell * x.dim(4) + first + e), weight * oc + o);
        }
      }
    }
  }

  @Override
  List<Refusal> refusals() {
    Window3d v = new Window3d(Window.valid(3, 3, 1, 1, 1, 1), 3, 1, 1, 0, 0);
    Shape kernel = Shape.of(3, 3, 3, 3, 8);
    return List.of(
        new Refusal("channels that do not fit the kernel are named", ShapeException.class,
            "conv3d: expected 3 channels (kernel [3, 3, 3, 3, 8], 1 groups), given [1, 8, 8, 8, 4]",
            () -> Conv3d.apply(Tensor.zeros(Shape.of(1, 8, 8, 8, 4)), Tensor.zeros(kernel), null, v, 1)),
        new Refusal("a kernel deeper than the volume is refused with the size", ShapeException.class,
            "window: expected an input depth of at least 3 after padding, given 2 + 0",
            () -> Conv3d.apply(Tensor.zeros(Shape.of(1, 2, 8, 8, 3)), Tensor.zeros(kernel), null, v, 1)),
        new Refusal("a stride of 0 is refused", IllegalArgumentException.class,
            "window: expected a depth, stride and dilation of 1 or more and padding of 0 or more, given depth 3, "
                + "stride 0, dilation 1, padding 0,0",
            () -> new Window3d(Window.valid(1, 1, 1, 1, 1, 1), 3, 0, 1, 0, 0)));
  }
}
