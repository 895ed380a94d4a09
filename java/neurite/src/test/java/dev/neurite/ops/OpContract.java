package dev.neurite.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Device;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * What every op must keep, run for each of its cases: the naive reference (float64 and float32), gradients against
 * two-sided differences in float64, the same values for non-contiguous inputs, equal bits on repetition and for one and
 * two threads, no leaked block, and refused inputs with their first line.
 *
 * <p>A subclass names the op's native folder and lists its cases.
 */
@Tag("contract")
abstract class OpContract {

  private static final double STEP = 1e-5;
  private static final double GRADIENT_ERROR = 1e-6;

  /** Name of the folder under native/ops. */
  abstract String folder();

  /** The cases. */
  abstract List<Case> cases();

  /** Calls that must be refused. */
  List<Refusal> refusals() {
    return List.of();
  }

  /** An op on tensors. */
  @FunctionalInterface
  interface Op {
    Tensor apply(Tensor... inputs);
  }

  /** The op's definition on plain arrays, in double. */
  @FunctionalInterface
  interface Reference {
    double[] apply(double[]... inputs);
  }

  /**
   * A call that must throw.
   *
   * @param name of the test
   * @param type of the exception
   * @param firstLine of its message
   * @param call what to do
   */
  record Refusal(String name, Class<? extends Throwable> type, String firstLine, Supplier<Object> call) {}

  /** One case: the op, its input shapes, the range of the values, and the reference. */
  static final class Case {
    final String name;
    final Op op;
    final Reference reference;
    Shape[] shapes;
    double low = -2;
    double high = 2;
    double tolerance32 = 1e-5;
    boolean differentiable = true;
    boolean strided = true;
    List<Supplier<Tensor>> fixed = List.of();

    Case(String name, Op op, Reference reference, Shape... shapes) {
      this.name = name;
      this.op = op;
      this.reference = reference;
      this.shapes = shapes;
    }

    Case range(double from, double to) {
      low = from;
      high = to;
      return this;
    }

    Case tolerance(double float32) {
      tolerance32 = float32;
      return this;
    }

    Case noGradient() {
      differentiable = false;
      return this;
    }

    @Override
    public String toString() {
      return name + " " + Arrays.toString(shapes);
    }
  }

  @TestFactory
  Stream<DynamicTest> contract() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Case c : cases()) {
      tests.add(dynamicTest(c + " equals its reference in float64", () -> equalsReference(c, DType.FLOAT64, 1e-10)));
      tests.add(dynamicTest(c + " equals its reference in float32", () -> equalsReference(c, DType.FLOAT32, c.tolerance32)));
      if (c.differentiable) {
        tests.add(dynamicTest(c + " has the gradients of finite differences", () -> gradients(c)));
      }
      if (c.strided) {
        tests.add(dynamicTest(c + " gives the same for strided views", () -> strided(c)));
      }
      tests.add(dynamicTest(c + " gives the same bits again and on one or two threads", () -> sameBits(c)));
    }
    for (Refusal r : refusals()) {
      tests.add(dynamicTest(r.name(), () -> refused(r)));
    }
    return tests.stream();
  }

  private static void refused(Refusal r) {
    noLeak(() -> {
      Throwable e = assertThrows(r.type(), () -> Scope.run(r.call()::get));
      assertEquals(r.firstLine(), e.getMessage().split("\n")[0]);
    });
  }

  /** Values that are the same in float32 and float64, in the case's range, by a small generator. */
  private static double[][] values(Case c) {
    double[][] all = new double[c.shapes.length][];
    long state = c.name.hashCode() * 31L + 17;
    for (int i = 0; i < all.length; i++) {
      all[i] = new double[(int) c.shapes[i].size()];
      for (int j = 0; j < all[i].length; j++) {
        state = state * 6364136223846793005L + 1442695040888963407L;
        double u = (state >>> 11) * 0x1p-53;
        all[i][j] = (float) (c.low + (c.high - c.low) * u);
      }
    }
    return all;
  }

  private static Tensor[] tensors(Case c, double[][] values, DType dtype) {
    Tensor[] in = new Tensor[values.length];
    for (int i = 0; i < in.length; i++) {
      in[i] = Tensor.of(values[i], c.shapes[i], dtype);
    }
    return in;
  }

  private static void equalsReference(Case c, DType dtype, double tolerance) {
    noLeak(() -> {
      double[][] values = values(c);
      double[] want = c.reference.apply(values);
      double[] got = c.op.apply(tensors(c, values, dtype)).toDoubles();
      close(c.toString(), want, got, tolerance);
    });
  }

  private static void close(String name, double[] want, double[] got, double tolerance) {
    assertEquals(want.length, got.length, name);
    for (int i = 0; i < want.length; i++) {
      boolean same = want[i] == got[i] || Double.isNaN(want[i]) && Double.isNaN(got[i]);
      assertTrue(
          same || Math.abs(want[i] - got[i]) <= tolerance * (1 + Math.abs(want[i])),
          name + "[" + i + "]: expected " + want[i] + ", got " + got[i]);
    }
  }

  private static void gradients(Case c) {
    noLeak(() -> {
      double[][] values = values(c);
      double[][] found = new double[values.length][];
      double[] weights;
      try (Tape tape = Tape.open()) {
        Tensor[] in = tensors(c, values, DType.FLOAT64);
        tape.watch(in);
        Tensor y = c.op.apply(in);
        weights = weights((int) y.size());
        Tensor up = Tensor.of(weights, y.shape(), DType.FLOAT64);
        Gradients g = tape.gradients(List.of(y), List.of(up), List.of(in), false);
        for (int i = 0; i < in.length; i++) {
          found[i] = g.of(in[i]).toDoubles();
        }
      }
      for (int i = 0; i < values.length; i++) {
        compareWithDifferences(c, values, i, found[i], weights);
      }
    });
  }

  private static double[] weights(int n) {
    double[] w = new double[n];
    for (int i = 0; i < n; i++) {
      w[i] = Math.cos(i * 0.7 + 0.3);
    }
    return w;
  }

  private static void compareWithDifferences(Case c, double[][] values, int input, double[] found, double[] weights) {
    double[] numeric = new double[found.length];
    for (int j = 0; j < numeric.length; j++) {
      double x = values[input][j];
      values[input][j] = x + STEP;
      double up = weighted(c, values, weights);
      values[input][j] = x - STEP;
      double down = weighted(c, values, weights);
      values[input][j] = x;
      numeric[j] = (up - down) / (2 * STEP);
    }
    double difference = 0;
    double scale = 1e-8;
    for (int j = 0; j < numeric.length; j++) {
      difference += (numeric[j] - found[j]) * (numeric[j] - found[j]);
      scale += numeric[j] * numeric[j] + found[j] * found[j];
    }
    double error = Math.sqrt(difference / scale);
    assertTrue(error < GRADIENT_ERROR, c + ": relative error " + error + " for input " + input
        + "\n found   " + Arrays.toString(found) + "\n numeric " + Arrays.toString(numeric));
  }

  private static double weighted(Case c, double[][] values, double[] weights) {
    return Scope.run(() -> {
      double[] y = c.op.apply(tensors(c, values, DType.FLOAT64)).toDoubles();
      double sum = 0;
      for (int i = 0; i < y.length; i++) {
        sum += y[i] * weights[i];
      }
      return sum;
    });
  }

  /** The same values as a flipped, permuted view of a larger tensor. */
  private static Tensor view(Tensor x) {
    if (x.rank() == 0 || x.size() == 0) {
      return x;
    }
    int[] reverse = new int[x.rank()];
    for (int i = 0; i < reverse.length; i++) {
      reverse[i] = reverse.length - 1 - i;
    }
    Tensor stored = x.permute(reverse).flip(0).contiguous();
    long n = stored.dim(0);
    Tensor wide = Tensor.concat(0, List.of(stored, stored)).slice(0, 0, n);
    return wide.flip(0).permute(reverse);
  }

  private static void strided(Case c) {
    noLeak(() -> {
      Tensor[] in = tensors(c, values(c), DType.FLOAT64);
      double[] want = c.op.apply(in).toDoubles();
      Tensor[] views = Stream.of(in).map(OpContract::view).toArray(Tensor[]::new);
      close(c + " on views", want, c.op.apply(views).toDoubles(), 1e-12);
    });
  }

  private static void sameBits(Case c) {
    noLeak(() -> {
      long ctx = Backend.ctx(Device.CPU);
      int threads = Abi.nrt_ctx_threads(ctx);
      Tensor[] in = tensors(c, values(c), DType.FLOAT32);
      try {
        Abi.nrt_ctx_set_threads(ctx, 1);
        float[] once = c.op.apply(in).toFloats();
        Abi.nrt_ctx_set_threads(ctx, 2);
        assertArrayEquals(once, c.op.apply(in).toFloats());
      } finally {
        Abi.nrt_ctx_set_threads(ctx, threads);
      }
    });
  }

  private static void noLeak(Runnable test) {
    long ctx = Backend.ctx(Device.CPU);
    long before = Abi.nrt_memory_counter(ctx, Abi.NRT_MEMORY_LIVE_BLOCKS);
    try (Scope scope = Scope.open()) {
      test.run();
    }
    // Fewer is fine: the collector may have freed what an earlier test class let go.
    long after = Abi.nrt_memory_counter(ctx, Abi.NRT_MEMORY_LIVE_BLOCKS);
    assertTrue(after <= before, "expected at most " + before + " live blocks after the test, given " + after);
  }
}
