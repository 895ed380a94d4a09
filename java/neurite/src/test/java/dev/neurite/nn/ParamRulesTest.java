package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.loss.Losses;
import dev.neurite.optim.Sgd;
import dev.neurite.regularizer.Constraints;
import dev.neurite.regularizer.ProximalL1;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Fit;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Factors, constraints, proximal penalties and further projections of one parameter, whatever is set first. */
class ParamRulesTest {

  private static double[] projected(Param p, double rate, double... values) {
    try (Scope scope = Scope.open()) {
      return p.afterStep().apply(Tensor.of(values, p.shape(), p.dtype()), rate).toDoubles();
    }
  }

  private static Dense built(Dense dense) {
    try (Scope scope = Scope.open()) {
      dense.call(Tensor.ones(Shape.of(1, 2), DType.FLOAT64));
      return dense;
    }
  }

  @Test
  void rulesSetAfterBuildingKeepWhatElseFollowsAStep() {
    Dense dense = built(Dense.of(1));
    dense.kernel().afterStep((w, rate) -> w.mul(10));
    dense.learningRate(0.5);
    assertArrayEquals(new double[] {-10, 20}, projected(dense.kernel(), 1, -1, 2));
    dense.constrain("kernel", Constraints.nonNegative());
    dense.constrain("kernel", Constraints.nonNegative()); // a second time it is no second multiplication
    assertArrayEquals(new double[] {0, 20}, projected(dense.kernel(), 1, -1, 2));
    dense.kernel().afterStep((w, rate) -> w.add(1)); // replaces all there was
    assertArrayEquals(new double[] {0, 3}, projected(dense.kernel(), 1, -1, 2));
    dense.learningRate(2);
    assertEquals(2, dense.kernel().learningRateFactor());
    assertArrayEquals(new double[] {1, 3}, projected(dense.kernel(), 1, -1, 2));
  }

  @Test
  void aProximalPenaltyComesFirstThenTheConstraintThenTheRest() {
    Dense dense = built(Dense.of(1).kernelRegularizer(ProximalL1.of(0.5)));
    dense.constrain("kernel", Constraints.maxNorm(1)).learningRate(3);
    dense.rules.project("kernel", dense.kernel(), (w, rate) -> w.mul(rate));
    double[] out = projected(dense.kernel(), 2, 4, 5); // 3 and 4, then 0.6 and 0.8, then doubled
    assertArrayEquals(new double[] {1.2, 1.6}, out, 1e-6);
  }

  @Test
  void aConstraintOrFactorSetLaterKeepsTheSpectralNorm() {
    Neurite.seed(3);
    SpectralNorm norm = SpectralNorm.of(Dense.of(3)).iterations(20);
    Model model = Model.sequential(Input.of(4).dtype(DType.FLOAT64), norm);
    Param kernel = ((Dense) norm.layer()).kernel();
    norm.learningRate(0.5);
    norm.layer().constrain("kernel", Constraints.nonNegative());
    model.compile(Sgd.of(0.5), Losses.meanSquaredError());
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.range(-1, 0.1, 20, DType.FLOAT64).reshape(5, 4);
      model.fit(Dataset.of(x, Tensor.full(Shape.of(5, 3), 7, DType.FLOAT64)), Fit.epochs(3));
      assertTrue(kernel.min().item() >= 0, "projected to numbers of zero and more");
      Tensor u = Tensor.ones(Shape.of(3), DType.FLOAT64);
      assertEquals(1, SpectralNorm.normalize(kernel, u, 200).sigma().item(), 1e-3);
      assertEquals(0.5, kernel.learningRateFactor());
    }
  }

  @Test
  void aModelReadFromAFileHasBothAgain(@TempDir Path folder) {
    SpectralNorm norm = SpectralNorm.of(Dense.of(2).bias(false)).iterations(50);
    Model model = Model.sequential(Input.of(2).dtype(DType.FLOAT64), norm);
    norm.layer().constrain("kernel", Constraints.nonNegative());
    model.save(folder.resolve("m.neurite"));
    try (Model back = Model.load(folder.resolve("m.neurite"))) {
      Param kernel = ((Dense) ((SpectralNorm) back.children().values().iterator().next()).layer()).kernel();
      assertArrayEquals(new double[] {1, 0, 0, 0.5}, projected(kernel, 1, 6, -1, -2, 3), 1e-9);
    }
  }
}
