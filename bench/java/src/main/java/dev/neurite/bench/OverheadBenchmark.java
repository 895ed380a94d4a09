package dev.neurite.bench;

import dev.neurite.autograd.Tape;
import dev.neurite.natives.Abi;
import dev.neurite.ops.Backend;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an operation costs besides its arithmetic: a native call, and additions so small that nothing else counts. An
 * addition is one of a hundred in a scope (or on a tape), its share of opening and closing that included.
 */
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
public class OverheadBenchmark {

  private static final int OPS = 100;

  private Tensor ten;
  private Tensor one;

  /** Makes the operands, and checks one addition of each kind. */
  @Setup(Level.Trial)
  public void open() {
    Backend.cpu();
    ten = Tensor.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9f);
    one = Tensor.of(new float[] {1}, Shape.of(1, 1));
    try (Tape tape = Tape.open()) {
      tape.watch(ten, one);
      Tensor sum = chain(ten, 2);
      require(sum.toFloats(), 0, 3, 6, 9, 12, 15, 18, 21, 24, 27);
      require(chain(one, OPS).toFloats(), OPS + 1);
      require(tape.gradients(sum.sum(), java.util.List.of(ten)).of(ten).toFloats(), 3, 3, 3, 3, 3, 3, 3, 3, 3, 3);
    }
  }

  private static void require(float[] given, float... expected) {
    if (!Arrays.equals(given, expected)) {
      throw new AssertionError("expected " + Arrays.toString(expected) + ", given " + Arrays.toString(given));
    }
  }

  private static Tensor chain(Tensor x, int ops) {
    Tensor sum = x;
    for (int i = 0; i < ops; i++) {
      sum = sum.add(x);
    }
    return sum;
  }

  /** Frees the operands. */
  @TearDown(Level.Trial)
  public void close() {
    ten.close();
    one.close();
  }

  /** From Java into native code and back. */
  @Benchmark
  public int nativeCall() {
    return Abi.nrt_abi_version();
  }

  /** Two vectors of ten. */
  @Benchmark
  @OperationsPerInvocation(OPS)
  public long addTen() {
    try (Scope scope = Scope.open()) {
      return chain(ten, OPS).size() + (scope.isClosed() ? 1 : 0);
    }
  }

  /** Two vectors of ten, recorded. */
  @Benchmark
  @OperationsPerInvocation(OPS)
  public long addTenOnTape() {
    try (Tape tape = Tape.open()) {
      tape.watch(ten);
      return chain(ten, OPS).size();
    }
  }

  /** Two matrices of one element. */
  @Benchmark
  @OperationsPerInvocation(OPS)
  public long addOneByOne() {
    try (Scope scope = Scope.open()) {
      return chain(one, OPS).size() + (scope.isClosed() ? 1 : 0);
    }
  }
}
