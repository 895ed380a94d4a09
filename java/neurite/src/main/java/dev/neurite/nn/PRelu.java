package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Leaky ReLU with trained slopes: {@code x > 0 ? x : alpha * x} (He et al. 2015).
 *
 * <p><b>Shapes</b>: any, unchanged; {@code alpha} has the shape of one sample, with length 1 on shared axes. For
 * pictures {@code sharedAxes(1, 2)} leaves one slope per channel.
 *
 * <p>Defaults: no axis shared (Keras), slopes start at 0.25 (the paper, PyTorch).
 */
public final class PRelu extends Layer {

  private static final double START = 0.25;

  /** The options, as saved. */
  public record Config(List<Long> sharedAxes, Initializer alphaInitializer, Regularizer alphaRegularizer) {}

  private int[] sharedAxes = new int[0];
  private Initializer alphaInitializer = Initializers.constant(START);
  private Regularizer alphaRegularizer;
  private Param alpha;

  private PRelu() {}

  /** The layer. */
  public static PRelu of() {
    return new PRelu();
  }

  static PRelu from(Config c) {
    return of()
        .sharedAxes(c.sharedAxes.stream().mapToInt(Long::intValue).toArray())
        .alphaInitializer(c.alphaInitializer)
        .alphaRegularizer(c.alphaRegularizer);
  }

  /** Axes along which one slope serves all positions; the batch axis, 0, always is one. */
  public PRelu sharedAxes(int... axes) {
    requireUnbuilt();
    sharedAxes = axes.clone();
    return this;
  }

  /** Sets what the slopes start from. */
  public PRelu alphaInitializer(Initializer initializer) {
    requireUnbuilt();
    alphaInitializer = initializer;
    return this;
  }

  /** Sets a penalty on the slopes; null (default) for none. */
  public PRelu alphaRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    alphaRegularizer = regularizer;
    return this;
  }

  @Override
  public PRelu name(String name) {
    super.name(name);
    return this;
  }

  /** The slopes; null before the layer is built. */
  public Param alpha() {
    return alpha;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 2) {
      throw new ShapeException(who() + ": expected a batch axis and at least one other, given " + in);
    }
    Shape one = in.slice(1, in.rank());
    for (int axis : sharedAxes) {
      int a = in.axis(axis);
      if (a > 0) {
        one = one.with(a - 1, 1);
      }
    }
    if (one.isFree()) {
      throw new ShapeException(who() + ": expected known lengths of the axes that are not shared, given " + in);
    }
    alpha = param("alpha", one, alphaInitializer, alphaRegularizer);
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return Activation.prelu(x, alpha);
  }

  @Override
  public Config config() {
    return new Config(Arrays.stream(sharedAxes).mapToObj(Long::valueOf).toList(), alphaInitializer, alphaRegularizer);
  }
}
