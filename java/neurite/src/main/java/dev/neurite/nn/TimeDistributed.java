package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.PackedSteps;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * One layer, with the same weights, at every step: {@code y[:, t] = layer(x[:, t])}.
 *
 * <p><b>Shapes</b>: input {@code [batch, time, ...]}, output {@code [batch, time, (the layer's output)]}; an optional
 * second input {@code [batch]} of int64 (or int32) holds the lengths of padded sequences.
 *
 * <p>All steps are one batch of {@code batch * time} samples to the layer (a {@code BatchNorm} inside sees that batch).
 * With lengths it is the batch of the real steps only: padding is never read, its outputs are 0, and it changes no bit
 * of any gradient. Without them, a {@link Dense} or another layer of the last axis does the same without the wrapper.
 *
 * <pre>{@code
 * Model.sequential(Input.of(10, 28, 28, 1), TimeDistributed.of(Conv2D.of(8, 3)), TimeDistributed.of(Flatten.of()),
 *     Lstm.of(32), Dense.of(5));
 * }</pre>
 */
public final class TimeDistributed extends MultiLayer {

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
  DType parameterType(DType input) {
    return layer.parameterType(input);
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    Shape x = in.get(0);
    check(in);
    Shape out = buildChild(layer, x.slice(2, x.rank()).prepend(-1));
    return List.of(out.slice(1, out.rank()).prepend(x.dim(1)).prepend(-1));
  }

  private void check(List<Shape> in) {
    if (in.get(0).rank() < 3) {
      throw new ShapeException(who() + ": expected [batch, time, ...], given " + in.get(0));
    }
    if (in.size() > 2 || in.size() == 2 && in.get(1).rank() != 1) {
      throw new ShapeException(
          who() + ": expected nothing but lengths [batch] as second input, given " + in.subList(1, in.size()));
    }
  }

  /** The output for inference. */
  public Tensor call(Tensor x) {
    return call(x, Pass.inference());
  }

  /** The output. */
  public Tensor call(Tensor x, Pass pass) {
    return call(List.of(x), pass).get(0);
  }

  /**
   * The output for sequences of different lengths.
   *
   * @param lengths int64 or int32 [batch], or null
   */
  public Tensor call(Tensor x, Tensor lengths, Pass pass) {
    return call(lengths == null ? List.of(x) : List.of(x, lengths), pass).get(0);
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    check(in.stream().map(Tensor::shape).toList());
    Tensor x = in.get(0);
    long batch = x.dim(0);
    long time = x.dim(1);
    Shape sample = x.shape().slice(2, x.rank());
    if (in.size() == 1) {
      Tensor y = layer.call(x.reshape(sample.prepend(batch * time)), pass);
      return List.of(y.reshape(y.shape().slice(1, y.rank()).prepend(time).prepend(batch)));
    }
    PackedSteps steps = PackedSteps.of(who(), x, in.get(1), false);
    Tensor packed = steps.pack(x.reshape(batch, time, sample.size()));
    Tensor y = layer.call(packed.reshape(sample.prepend(steps.total())), pass);
    Shape out = y.shape().slice(1, y.rank());
    Tensor padded = steps.unpack(y.reshape(steps.total(), out.size()), true, true);
    return List.of(padded.reshape(out.prepend(time).prepend(batch)));
  }

  /** The layer counts its own once; the other steps are added here. */
  @Override
  protected long ownMultiplyAdds(List<Shape> in, List<Shape> out) {
    if (layer.inputShapes().isEmpty()) {
      return 0; // an activation, built for no shape
    }
    long others = Math.max(in.get(0).dim(1), 1) - 1;
    return others * layer.multiplyAdds(layer.inputShapes(), layer.outputShapes());
  }

  @Override
  public Config config() {
    return new Config(layer);
  }
}
