package dev.neurite.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** A convolution's kernel stays packed between calls: same bits, never stale, shared by all batch sizes. */
class PackedKernelsTest {

  private static Tensor random(Shape shape, DType dtype, long seed) {
    return RandomOp.uniform(shape, dtype, -1, 1, RandomStream.of(seed, "kernel"));
  }

  private static Param kernel(Shape shape, DType dtype) {
    try (Scope scope = Scope.open()) {
      return Param.of("kernel", random(shape, dtype, 1));
    }
  }

  private static double[] convolved(Tensor x, Tensor w, int groups) {
    try (Scope scope = Scope.open()) {
      Window window = Window.same(x.dim(1), x.dim(2), w.dim(0), w.dim(1), 1, 1, 1, 1);
      return Conv2d.apply(x, w, null, window, groups, UnaryOp.RELU).cast(DType.FLOAT64).toDoubles();
    }
  }

  @Test
  void packedKernelsGiveTheSameBitsAndFollowChanges() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      for (int groups : new int[] {1, 2}) {
        try (Scope scope = Scope.open();
            Param w = kernel(Shape.of(3, 3, 64 / groups, 64), dtype)) {
          Tensor one = random(Shape.of(1, 6, 5, 64), dtype, 2);
          Tensor many = random(Shape.of(3, 9, 8, 64), dtype, 3);
          for (int change = 0; change < 2; change++) {
            Tensor copy = w.mul(1); // no parameter: nothing is kept
            double[] wantOne = convolved(one, copy, groups);
            double[] wantMany = convolved(many, copy, groups);
            long before = Neurite.memory().live();
            for (int call = 0; call < 3; call++) {
              assertArrayEquals(wantOne, convolved(one, w, groups));
              assertArrayEquals(wantMany, convolved(many, w, groups));
            }
            assertTrue(change > 0 || Neurite.memory().live() > before, "a form is kept");
            w.assign(copy.mul(-2));
          }
        }
      }
    }
  }

  @Test
  void depthwiseAndSmallKernelsKeepNothing() {
    try (Scope scope = Scope.open();
        Param depthwise = kernel(Shape.of(3, 3, 1, 64), DType.FLOAT32);
        Param small = kernel(Shape.of(3, 3, 4, 8), DType.FLOAT32)) {
      Tensor x = random(Shape.of(1, 5, 5, 64), DType.FLOAT32, 4);
      Tensor narrow = random(Shape.of(1, 5, 5, 4), DType.FLOAT32, 5);
      long before = Neurite.memory().live();
      for (int call = 0; call < 3; call++) {
        convolved(x, depthwise, 64);
        convolved(narrow, small, 1);
      }
      assertEquals(before, Neurite.memory().live());
    }
  }
}
