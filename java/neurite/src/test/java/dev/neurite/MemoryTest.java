package dev.neurite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.Tape;
import dev.neurite.error.OutOfMemoryException;
import dev.neurite.error.TensorClosedException;
import dev.neurite.loss.Losses;
import dev.neurite.natives.Abi;
import dev.neurite.nn.Activation;
import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.MaxPool2D;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.ops.Backend;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Optimizer;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** No tensor memory is lost: after steps, after exceptions, after failed allocations. */
class MemoryTest {

  private static Model network() {
    return Model.sequential(
        Input.of(8, 8, 1),
        Conv2D.of(4, 3).activation(Activation.RELU),
        BatchNorm.of(),
        MaxPool2D.of(2),
        Flatten.of(),
        Dense.of(10));
  }

  private static double step(Model model, Optimizer optimizer, Tensor x, Tensor y, long number) {
    try (Tape tape = Tape.open()) {
      Tensor loss = Losses.softmaxCrossEntropy().apply(y, model.call(x, Pass.training(number)));
      optimizer.apply(tape.gradients(loss, model.trainableParams()));
      return loss.item();
    }
  }

  private static long blocks() {
    return Neurite.memory().liveBlocks();
  }

  private static long residentKilobytes() throws Exception {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(l -> l.startsWith("VmRSS:"))
        .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void twoThousandStepsAndPredictionsLeaveLiveMemoryAsItWas() {
    flat(2_000, 10_000);
  }

  @Test
  @Tag("slow")
  void tenThousandStepsAndAHundredThousandPredictionsStayFlat() throws Exception {
    Path output = Files.createTempFile("memory", ".txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                MemoryTest.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(process.waitFor(10, TimeUnit.MINUTES));
    String text = Files.readString(output);
    System.out.print(text);
    assertEquals(0, process.exitValue(), text);
    Files.delete(output);
  }

  /** The long run, in a process of its own with a fixed Java heap, so that RSS shows native memory only. */
  public static void main(String[] args) throws Exception {
    long[] rounds = new long[6]; // the first two warm up: compiled code and heap regions come and go by a few MB
    for (int i = 0; i < rounds.length; i++) {
      flat(10_000, 100_000);
      rounds[i] = residentKilobytes();
    }
    long before = Math.min(rounds[2], rounds[3]);
    long grown = Math.min(rounds[4], rounds[5]) - before;
    System.out.println("RSS " + before + " KB, grew by " + grown + " KB over 20,000 steps and 200,000 predictions");
    System.exit(grown < 1024 ? 0 : 1);
  }

  private static void flat(int steps, int predictions) {
    try (Model model = network();
        Tensor x = Tensor.ones(Shape.of(16, 8, 8, 1), DType.FLOAT32);
        Tensor y = Tensor.of(new long[16], Shape.of(16));
        Optimizer adam = Adam.of(1e-3)) {
      for (int i = 0; i < 50; i++) {
        step(model, adam, x, y, i);
      }
      long live = Neurite.memory().live();
      long systemCalls = Neurite.memory().systemCalls();
      for (int i = 0; i < steps; i++) {
        step(model, adam, x, y, i);
      }
      for (int i = 0; i < predictions; i++) {
        try (Scope scope = Scope.open()) {
          model.call(x);
        }
      }
      // Fewer are fine: what earlier tests left loose may be collected at any time.
      assertTrue(Neurite.memory().live() <= live, "live bytes " + Neurite.memory().live() + " after " + live);
      assertEquals(systemCalls, Neurite.memory().systemCalls(), "a warm step asks the system for nothing");
    }
  }

  @Test
  void whereverAStepRunsOutOfMemoryNothingIsLostAndTheNextStepWorks() {
    try (Model model = network();
        Tensor x = Scope.run(() -> Tensor.range(0, 1, 256, DType.FLOAT32).sin().reshape(4, 8, 8, 1));
        Tensor y = Tensor.of(new long[4], Shape.of(4));
        Optimizer adam = Adam.of(1e-3)) {
      step(model, adam, x, y, 0);
      long ctx = Backend.cpu();
      long limit = Neurite.memory().limit();
      float[] weights = model.trainableParams().get(0).toFloats();
      int failed = 0;
      try {
        for (long room = 0; ; room += 1024) {
          long before = blocks();
          Abi.nrt_memory_set_limit(ctx, Neurite.memory().live() + room);
          try {
            step(model, adam, x, y, 1);
            break;
          } catch (OutOfMemoryException e) {
            failed++;
            assertTrue(e.getMessage().contains("out of memory in '"), e.getMessage());
            assertTrue(blocks() <= before, "live blocks after failure " + failed); // the retry collects loose ones
            assertTrue(room < 64 << 20, "the step never succeeded");
          }
        }
      } finally {
        Abi.nrt_memory_set_limit(ctx, limit);
      }
      assertTrue(failed > 10, "the step ran out of memory in " + failed + " places only");
      assertTrue(!Arrays.equals(weights, model.trainableParams().get(0).toFloats()), "the last step trained");
    }
  }

  @Test
  void aFailedAllocationIsTriedAgainOnceCachedMemoryIsGivenBack() {
    Abi.nrt_memory_fail_after(Backend.cpu(), 1);

    try (Tensor x = Tensor.zeros(Shape.of(4))) {
      assertEquals(0, x.sum().item());
    }
  }

  @Test
  void anExceptionInTheMiddleOfAStepReleasesEverything() {
    try (Model model = network();
        Tensor x = Tensor.ones(Shape.of(4, 8, 8, 1), DType.FLOAT32);
        Tensor wrong = Tensor.of(new long[] {0, 1, 99, 3}, Shape.of(4));
        Optimizer adam = Adam.of(1e-3)) {
      long before = blocks();

      var e = assertThrows(IllegalArgumentException.class, () -> step(model, adam, x, wrong, 0));

      assertTrue(e.getMessage().contains("label 99 at row 2 is outside [0, 10)"), e.getMessage());
      assertTrue(blocks() <= before, blocks() + " blocks after " + before);
    }
  }

  @Test
  void aClosedTensorIsRefusedWithShapeAndOpAndClosingTwiceIsHarmless() {
    Tensor x = Tensor.zeros(Shape.of(2, 3));
    x.close();
    x.close();

    var e = assertThrows(TensorClosedException.class, () -> x.add(1));

    assertEquals(
        "Tensor: expected an open tensor, given float32[2, 3] made by 'fill', which is closed",
        e.getMessage().split("\n")[0]);
  }

  @Test
  void aViewKeepsItsStorageWhenTheParentIsClosed() {
    try (Scope scope = Scope.open()) {
      Tensor parent = Tensor.of(new float[] {1, 2, 3, 4}, Shape.of(2, 2));
      Tensor view = parent.select(0, 1);
      parent.close();

      assertEquals(4, view.get(1));
    }
  }

  @Test
  void aRequestAboveTheLimitNamesRequestUseAndLimit() {
    var e =
        assertThrows(
            OutOfMemoryException.class, () -> Tensor.zeros(Shape.of(1L << 45), DType.FLOAT64).close());

    assertTrue(e.getMessage().contains("bytes requested") && e.getMessage().contains("limit"), e.getMessage());
  }
}
