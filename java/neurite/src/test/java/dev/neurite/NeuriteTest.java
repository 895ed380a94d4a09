package dev.neurite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.tensor.Device;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class NeuriteTest {

  @Test
  void theSeedSetIsTheSeedInForce() {
    Neurite.seed(42);
    assertEquals(42, Neurite.seed());
    assertEquals(42, Neurite.seed());
  }

  @Test
  void whatIsRunningIsSaid() {
    assertTrue(Neurite.version().matches("\\d+\\.\\d+\\.\\d+.*"), Neurite.version());
    assertTrue(Neurite.buildInfo().contains("levels"), Neurite.buildInfo());
    assertTrue(Neurite.isaLevels().contains(Neurite.isa()), Neurite.isa());
    assertEquals(List.of(Device.CPU), Neurite.devices());
    assertEquals(Device.CPU, Neurite.defaultDevice());
  }

  @Test
  void theNumberOfThreadsChangesNoBit() {
    int before = Neurite.threads();
    float[][] results = new float[2][];
    try {
      for (int i = 0; i < 2; i++) {
        Neurite.threads(i + 1);
        assertEquals(i + 1, Neurite.threads());
        Neurite.seed(1);
        try (Scope scope = Scope.open();
            Model model = Model.sequential(Input.of(300), Dense.of(200), Dense.of(100))) {
          results[i] = model.call(Tensor.ones(Shape.of(500, 300), dev.neurite.tensor.DType.FLOAT32)).toFloats();
        }
      }
    } finally {
      Neurite.threads(before);
    }
    assertTrue(Arrays.equals(results[0], results[1]));
    assertThrows(IllegalArgumentException.class, () -> Neurite.threads(0));
  }

  @Test
  void memoryIsCounted() {
    try (Scope scope = Scope.open()) {
      Neurite.Memory before = Neurite.memory();
      Tensor t = Tensor.zeros(Shape.of(1 << 20));
      Neurite.Memory during = Neurite.memory();

      assertTrue(during.live() >= (4 << 20), during.toString());
      assertTrue(during.peak() >= during.live(), during.toString());
      assertTrue(during.systemCalls() >= before.systemCalls());
      assertEquals(4 << 20, t.size() * t.dtype().bytes());
    }
    Neurite.trimMemory();
    Neurite.resetPeakMemory();
    assertTrue(Neurite.memory().peak() <= Neurite.memory().live() + (1 << 20), Neurite.memory().toString());
    assertEquals(
        "live 1.5 MiB in 12 blocks, peak 3.0 MiB, cached 2.0 MiB, limit 1024.0 MiB",
        new Neurite.Memory(3 << 19, 3 << 20, 2 << 20, 1L << 30, 12, 4).toString());
  }
}
