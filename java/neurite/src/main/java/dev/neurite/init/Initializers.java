package dev.neurite.init;

import dev.neurite.error.ShapeException;
import dev.neurite.init.VarianceScaling.Distribution;
import dev.neurite.init.VarianceScaling.Mode;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/** The usual start values. All are records, so that models save them by their components. */
public final class Initializers {

  private static final double DEFAULT_LIMIT = 0.05; // Keras' default for embeddings
  private static final double DEFAULT_DEVIATION = 0.05;

  private Initializers() {}

  /** The same value everywhere. */
  public record Constant(double value) implements Initializer {
    @Override
    public Tensor create(Shape shape, DType dtype, RandomStream random) {
      return Tensor.full(shape, value, dtype);
    }
  }

  /** Uniform in [low, high). */
  public record Uniform(double low, double high) implements Initializer {
    /** Checks the limits. */
    public Uniform {
      if (!(low <= high)) {
        throw new IllegalArgumentException("uniform: expected low <= high, given " + low + " and " + high);
      }
    }

    @Override
    public Tensor create(Shape shape, DType dtype, RandomStream random) {
      return RandomOp.uniform(shape, dtype, low, high, random);
    }
  }

  /** Normal; truncated: redrawn outside two standard deviations (and not widened). */
  public record Normal(double mean, double deviation, boolean truncated) implements Initializer {
    /** Checks the deviation. */
    public Normal {
      if (!(deviation >= 0)) {
        throw new IllegalArgumentException("normal: expected a deviation of 0 or more, given " + deviation);
      }
    }

    @Override
    public Tensor create(Shape shape, DType dtype, RandomStream random) {
      return truncated
          ? RandomOp.truncatedNormal(shape, dtype, mean, deviation, random)
          : RandomOp.normal(shape, dtype, mean, deviation, random);
    }
  }

  /** {@code gain} on the diagonal of a matrix, else 0. */
  public record Identity(double gain) implements Initializer {
    @Override
    public Tensor create(Shape shape, DType dtype, RandomStream random) {
      if (shape.rank() != 2) {
        throw new ShapeException("identity: expected a matrix, given " + shape);
      }
      long rows = shape.dim(0);
      long columns = shape.dim(1);
      Tensor row = Tensor.range(0, 1, rows, DType.INT64).reshape(rows, 1);
      Tensor column = Tensor.range(0, 1, columns, DType.INT64).reshape(1, columns);
      return row.eq(column).cast(dtype).mul(gain);
    }
  }

  /** Zeros: the default of biases. */
  public static Initializer zeros() {
    return new Constant(0);
  }

  /** Ones. */
  public static Initializer ones() {
    return new Constant(1);
  }

  /** The same value everywhere. */
  public static Initializer constant(double value) {
    return new Constant(value);
  }

  /** Uniform in [-0.05, 0.05): the default of embeddings. */
  public static Initializer uniform() {
    return uniform(-DEFAULT_LIMIT, DEFAULT_LIMIT);
  }

  /** Uniform in [low, high). */
  public static Initializer uniform(double low, double high) {
    return new Uniform(low, high);
  }

  /** Normal with standard deviation 0.05. */
  public static Initializer normal() {
    return normal(0, DEFAULT_DEVIATION);
  }

  /** Normal with the given mean and standard deviation. */
  public static Initializer normal(double mean, double deviation) {
    return new Normal(mean, deviation, false);
  }

  /**
   * Normal, redrawn outside two standard deviations; the spread is then 0.88 times the deviation
   * given.
   */
  public static Initializer truncatedNormal(double mean, double deviation) {
    return new Normal(mean, deviation, true);
  }

  /**
   * Uniform with variance {@code 2 / (in + out)} (Glorot and Bengio 2010): the default of kernels.
   */
  public static VarianceScaling glorotUniform() {
    return new VarianceScaling(1, Mode.FAN_AVERAGE, Distribution.UNIFORM);
  }

  /** Normal with variance {@code 2 / (in + out)} (Glorot and Bengio 2010). */
  public static VarianceScaling glorotNormal() {
    return new VarianceScaling(1, Mode.FAN_AVERAGE, Distribution.TRUNCATED_NORMAL);
  }

  /** Uniform with variance {@code 2 / in} (He et al. 2015), for ReLU. */
  public static VarianceScaling heUniform() {
    return new VarianceScaling(2, Mode.FAN_IN, Distribution.UNIFORM);
  }

  /** Normal with variance {@code 2 / in} (He et al. 2015), for ReLU. */
  public static VarianceScaling heNormal() {
    return new VarianceScaling(2, Mode.FAN_IN, Distribution.TRUNCATED_NORMAL);
  }

  /** Uniform with variance {@code 1 / in} (LeCun et al. 1998), for SELU. */
  public static VarianceScaling lecunUniform() {
    return new VarianceScaling(1, Mode.FAN_IN, Distribution.UNIFORM);
  }

  /** Normal with variance {@code 1 / in} (LeCun et al. 1998), for SELU. */
  public static VarianceScaling lecunNormal() {
    return new VarianceScaling(1, Mode.FAN_IN, Distribution.TRUNCATED_NORMAL);
  }

  /** Any member of the family. */
  public static VarianceScaling varianceScaling(double scale, Mode mode, Distribution distribution) {
    return new VarianceScaling(scale, mode, distribution);
  }

  /** A matrix of zeros with {@code gain} on the diagonal. */
  public static Initializer identity(double gain) {
    return new Identity(gain);
  }

  /** Orthonormal rows or columns times {@code gain} (Saxe et al. 2013). */
  public static Initializer orthogonal(double gain) {
    return new Orthogonal(gain);
  }

  /**
   * The factor by which a layer's start values make up for what its activation takes from the signal (PyTorch's
   * {@code calculate_gain}): 1 for linear, sigmoid and convolutions, 5/3 for tanh, sqrt(2) for relu,
   * {@code sqrt(2 / (1 + slope^2))} for leaky_relu, 3/4 for selu. He's and Glorot's schemes with a gain are
   * {@code varianceScaling(gain * gain, FAN_IN or FAN_AVERAGE, ...)}.
   *
   * @param activation one of these names
   * @param slope of leaky_relu; ignored by the others
   * @throws IllegalArgumentException for another name
   */
  public static double gain(String activation, double slope) {
    return switch (activation) {
      case "linear", "sigmoid", "conv1d", "conv2d", "conv3d" -> 1;
      case "tanh" -> 5.0 / 3;
      case "relu" -> Math.sqrt(2);
      case "leaky_relu" -> Math.sqrt(2 / (1 + slope * slope));
      case "selu" -> 0.75;
      default -> throw new IllegalArgumentException(
          "gain: expected linear, sigmoid, conv1d, conv2d, conv3d, tanh, relu, leaky_relu or selu, given '"
              + activation + "'");
    };
  }

  /** PyTorch's start of dense and convolution kernels: uniform in {@code +-1/sqrt(fan_in)}. */
  public static VarianceScaling torchUniform() {
    return varianceScaling(1.0 / 3, Mode.FAN_IN, Distribution.UNIFORM);
  }

  /** PyTorch's start of a bias: uniform in {@code +-1/sqrt(fanIn)}, fanIn being that of the kernel beside it. */
  public static Initializer torchBias(double fanIn) {
    double limit = 1 / Math.sqrt(fanIn);
    return uniform(-limit, limit);
  }
}
