package dev.neurite.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.neurite.Neurite;
import dev.neurite.error.OutOfMemoryException;
import dev.neurite.error.ShapeException;
import dev.neurite.error.TensorClosedException;
import dev.neurite.natives.Abi;
import dev.neurite.ops.Backend;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sizes beyond int and long, closed and forgotten tensors, writing through overlapping views. */
class TensorFaultsTest {

  private static final long BEYOND_INT = (1L << 31) + 8;

  private static <T extends Throwable> T assertRefused(Class<T> kind, String firstLine, Runnable code) {
    long before = Neurite.memory().liveBlocks();
    T e = assertThrows(kind, code::run);
    assertEquals(firstLine, e.getMessage().lines().findFirst().orElse(""));
    assertTrue(Neurite.memory().liveBlocks() <= before, "blocks left behind");
    return e;
  }

  // ---- sizes

  @Test
  void sizesBeyondLongAreRefusedByCheckedArithmetic() {
    assertRefused(
        ShapeException.class, "Shape: expected fewer than 2^63 elements, given [1099511627776, 1099511627776]",
        () -> Tensor.zeros(Shape.of(1L << 40, 1L << 40)));
    assertRefused(
        OutOfMemoryException.class, "fill: [4611686018427387904] of FLOAT32 exceeds 2^63 bytes",
        () -> Tensor.zeros(Shape.of(1L << 62)));
  }

  @Test
  void freeOrNegativeAxesAreRefused() {
    assertRefused(
        ShapeException.class, "fill: expected a shape without free axes, given [-1]",
        () -> Tensor.zeros(Shape.of(-1)));
    assertRefused(
        ShapeException.class, "Shape: expected axis lengths of 0 or more (or -1: free), given [2, -3]",
        () -> Tensor.zeros(Shape.of(2, -3)));
    assertRefused(
        ShapeException.class, "Tensor.of: expected rows of equal length 1, given 2 in row 1",
        () -> Tensor.of(new float[][] {{1}, {2, 3}}));
  }

  @Test
  void positionsBeyondIntAreNotCutOff() {
    try (Scope scope = Scope.open()) {
      Tensor x = scope.keep(Tensor.zeros(Shape.of(3)));

      assertRefused(
          ShapeException.class, "select: expected a position in [0, 3) on axis 0, given 4294967297",
          () -> x.select(0, (1L << 32) + 1));
    }
  }

  @Test
  void aTensorLongerThanAnArraySaysWhyItCannotBecomeOne() {
    try (Scope scope = Scope.open()) {
      Tensor wide = Tensor.of(new byte[] {7}, Shape.of(1)).broadcastTo(Shape.of(BEYOND_INT)); // one byte of memory

      assertEquals(7, wide.get(BEYOND_INT - 1));
      assertRefused(
          IllegalArgumentException.class,
          "toBytes: expected at most 2147483639 elements (the longest Java array), given uint8[2147483656]; "
              + "slice it first",
          wide::toBytes);
      assertEquals(2, wide.slice(0, BEYOND_INT - 2, BEYOND_INT).toBytes().length);
    }
  }

  /** Needs 5 GB. */
  @Test
  @Tag("slow")
  void aTensorOfMoreThanTwoToThe31BytesIsWrittenReadAndReversed() {
    assumeTrue(Neurite.memory().limit() - Neurite.memory().live() > 3 * BEYOND_INT, "limit of device memory");
    long before = Neurite.memory().liveBlocks();
    try (Scope scope = Scope.open()) {
      Tensor zeros = Tensor.zeros(Shape.of(BEYOND_INT - 2), DType.UINT8);
      Tensor all = Tensor.concat(0, java.util.List.of(zeros, Tensor.of(new byte[] {5, 9}, Shape.of(2))));
      zeros.close();

      assertEquals(BEYOND_INT, all.size());
      assertEquals(9, all.get(BEYOND_INT - 1));
      assertEquals(5, all.get(BEYOND_INT - 2));
      assertEquals(0, all.get(BEYOND_INT - 3));
      assertArrayEquals(new byte[] {0, 5, 9}, all.slice(0, BEYOND_INT - 3, BEYOND_INT).toBytes());
      assertArrayEquals(new byte[] {9, 5, 0}, all.flip(0).slice(0, 0, 3).contiguous().toBytes());
      assertTrue(
          assertThrows(IllegalArgumentException.class, all::toBytes).getMessage().contains("slice it first"));
    }
    assertTrue(Neurite.memory().liveBlocks() <= before);
  }

  // ---- closed and forgotten tensors

  @Test
  void aClosedTensorNamesWhereItWasMadeAndClosedAtLeakLevelFull() {
    Tensor x = Tensor.zeros(Shape.of(2, 3));
    x.close();

    TensorClosedException e =
        assertRefused(
            TensorClosedException.class,
            "Tensor: expected an open tensor, given float32[2, 3] made by 'fill', which is closed", x::toFloats);

    assumeTrue("full".equals(System.getProperty("neurite.leak")));
    assertEquals("made here by 'fill'", e.getCause().getMessage());
    assertEquals("closed here", e.getSuppressed()[0].getMessage());
    for (Throwable place : new Throwable[] {e.getCause(), e.getSuppressed()[0]}) {
      assertTrue(
          java.util.Arrays.stream(place.getStackTrace()).anyMatch(f -> f.getClassName().contains("TensorFaultsTest")));
    }
  }

  @Test
  void closingViewsAndParentsTwiceInAnyOrderFreesTheStorageOnce() {
    long before = Neurite.memory().liveBlocks();
    try (Tensor other = Tensor.zeros(Shape.of(4))) {
      Tensor parent = Tensor.of(1f, 2f, 3f, 4f);
      Tensor view = parent.reshape(2, 2);
      Tensor viewOfView = view.transpose();
      parent.close();
      view.close();
      view.close();
      parent.close();
      assertArrayEquals(new float[] {1, 3, 2, 4}, viewOfView.toFloats());
      viewOfView.close();
      viewOfView.close();
      assertArrayEquals(new float[4], other.toFloats());
    }
    assertTrue(Neurite.memory().liveBlocks() <= before);
  }

  /** Twelve times the memory allowed passes through tensors nobody closes. */
  @Test
  void tensorsNeverClosedAreFreedOnceUnreachable() {
    long ctx = Backend.cpu();
    long limit = Neurite.memory().limit();
    long room = 64L << 20;
    Abi.nrt_memory_set_limit(ctx, Neurite.memory().live() + room);
    try {
      for (int i = 0; i < 200; i++) {
        assertEquals(i, Tensor.full(Shape.of(1 << 20), i, DType.FLOAT32).get(i)); // 4 MB, in no scope
      }
      try (Tensor whole = Tensor.zeros(Shape.of(15 << 20))) { // nearly all of it: nothing was lost
        assertEquals(15 << 20, whole.size());
      }
    } finally {
      Abi.nrt_memory_set_limit(ctx, limit);
    }
  }

  // ---- overlapping views

  @Test
  void assigningAParameterFromItsOwnViewTakesTheOldValues() {
    try (Param row = Param.of("row", Tensor.of(1f, 2f, 3f));
        Param square = Param.of("square", Tensor.of(new float[][] {{1, 2}, {3, 4}}));
        Scope scope = Scope.open()) {
      row.assign(row.flip(0));
      square.assign(square.transpose());

      assertArrayEquals(new float[] {3, 2, 1}, row.toFloats());
      assertArrayEquals(new float[] {1, 3, 2, 4}, square.toFloats());
      assertRefused(
          ShapeException.class, "Param 'row': expected [3], given [2]", () -> row.assign(row.slice(0, 1, 3)));
      assertArrayEquals(new float[] {3, 2, 1}, row.toFloats());
    }
  }
}
