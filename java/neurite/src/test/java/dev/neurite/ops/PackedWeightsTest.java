package dev.neurite.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.error.OutOfMemoryException;
import dev.neurite.error.TensorClosedException;
import dev.neurite.natives.Abi;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Float32MatmulPrecision;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Weights that stay packed between calls: same bits, never stale, freed with their parameter. */
class PackedWeightsTest {

  private Float32MatmulPrecision.Use ieee; // these are the forms of FMA; SplitWeightsTest has those of bfloat16 parts

  @BeforeEach
  void useFloat32Arithmetic() {
    ieee = Float32MatmulPrecision.IEEE.open();
  }

  @AfterEach
  void restorePrecision() {
    ieee.close();
  }


  private static Tensor random(Shape shape, DType dtype, long seed) {
    return RandomOp.uniform(shape, dtype, -1, 1, RandomStream.of(seed, "packed"));
  }

  private static Param weights(long rows, long columns, DType dtype, long seed) {
    try (Scope scope = Scope.open()) {
      return Param.of("w", random(Shape.of(rows, columns), dtype, seed));
    }
  }

  private static double[] values(Supplier<Tensor> product) {
    try (Scope scope = Scope.open()) {
      return product.get().cast(DType.FLOAT64).toDoubles();
    }
  }

  private static long live() {
    return Neurite.memory().live();
  }

  /** The first call reads the weights as they are, the third one their packed form. */
  private static void sameBits(Param w, boolean packs, Supplier<Tensor> product) {
    w.changed();
    double[] first = values(product); // what was packed before is gone now
    long before = live();
    w.changed();
    assertArrayEquals(first, values(product));
    assertEquals(before, live(), "one use keeps nothing");
    double[] second = values(product);
    double[] third = values(product);
    assertEquals(packs, live() > before, w.shape() + " packed");
    assertArrayEquals(first, second);
    assertArrayEquals(first, third);
  }

  @Test
  void packedAndPlainWeightsGiveTheSameBits() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      for (long rows : new long[] {1, 4, 5, 6, 13, 32, 241, 1025}) {
        for (long[] size : new long[][] {{130, 257}, {520, 65}, {1100, 70}, {3, 8}, {70, 3}}) {
          boolean many = rows > 4 && rows <= 1024;
          boolean large = size[0] * size[1] * dtype.bytes() > 64 * 1024;
          try (Scope scope = Scope.open();
              Param w = weights(size[0], size[1], dtype, 7)) {
            Tensor x = random(Shape.of(rows, size[0]), dtype, rows);
            Tensor dy = random(Shape.of(rows, size[1]), dtype, rows + 1);
            Tensor bias = random(Shape.of(size[1]), dtype, 3);
            sameBits(w, many && large && size[1] > 4, () -> x.matmul(w));
            for (UnaryOp act : new UnaryOp[] {UnaryOp.IDENTITY, UnaryOp.RELU, UnaryOp.SIGMOID, UnaryOp.TANH}) {
              sameBits(w, many && large && size[1] > 4, () -> MatMul.dense(x, w, bias, act));
            }
            sameBits(w, many && size[0] > 4, () -> MatMul.product(dy, w, false, true));
          }
        }
      }
    }
  }

  @Test
  void sequencesAgainstOneMatrixAreRowsOfOneProduct() {
    try (Scope scope = Scope.open();
        Param w = weights(130, 257, DType.FLOAT32, 1)) {
      Tensor x = random(Shape.of(3, 5, 130), DType.FLOAT32, 2);
      sameBits(w, true, () -> x.matmul(w));
      assertArrayEquals(values(() -> x.reshape(15, 130).matmul(w)), values(() -> x.matmul(w)));
    }
  }

  @Test
  void everyChangeIsSeen() {
    try (Scope scope = Scope.open();
        Param w = weights(130, 257, DType.FLOAT32, 1)) {
      Tensor x = random(Shape.of(9, 130), DType.FLOAT32, 2);
      for (int i = 0; i < 4; i++) {
        w.assign(w.mul(i + 2).contiguous());
        Tensor copy = w.mul(1);
        double[] expected = values(() -> x.matmul(copy));
        for (int call = 0; call < 3; call++) {
          assertArrayEquals(expected, values(() -> x.matmul(w)), "after assign " + i + ", call " + call);
        }
      }
      Sgd sgd = Sgd.of(0.5);
      for (int i = 0; i < 3; i++) {
        try (Tape tape = Tape.open()) {
          Gradients gradients = tape.gradients(x.matmul(w).sum(), List.of(w));
          sgd.apply(gradients);
        }
        Tensor copy = w.mul(1);
        for (int call = 0; call < 3; call++) {
          assertArrayEquals(values(() -> x.matmul(copy)), values(() -> x.matmul(w)), "after step " + i);
        }
      }
    }
  }

  @Test
  void stepsThatUseAWeightOnceKeepNoPackedForm() {
    try (Scope scope = Scope.open();
        Param w = weights(130, 257, DType.FLOAT32, 1)) {
      Tensor x = random(Shape.of(9, 130), DType.FLOAT32, 2);
      Sgd sgd = Sgd.of(0.1);
      sgd.minimize(() -> x.matmul(w).square().mean(), w);
      long before = live();
      for (int i = 0; i < 5; i++) {
        sgd.minimize(() -> x.matmul(w).square().mean(), w);
        assertEquals(before, live(), "step " + i);
      }
      values(() -> x.matmul(w));
      values(() -> x.matmul(w));
      assertTrue(live() > before);
      sgd.minimize(() -> x.matmul(w).square().mean(), w);
      values(() -> x.matmul(w));
      assertEquals(before, live(), "a form of old values goes at the next use");
    }
  }

  @Test
  void formsGoWithTheirParameter() {
    long before = live();
    try (Scope scope = Scope.open()) {
      Tensor x = random(Shape.of(9, 130), DType.FLOAT32, 2);
      Param w = weights(130, 257, DType.FLOAT32, 1);
      values(() -> x.matmul(w));
      values(() -> x.matmul(w));
      Packed lent = GemmPacking.of(w, false, 9, 257);
      assertNotNull(lent);
      long address = lent.addr();
      w.close();
      assertEquals(address, lent.addr());
      assertTrue(live() > before, "lent forms outlive their parameter");
      lent.close();
      assertThrows(TensorClosedException.class, () -> x.matmul(w));
    }
    assertEquals(before, live());
  }

  @Test
  void unreachableParametersAreCleanedUp() {
    long before = live();
    useOnce();
    for (int i = 0; i < 20 && live() > before; i++) {
      runShortOfMemory();
    }
    assertTrue(live() <= before, "live " + live() + ", before " + before);
  }

  /** Memory that runs out while a tensor is in no scope makes the allocator collect what is unreachable. */
  private static void runShortOfMemory() {
    long usual = Neurite.memory().limit();
    try (Tensor loose = Tensor.zeros(Shape.of(4))) {
      Abi.nrt_memory_set_limit(Backend.cpu(), live());
      assertThrows(OutOfMemoryException.class, () -> Tensor.zeros(Shape.of(1 << 20)).close());
    } finally {
      Abi.nrt_memory_set_limit(Backend.cpu(), usual);
    }
  }

  private static void useOnce() {
    try (Scope scope = Scope.open()) {
      Tensor x = random(Shape.of(9, 130), DType.FLOAT32, 2);
      Param w = weights(130, 257, DType.FLOAT32, 1);
      values(() -> x.matmul(w));
      values(() -> x.matmul(w));
    }
  }

  @Test
  void shortMemoryMeansPlainWeights() {
    try (Scope scope = Scope.open();
        Param w = weights(130, 257, DType.FLOAT32, 1)) {
      assertNull(GemmPacking.of(w, false, 9, 257));
      Abi.nrt_memory_fail_after(Backend.cpu(), 1);
      assertNull(GemmPacking.of(w, false, 9, 257));
      try (Packed later = GemmPacking.of(w, false, 9, 257)) {
        assertNotNull(later);
      }
    }
  }

  @Test
  void threadsShareFormsWhileTheValuesAreAssignedAgain() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (Scope scope = Scope.open();
        Param w = weights(130, 257, DType.FLOAT32, 1)) {
      Tensor x = random(Shape.of(9, 130), DType.FLOAT32, 2);
      Tensor same = w.mul(1);
      double[] expected = values(() -> x.matmul(same));
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        running.add(threads.submit(() -> {
          for (int i = 0; i < 500; i++) {
            assertArrayEquals(expected, values(() -> x.matmul(w)));
          }
        }));
      }
      for (int i = 0; i < 200; i++) {
        w.changed();
        Thread.yield();
      }
      for (Future<?> f : running) {
        f.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
