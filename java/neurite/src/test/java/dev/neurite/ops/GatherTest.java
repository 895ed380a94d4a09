package dev.neurite.ops;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

class GatherTest extends OpContract {

  private static final long[] IDS = {2, 0, 2, 3, 2};

  @Override
  String folder() {
    return "gather";
  }

  @Override
  List<Case> cases() {
    return List.of(
        new Case("rows", t -> t[0].gather(Tensor.ofLongs(IDS)), v -> rows(v[0], 3), Shape.of(4, 3)),
        new Case("single elements", t -> t[0].gather(Tensor.ofLongs(IDS)), v -> rows(v[0], 1), Shape.of(4)),
        new Case("long rows", t -> t[0].gather(Tensor.ofLongs(IDS)), v -> rows(v[0], 67), Shape.of(4, 67)),
        new Case("no rows", t -> t[0].gather(Tensor.of(new long[0], Shape.of(0))), v -> new double[0], Shape.of(4, 3)),
        new Case("added rows", t -> Gather.scatterRows(t[0], Tensor.ofLongs(IDS), 4, -1), v -> added(v[0]), Shape.of(5, 3)));
  }

  private static double[] rows(double[] table, int width) {
    double[] y = new double[IDS.length * width];
    for (int i = 0; i < y.length; i++) {
      y[i] = table[(int) IDS[i / width] * width + i % width];
    }
    return y;
  }

  private static double[] added(double[] values) {
    double[] table = new double[12];
    for (int i = 0; i < values.length; i++) {
      table[(int) IDS[i / 3] * 3 + i % 3] += values[i];
    }
    return table;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("an id out of range is named with its position", IllegalArgumentException.class,
            "gather: id 4 at position 1 is outside [0, 4)",
            () -> Tensor.zeros(Shape.of(4, 2)).gather(Tensor.ofLongs(1, 4))),
        new Refusal("a negative id is refused", IllegalArgumentException.class,
            "gather: id -1 at position 0 is outside [0, 4)",
            () -> Tensor.zeros(Shape.of(4, 2)).gather(Tensor.ofLongs(-1))));
  }
}
