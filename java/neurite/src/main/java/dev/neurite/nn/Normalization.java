package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/**
 * Shifts and scales each feature by fixed numbers, {@code y = (x - shift) * scale}: what a scaler found on the training
 * data, kept and saved with the model, so that data for prediction goes in as it comes.
 *
 * <p><b>Shapes</b>: [batch, ..., features], unchanged. Shift and scale are buffers [features].
 *
 * <pre>{@code
 * StandardScaler scaler = StandardScaler.fit(train);
 * Model.sequential(Input.of(30), scaler.layer(), Dense.of(1));
 * }</pre>
 */
public final class Normalization extends Layer {

  /** No options: the numbers are buffers. */
  public record Config() {}

  private final Initializer shiftStart;
  private final Initializer scaleStart;
  private final int features;
  private Param shift;
  private Param scale;

  private Normalization(int features, Initializer shift, Initializer scale) {
    this.features = features;
    this.shiftStart = shift;
    this.scaleStart = scale;
  }

  /**
   * The layer.
   *
   * @param shift subtracted, one number per feature
   * @param scale multiplied with, one number per feature
   */
  public static Normalization of(double[] shift, double[] scale) {
    if (shift.length != scale.length) {
      throw new IllegalArgumentException(
          "Normalization: expected as many scales as shifts, given " + scale.length + " and " + shift.length);
    }
    return new Normalization(shift.length, values(shift), values(scale));
  }

  private static Initializer values(double[] v) {
    double[] copy = Arrays.copyOf(v, v.length);
    return (shape, dtype, random) -> Tensor.of(copy, shape, dtype);
  }

  static Normalization from(Config c) {
    return new Normalization(-1, Initializers.zeros(), Initializers.ones());
  }

  @Override
  public Normalization name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 2 || in.last() < 0 || features >= 0 && in.last() != features) {
      throw new ShapeException(
          who() + ": expected a last axis of " + (features < 0 ? "known length" : String.valueOf(features)) + ", given " + in);
    }
    shift = buffer("shift", Shape.of(in.last()), shiftStart);
    scale = buffer("scale", Shape.of(in.last()), scaleStart);
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return x.sub(shift).mul(scale);
  }

  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    return Positions.of(in, 0);
  }

  @Override
  public Config config() {
    return new Config();
  }
}
