package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The contract for layers that join inputs, move axes, or hold a function. */
class MergeLayersTest extends LayerContract {

  private static final Shape PAIR = Shape.of(2, 3, 4);

  @Override
  protected List<Case> cases() {
    List<Case> all = new ArrayList<>();
    Map<String, Supplier<MultiLayer>> joining =
        Map.of("multiply", Multiply::of, "average", Average::of, "maximum", Maximum::of, "minimum", Minimum::of);
    joining.forEach((name, make) -> all.add(layer(name, make, PAIR, Shape.of(2, 1, 4), PAIR)
        .output(2, 3, 4).parameters(0).multiplyAdds(0)));
    all.add(layer("subtract", Subtract::of, PAIR, Shape.of(2, 3, 1)).output(2, 3, 4).parameters(0).multiplyAdds(0));
    all.add(layer("dot of vectors", () -> Dot.of(1), Shape.of(3, 5), Shape.of(3, 5)).output(3, 1).parameters(0)
        .multiplyAdds(5).refuses(Shape.of(3), "expected an input with axis 1 behind the batch"));
    all.add(layer("dot of matrices, normalised", () -> Dot.of(2, 1).normalize(true), PAIR, Shape.of(2, 4, 5))
        .output(2, 3, 5).multiplyAdds(60));
    all.add(layer("dot over inner axes", () -> Dot.of(2, -1), Shape.of(2, 3, 4, 2), Shape.of(2, 5, 4))
        .output(2, 3, 2, 5).multiplyAdds(120).refuses(Shape.of(2, 3, 4, 5), "expected equal lengths of axis 2"));
    all.add(layer("permute", () -> Permute.of(3, 1, 2), Shape.of(2, 3, 4, 5)).output(2, 5, 3, 4).parameters(0)
        .multiplyAdds(0).refuses(Shape.of(2, 3, 4), "expected a batch axis and 3 further axes"));
    all.add(layer("repeat vector", () -> RepeatVector.of(4), Shape.of(2, 3)).output(2, 4, 3).parameters(0)
        .multiplyAdds(0).refuses(PAIR, "expected [batch, features]"));
    all.add(layer("lambda", () -> Lambda.of(x -> x.square().sum(-1)), PAIR).output(2, 3).parameters(0).multiplyAdds(0)
        .unsaved("a model with a Lambda cannot be saved with its structure"));
    all.add(layer("masking", Masking::of, PAIR).output(2).parameters(0).multiplyAdds(0).noGradient()
        .refuses(Shape.of(2), "expected [batch, steps, *]"));
    all.add(layer("masking of ids", () -> Masking.of(2), Shape.of(3, 4)).ids(3).output(3).noGradient());
    return all;
  }

  @Test
  void elementsAreJoined() {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensor.of(new double[] {1, 5, -2}, Shape.of(1, 3));
      Tensor b = Tensor.of(new double[] {4, 2, -3}, Shape.of(1, 3));
      assertArrayEquals(new double[] {-3, 3, 1}, Subtract.of().call(List.of(a, b)).get(0).toDoubles());
      assertArrayEquals(new double[] {4, 10, 6}, Multiply.of().call(List.of(a, b)).get(0).toDoubles());
      assertArrayEquals(new double[] {2.5, 3.5, -2.5}, Average.of().call(List.of(a, b)).get(0).toDoubles());
      assertArrayEquals(new double[] {4, 5, -2}, Maximum.of().call(List.of(a, b)).get(0).toDoubles());
      assertArrayEquals(new double[] {1, 2, -3}, Minimum.of().call(List.of(a, b)).get(0).toDoubles());
      assertArrayEquals(new double[] {20}, Dot.of(-1).call(List.of(a, b)).get(0).toDoubles());
      assertEquals(20 / Math.sqrt(30 * 29.0), Dot.of(1).normalize(true).call(List.of(a, b)).get(0).item(), 1e-12);
      Tensor zero = Tensor.zeros(Shape.of(1, 3), DType.FLOAT64);
      assertEquals(0, Dot.of(1).normalize(true).call(List.of(a, zero)).get(0).item());
      assertThrows(IllegalArgumentException.class, () -> Subtract.of().call(List.of(a, b, b)));
      assertThrows(IllegalArgumentException.class, () -> Permute.of(1, 3));
      assertThrows(IllegalArgumentException.class, () -> Dot.of(0));
    }
  }

  @Test
  void dotKeepsTheAxesOfKeras() {
    try (Scope scope = Scope.open()) {
      Tensor left = Tensor.range(0, 1, 2 * 3 * 4, DType.FLOAT64).reshape(2, 3, 4);
      Tensor right = Tensor.range(-5, 0.5, 2 * 5 * 3, DType.FLOAT64).reshape(2, 5, 3);
      Tensor y = Dot.of(1, 2).call(List.of(left, right)).get(0);
      assertEquals(Shape.of(2, 4, 5), y.shape());
      double sum = 0;
      for (int k = 0; k < 3; k++) {
        sum += left.get(1, k, 2) * right.get(1, 4, k);
      }
      assertEquals(sum, y.get(1, 2, 4), 1e-12);
    }
  }

  @Test
  void maskingCountsUpToTheLastFilledStep() {
    try (Scope scope = Scope.open()) {
      Tensor ids = Tensor.of(new long[] {3, 0, 2, 0, 0, 0, 0, 0, 1, 1, 1, 1}, Shape.of(3, 4));
      assertArrayEquals(new long[] {3, 0, 4}, Masking.of().call(ids).toLongs());
      Tensor steps = Tensor.of(new float[] {-1, 0, -1, -1, -1, -1, -1, -1}, Shape.of(2, 2, 2));
      assertArrayEquals(new long[] {1, 0}, Masking.of(-1).call(steps).toLongs());
      assertArrayEquals(new long[] {0, 0}, Masking.of().call(Tensor.zeros(Shape.of(2, 0, 3))).toLongs());
    }
  }

  @Test
  void lengthsFromMaskingFeedARecurrentLayer() {
    try (Scope scope = Scope.open()) {
      Input x = Input.of(4, 2);
      Gru gru = Gru.of(3);
      Model model = Model.of(x, gru.on(x, Masking.of().on(x)));
      Tensor padded = Tensor.of(new float[] {1, 2, 3, 4, 0, 0, 0, 0}, Shape.of(1, 4, 2));
      Tensor direct = gru.call(List.of(padded.slice(1, 0, 2)), Pass.inference()).get(0);
      assertArrayEquals(direct.toFloats(), model.call(padded).toFloats());
      model.close();
    }
  }

  @Test
  void aLambdaThatChangesItsAxesIsRefused() {
    RuntimeException e = assertThrows(RuntimeException.class, () -> {
      Input x = Input.of(3);
      Model.of(x, Lambda.of(t -> t.dim(0) == 1 ? t.squeeze(0) : t).on(x));
    });
    assertTrue(e.getMessage().contains("the same number of axes for every batch"), e.getMessage());
  }
}
