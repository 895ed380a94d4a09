package dev.neurite.regularizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.Tape;
import dev.neurite.init.Initializers;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegularizerTest {

  @Test
  void penaltiesAndTheirGradients() {
    Param w = Param.of("w", Tensor.of(1.0, -2.0, 0.0));
    try (Tape tape = Tape.persistent()) {
      Tensor l1 = L1.of(0.5).penalty(w);
      Tensor l2 = L2.of(0.5).penalty(w);
      Tensor both = L1L2.of(0.5, 0.25).penalty(w);

      assertEquals(1.5, l1.item());
      assertEquals(2.5, l2.item());
      assertEquals(2.75, both.item());
      assertArrayEquals(new double[] {0.5, -0.5, 0}, tape.gradients(l1, List.of(w)).of(w).toDoubles());
      assertArrayEquals(new double[] {1, -2, 0}, tape.gradients(l2, List.of(w)).of(w).toDoubles());
      assertArrayEquals(new double[] {1, -1.5, 0}, tape.gradients(both, List.of(w)).of(w).toDoubles());
    }
  }

  @Test
  void aModelSumsThePenaltiesOfItsKernelsOnly() {
    Model model =
        Model.sequential(
            Input.of(2),
            Dense.of(3).kernelInitializer(Initializers.constant(2)).biasInitializer(Initializers.constant(9))
                .kernelRegularizer(L2.of(0.1)),
            Dense.of(1).kernelInitializer(Initializers.constant(-1)).kernelRegularizer(L1.of(2)));

    assertEquals(0.1 * 6 * 4 + 2 * 3, model.regularization().orElseThrow().item(), 1e-6);
    assertTrue(Model.sequential(Input.of(2), Dense.of(1)).regularization().isEmpty());
  }

  @Test
  void negativeOrInfiniteStrengthsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> L1.of(-1));
    assertThrows(IllegalArgumentException.class, () -> L2.of(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> L1L2.of(0, Double.POSITIVE_INFINITY));
  }
}
