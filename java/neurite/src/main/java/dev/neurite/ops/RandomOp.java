package dev.neurite.ops;

import dev.neurite.error.DTypeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Random tensors; no gradient. The same stream position gives the same numbers on any number of threads. */
public final class RandomOp {

  private static final Access TENSORS = Access.tensors();
  private static final int WORDS_PER_BLOCK = 4;
  /** Blocks between two consumers where the number drawn is not known beforehand (rejection). */
  private static final long REDRAW_ROOM = 64;

  private RandomOp() {}

  /** Uniform in [low, high). */
  public static Tensor uniform(Shape shape, DType dtype, double low, double high, RandomStream random) {
    return fill(Abi.NRT_RANDOM_UNIFORM, "uniform", shape, dtype, low, high, random);
  }

  /** Normal with the given mean and standard deviation. */
  public static Tensor normal(Shape shape, DType dtype, double mean, double deviation, RandomStream random) {
    return fill(Abi.NRT_RANDOM_NORMAL, "normal", shape, dtype, mean, deviation, random);
  }

  /** Normal, redrawn outside two standard deviations. */
  public static Tensor truncatedNormal(Shape shape, DType dtype, double mean, double deviation, RandomStream random) {
    return fill(Abi.NRT_RANDOM_TRUNCATED_NORMAL, "truncated_normal", shape, dtype, mean, deviation, random);
  }

  /** 1 with the given probability, else 0. */
  public static Tensor bernoulli(Shape shape, DType dtype, double probability, RandomStream random) {
    return fill(Abi.NRT_RANDOM_BERNOULLI, "bernoulli", shape, dtype, probability, 0, random);
  }

  private static Tensor fill(
      int kind, String op, Shape shape, DType dtype, double p0, double p1, RandomStream random) {
    if (!dtype.isDifferentiable()) {
      throw new DTypeException(op + ": expected float32 or float64, given " + dtype);
    }
    Tensor y = TENSORS.create(shape, dtype, op);
    long offset = random.take(blocks(shape.size() * (dtype == DType.FLOAT64 ? 2 : 1)));
    Status.check(
        Abi.nrt_random_fill(
            y.ctx(), y.code(), kind, y.addr(), y.size(), p0, p1, random.seed(), random.stream(), offset),
        op, y);
    return y;
  }

  private static long blocks(long words) {
    return (words + WORDS_PER_BLOCK - 1) / WORDS_PER_BLOCK;
  }

  /** int64, uniform in [low, high). */
  public static Tensor integers(Shape shape, long low, long high, RandomStream random) {
    Tensor y = TENSORS.create(shape, DType.INT64, "integers");
    long offset = random.take(shape.size() + REDRAW_ROOM);
    Status.check(
        Abi.nrt_random_integers(y.ctx(), y.addr(), y.size(), low, high, random.seed(), random.stream(), offset),
        "integers", y);
    return y;
  }

  /** The numbers 0 .. n-1 in random order, int64. */
  public static Tensor permutation(long n, RandomStream random) {
    Tensor y = TENSORS.create(Shape.of(n), DType.INT64, "permutation");
    long offset = random.take(n + REDRAW_ROOM);
    Status.check(
        Abi.nrt_random_permutation(y.ctx(), y.addr(), n, random.seed(), random.stream(), offset), "permutation", y);
    return y;
  }
}
