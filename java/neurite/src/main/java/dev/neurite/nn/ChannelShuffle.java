package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Channels dealt out anew, so that grouped convolutions exchange what they know: with k = channels
 * / groups, {@code y[..., j*groups + g] = x[..., g*k + j]} (ShuffleNet; PyTorch's {@code
 * ChannelShuffle}).
 *
 * <p><b>Shapes</b>: input and output {@code [batch, ..., channels]}.
 */
public final class ChannelShuffle extends ShuffleLayer<ChannelShuffle> {

  /** The options, as saved. */
  public record Config(long groups) {}

  private final long groups;

  private ChannelShuffle(long groups) {
    super(groups);
    this.groups = groups;
  }

  /** The layer for a given number of groups, 1 or more. */
  public static ChannelShuffle of(long groups) {
    return new ChannelShuffle(groups);
  }

  static ChannelShuffle from(Config c) {
    return of(c.groups);
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 2 || in.last() < 1 || in.last() % groups != 0) {
      throw new ShapeException(
          who() + ": expected [batch, ..., channels] with channels divisible by " + groups + " groups, given " + in);
    }
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    long[] dims = Arrays.copyOf(x.shape().dims(), x.rank() + 1);
    dims[x.rank() - 1] = groups;
    dims[x.rank()] = x.dim(-1) / groups;
    int[] order = IntStream.rangeClosed(0, x.rank()).toArray();
    order[x.rank() - 1] = x.rank();
    order[x.rank()] = x.rank() - 1;
    return x.reshape(dims).permute(order).reshape(x.shape());
  }

  @Override
  ChannelShuffle self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(groups);
  }
}
