package dev.neurite.bench;

import dev.neurite.Neurite;
import dev.neurite.bench.peer.Cases;
import dev.neurite.bench.peer.Work;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Whole training steps on one thread of the library: forward, softmax cross-entropy, backward, Adam. The first, of two
 * dense layers 4-8-3, is overhead; the others are an MLP 784-512-256-10 and LeNet-5.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
public class StepBenchmark {

  /** Model and batch, as the process measured beside other libraries takes them. */
  @Param({"model=tinymlp batch=16", "model=mlp batch=128", "model=lenet5 batch=64"})
  public String step;

  private Work work;

  /** Makes the model, and checks that its loss falls. */
  @Setup(Level.Trial)
  public void open() {
    Neurite.threads(1);
    Neurite.seed(1);
    work = Cases.of("step train " + step);
    work.run();
    work.check();
  }

  /** Frees the model. */
  @TearDown(Level.Trial)
  public void close() {
    work.close();
  }

  /** One step. */
  @Benchmark
  public void train() {
    work.run();
  }
}
