package dev.neurite.train;

import static dev.neurite.train.TrainingExamples.digitsMlp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.error.OutOfMemoryException;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.natives.Abi;
import dev.neurite.nn.Model;
import dev.neurite.ops.Backend;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** A training step under every memory limit that is too small for it. */
class OutOfMemoryTest {

  private static final int FINER = 512; // the allocator's granularity

  @Test
  void aStepThatFindsNoMemoryLeavesWeightsAndMemoryAsTheyWere() {
    Neurite.seed(2);
    try (Scope scope = Scope.open();
        Model model = digitsMlp(8)) {
      Dataset data = Digits.load().train().take(4).batch(4);
      model.compile(Adam.of(1e-3), Losses.softmaxCrossEntropy(), Metrics.accuracy());
      model.fit(data.shuffle(), Fit.epochs(1)); // slots and scratch memory
      float[] before = model.params().get(0).toFloats();
      long limit = Neurite.memory().limit();
      long live;
      do { // a refusal collects what earlier tests left loose
        live = Neurite.memory().live();
        assertFalse(fits(1L << 20, limit));
      } while (Neurite.memory().live() < live);
      int refused = 0;
      for (boolean trained = false; !trained; ) {
        trained = trains(model, data, live + (long) ++refused * FINER, limit);
        if (!trained) {
          assertNoMore(live);
          assertArrayEquals(before, model.params().get(0).toFloats());
        }
      }

      assertTrue(refused > 5, "limits that were too small: " + refused);
      assertNoMore(live);
    }
  }

  /** Fewer are fine: what earlier tests left loose may be collected at any time. */
  private static void assertNoMore(long live) {
    assertTrue(Neurite.memory().live() <= live, "live bytes " + Neurite.memory().live() + " after " + live);
  }

  private static boolean fits(long bytes, long usual) {
    Abi.nrt_memory_set_limit(Backend.cpu(), 1);
    try (Tensor x = Tensor.zeros(Shape.of(bytes), DType.UINT8)) {
      return x.size() == bytes;
    } catch (OutOfMemoryException e) {
      return false;
    } finally {
      Abi.nrt_memory_set_limit(Backend.cpu(), usual);
    }
  }

  private static boolean trains(Model model, Dataset data, long limited, long usual) {
    Abi.nrt_memory_set_limit(Backend.cpu(), limited);
    try {
      model.fit(data.shuffle(), Fit.epochs(1));
      return true;
    } catch (OutOfMemoryException e) {
      assertTrue(e.getMessage().startsWith("Neurite: out of memory in '"), e.getMessage());
      return false;
    } finally {
      Abi.nrt_memory_set_limit(Backend.cpu(), usual);
    }
  }
}
