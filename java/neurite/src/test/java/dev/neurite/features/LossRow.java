package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.ShapeException;
import dev.neurite.loss.Reduction;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.function.BiFunction;
import org.junit.jupiter.api.function.Executable;

/** What holds for every row of losses: the reductions agree, weights multiply, an empty batch is refused. */
final class LossRow {

  private LossRow() {}

  /**
   * Checks it.
   *
   * @param samples values of the unreduced loss
   * @param loss from reduction and weights (null for none) to the value
   * @param empty applies the loss to an empty batch
   */
  static void check(String name, int samples, BiFunction<Reduction, Tensor, Tensor> loss, Executable empty) {
    try (Scope scope = Scope.open()) {
      double[] each = loss.apply(Reduction.NONE, null).toDoubles();
      assertEquals(samples, each.length, name);
      double sum = Arrays.stream(each).sum();
      assertEquals(sum, loss.apply(Reduction.SUM, null).item(), 1e-12, name);
      assertEquals(sum / samples, loss.apply(Reduction.SUM_OVER_BATCH, null).item(), 1e-12, name);
      assertEquals(sum / samples, loss.apply(Reduction.WEIGHTED_MEAN, null).item(), 1e-12, name);
      double[] w = new double[samples];
      double[] weighed = new double[samples];
      for (int i = 0; i < samples; i++) {
        w[i] = 0.5 + i;
        weighed[i] = w[i] * each[i];
      }
      Tensor weights = Tensor.of(w, Shape.of(loss.apply(Reduction.NONE, null).shape().dims()));
      double weighedSum = Arrays.stream(weighed).sum();
      assertArrayEquals(weighed, loss.apply(Reduction.NONE, weights).toDoubles(), 1e-12, name);
      assertEquals(weighedSum, loss.apply(Reduction.SUM, weights).item(), 1e-12, name);
      assertEquals(weighedSum / samples, loss.apply(Reduction.SUM_OVER_BATCH, weights).item(), 1e-12, name);
      assertEquals(
          weighedSum / Arrays.stream(w).sum(), loss.apply(Reduction.WEIGHTED_MEAN, weights).item(), 1e-12, name);
      ShapeException e = assertThrows(ShapeException.class, empty, name);
      assertTrue(e.getMessage().startsWith(name + ": expected"), e.getMessage());
    }
  }
}
