package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/**
 * One layer, with the same weights, at every step: {@code y[:, t] = layer(x[:, t])}.
 *
 * <p><b>Shapes</b>: input {@code [batch, time, ...]}, output {@code [batch, time, (the layer's output)]}. All steps are
 * one batch of {@code batch * time} samples to the layer (a {@code BatchNorm} inside sees that batch). A {@link Dense}
 * or another layer of the last axis does the same without the wrapper.
 *
 * <pre>{@code
 * Model.sequential(Input.of(10, 28, 28, 1), TimeDistributed.of(Conv2D.of(8, 3)), TimeDistributed.of(Flatten.of()),
 *     Lstm.of(32), Dense.of(5));
 * }</pre>
 */
public final class TimeDistributed extends Layer {

  /** The options, as saved. */
  public record Config(Layer layer) {}

  private final Layer layer;

  private TimeDistributed(Layer layer) {
    this.layer = child("layer", layer);
  }

  /** Applies a layer to every step. */
  public static TimeDistributed of(Layer layer) {
    return new TimeDistributed(layer);
  }

  static TimeDistributed from(Config c) {
    return of(c.layer);
  }

  /** The layer inside. */
  public Layer layer() {
    return layer;
  }

  @Override
  public TimeDistributed name(String name) {
    super.name(name);
    return this;
  }

  @Override
  Activation outputActivation() {
    return layer.outputActivation();
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 3) {
      throw new ShapeException(who() + ": expected [batch, time, ...], given " + in);
    }
    Shape out = buildChild(layer, in.slice(2, in.rank()).prepend(-1));
    return out.slice(1, out.rank()).prepend(in.dim(1)).prepend(-1);
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    if (x.rank() < 3) {
      throw new ShapeException(who() + ": expected [batch, time, ...], given " + x.shape());
    }
    long[] dims = x.shape().dims();
    long steps = dims[0] * dims[1];
    Tensor y = layer.call(x.reshape(x.shape().slice(2, x.rank()).prepend(steps)), pass);
    long[] out = y.shape().dims();
    return y.reshape(Shape.of(Arrays.copyOfRange(out, 1, out.length)).prepend(dims[1]).prepend(dims[0]));
  }

  /** The layer counts its own once; the other steps are added here. */
  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    if (layer.inputShapes().isEmpty()) {
      return 0; // an activation, built for no shape
    }
    long others = Math.max(in.dim(1), 1) - 1;
    return others * layer.multiplyAdds(layer.inputShapes(), layer.outputShapes());
  }

  @Override
  public Config config() {
    return new Config(layer);
  }
}
