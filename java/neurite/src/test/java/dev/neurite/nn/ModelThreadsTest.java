package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.error.ShapeException;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One model used from many threads, closed while in use, and left by exceptions. */
@Timeout(120)
class ModelThreadsTest {

  private static final int THREADS = 64;

  private static Model model() {
    return Model.sequential(
        Input.of(8, 8, 2), Conv2D.of(4, 3).activation(Activation.RELU), BatchNorm.of(), MaxPool2D.of(2), Flatten.of(),
        Dropout.of(0.5), Dense.of(3));
  }

  private static float[] input(int thread) {
    try (Scope scope = Scope.open()) {
      return RandomOp.normal(Shape.of(2, 8, 8, 2), DType.FLOAT32, 0, 1, RandomStream.of(thread, "x")).toFloats();
    }
  }

  private static float[] predict(Model model, int thread) {
    try (Scope scope = Scope.open()) {
      return model.call(Tensor.of(input(thread), Shape.of(2, 8, 8, 2))).toFloats();
    }
  }

  @Test
  void sixtyFourThreadsGetWhatOneThreadGets() throws Exception {
    try (Model model = model()) {
      long before = Neurite.memory().liveBlocks();
      List<Callable<List<float[]>>> tasks = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int thread = i;
        tasks.add(() -> {
          List<float[]> results = new ArrayList<>();
          for (int k = 0; k < 20; k++) {
            results.add(predict(model, thread));
          }
          return results;
        });
      }
      ExecutorService pool = Executors.newFixedThreadPool(THREADS);
      List<Future<List<float[]>>> all = pool.invokeAll(tasks);
      pool.shutdown();
      assertTrue(pool.awaitTermination(1, TimeUnit.MINUTES));

      for (int i = 0; i < THREADS; i++) {
        float[] expected = predict(model, i);
        for (float[] found : all.get(i).get()) {
          assertArrayEquals(expected, found);
        }
      }
      assertTrue(Neurite.memory().liveBlocks() <= before, "blocks left behind");
    }
  }

  /** Waits inside forward until it is told to go on. */
  private static final class Gate extends Layer {
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);

    @Override
    protected Shape build(Shape in) {
      return in;
    }

    @Override
    protected Tensor forward(Tensor x, Pass pass) {
      entered.countDown();
      try {
        open.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return x;
    }
  }

  @Test
  void closingWaitsForARunningCall() throws Exception {
    Gate gate = new Gate();
    Model model = Model.sequential(Input.of(3), gate, Dense.of(2));
    ExecutorService pool = Executors.newFixedThreadPool(2);
    Future<float[]> result =
        pool.submit(() -> {
          try (Scope scope = Scope.open()) {
            return model.call(Tensor.of(new float[][] {{1, 2, 3}})).toFloats();
          }
        });
    gate.entered.await();
    Future<?> closing = pool.submit(model::close);

    assertFalse(model.isClosed());
    gate.open.countDown();

    assertEquals(2, result.get(1, TimeUnit.MINUTES).length);
    closing.get(1, TimeUnit.MINUTES);
    assertTrue(model.isClosed());
    assertThrows(IllegalStateException.class, () -> model.call(Tensor.zeros(Shape.of(1, 3))));
    pool.shutdown();
  }

  @Test
  void closingFromInsideACallIsRefused() {
    Model model = Model.sequential(Input.of(3), Dense.of(2));
    assertThrows(
        IllegalStateException.class,
        () -> model.whileOpen(() -> {
          model.close();
          return null;
        }));
    assertFalse(model.isClosed());
  }

  /** Fails after having made tensors. */
  private static final class Failing extends Layer {
    @Override
    protected Shape build(Shape in) {
      return in;
    }

    @Override
    protected Tensor forward(Tensor x, Pass pass) {
      Tensor y = x.add(1).mul(2);
      return y.reshape(7, 11);
    }
  }

  @Test
  void anExceptionInForwardFreesEverythingAndTheNextCallWorks() {
    Failing failing = new Failing();
    Dense dense = Dense.of(2);
    try (Model model = Model.sequential(Input.of(3), dense, failing);
        Model sound = Model.sequential(Input.of(3), dense);
        Scope scope = Scope.open()) {
      Tensor x = Tensor.zeros(Shape.of(1, 3));
      long before = Neurite.memory().liveBlocks();

      ShapeException e = assertThrows(ShapeException.class, () -> model.call(x));

      assertEquals("failing", e.path());
      assertTrue(Neurite.memory().liveBlocks() <= before, "blocks left behind");
      assertEquals(Shape.of(1, 2), sound.call(x).shape());
    }
  }

  @Test
  void manyPredictionsUseNoMoreMemoryThanOne() {
    try (Model model = model()) {
      predict(model, 1);
      long live = Neurite.memory().live();
      Neurite.resetPeakMemory();
      predict(model, 1);
      long peak = Neurite.memory().peak();
      for (int i = 0; i < 500; i++) {
        predict(model, 1);
      }
      assertTrue(Neurite.memory().live() <= live, Neurite.memory().toString());
      assertTrue(Neurite.memory().peak() <= peak, Neurite.memory().toString());
    }
  }
}
