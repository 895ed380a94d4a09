package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Puts the axes of each sample in another order: output axis i is input axis {@code dims[i - 1]}, counted from 1 as in
 * Keras; the batch axis stays.
 *
 * <p><b>Shapes</b>: {@code [batch, a, b, c]} becomes {@code [batch, c, a, b]} with dims 3, 1, 2.
 *
 * <pre>{@code
 * Permute.of(2, 1)   // steps and channels exchanged
 * }</pre>
 */
public final class Permute extends Layer {

  /** The options, as saved. */
  public record Config(List<Long> dims) {}

  private final int[] order;

  private Permute(int[] dims) {
    int[] sorted = dims.clone();
    Arrays.sort(sorted);
    if (dims.length == 0 || !Arrays.equals(sorted, IntStream.rangeClosed(1, dims.length).toArray())) {
      throw new IllegalArgumentException(
          "Permute: expected each of the axes 1 to " + dims.length + " once, given " + Arrays.toString(dims));
    }
    order = IntStream.concat(IntStream.of(0), IntStream.of(dims)).toArray();
  }

  /**
   * The layer.
   *
   * @param dims input axis of each output axis, from 1, without the batch axis
   */
  public static Permute of(int... dims) {
    return new Permute(dims);
  }

  static Permute from(Config c) {
    return of(c.dims.stream().mapToInt(d -> (int) Math.min(Math.max(d, 0), Integer.MAX_VALUE)).toArray());
  }

  @Override
  public Permute name(String name) {
    super.name(name);
    return this;
  }

  @Override
  DType parameterType(DType input) {
    return input;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() != order.length) {
      throw new ShapeException(
          who() + ": expected a batch axis and " + (order.length - 1) + " further axes, given " + in);
    }
    return Shape.of(Arrays.stream(order).mapToLong(in::dim).toArray());
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return x.permute(order);
  }

  @Override
  public Config config() {
    return new Config(Arrays.stream(order).skip(1).mapToObj(d -> (long) d).toList());
  }
}
