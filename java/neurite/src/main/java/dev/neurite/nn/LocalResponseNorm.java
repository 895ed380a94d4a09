package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Local response normalisation across neighbouring channels (Krizhevsky, Sutskever and Hinton 2012):
 * {@code y[c] = x[c] / (k + alpha / size * sum of x[j]^2)^beta} over the {@code size} channels j from
 * {@code c - floor(size / 2)}, those outside counting 0.
 *
 * <p><b>Shapes</b>: any {@code [batch, *, channels]}, unchanged. No parameters.
 *
 * <p>Defaults as in PyTorch: alpha 1e-4, beta 0.75, k 1. AlexNet's own alpha is not divided by the
 * size: size 5, alpha 5e-4, k 2 here.
 */
public final class LocalResponseNorm extends Layer {

  /** The options, as saved. */
  public record Config(long size, double alpha, double beta, double k) {}

  private final long size;
  private double alpha = 1e-4;
  private double beta = 0.75;
  private double k = 1;

  private LocalResponseNorm(long size) {
    if (size < 1) {
      throw new IllegalArgumentException("LocalResponseNorm: expected a size of at least 1 channel, given " + size);
    }
    this.size = size;
  }

  /**
   * The layer.
   *
   * @param size number of neighbouring channels, the channel itself included
   */
  public static LocalResponseNorm of(long size) {
    return new LocalResponseNorm(size);
  }

  static LocalResponseNorm from(Config c) {
    return of(c.size).alpha(c.alpha).beta(c.beta).k(c.k);
  }

  /** Sets the weight of the mean square. */
  public LocalResponseNorm alpha(double alpha) {
    requireUnbuilt();
    this.alpha = alpha;
    return this;
  }

  /** Sets the exponent. */
  public LocalResponseNorm beta(double beta) {
    requireUnbuilt();
    this.beta = beta;
    return this;
  }

  /** Sets the constant. */
  public LocalResponseNorm k(double k) {
    requireUnbuilt();
    this.k = k;
    return this;
  }

  @Override
  public LocalResponseNorm name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 2 || in.last() < 1) {
      throw new ShapeException(who() + ": expected [batch, *, channels] with channels known, given " + in);
    }
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    return x.div(neighbours(x.square()).mul(alpha / size).add(k).pow(beta));
  }

  /** Sum over the window of channels; only shifts that leave something inside are added. */
  private Tensor neighbours(Tensor squares) {
    long channels = squares.shape().last();
    int axis = squares.rank() - 1;
    long first = -(size / 2);
    Tensor sum = squares;
    for (long shift = Math.max(first, 1 - channels); shift < Math.min(first + size, channels); shift++) {
      if (shift != 0) {
        long[] before = new long[squares.rank()];
        long[] after = new long[squares.rank()];
        before[axis] = Math.max(-shift, 0);
        after[axis] = Math.max(shift, 0);
        Tensor part = squares.slice(axis, Math.max(shift, 0), channels + Math.min(shift, 0));
        sum = sum.add(part.pad(before, after, 0));
      }
    }
    return sum;
  }

  @Override
  public Config config() {
    return new Config(size, alpha, beta, k);
  }
}
