package dev.neurite.ops;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

class DropoutTest extends OpContract {

  private static final long SEED = 7;
  private static final long STREAM = 3;
  private static final long OFFSET = 11;

  @Override
  String folder() {
    return "dropout";
  }

  @Override
  List<Case> cases() {
    return List.of(
        dropout(0.5, Shape.of(5, 13)),
        dropout(0.2, Shape.of(1003)),
        dropout(0, Shape.of(9)),
        dropout(0.5, Shape.of(0)));
  }

  private static Case dropout(double rate, Shape shape) {
    return new Case(
        "dropout " + rate, t -> DropoutOp.apply(t[0], rate, SEED, STREAM, OFFSET), v -> reference(v[0], rate), shape);
  }

  private static double[] reference(double[] x, double rate) {
    double[] y = new double[x.length];
    for (int i = 0; i < y.length; i++) {
      boolean kept = Philox.uniform(Philox.word(SEED, STREAM, OFFSET, i)) >= (float) rate;
      y[i] = kept ? x[i] / (1 - rate) : 0;
    }
    return y;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("dropping everything is refused", IllegalArgumentException.class,
            "dropout: rate must be in [0, 1), given 1",
            () -> DropoutOp.apply(Tensor.zeros(Shape.of(3)), 1, SEED, STREAM, OFFSET)));
  }
}
