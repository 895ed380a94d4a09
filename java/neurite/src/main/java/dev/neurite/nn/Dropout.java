package dev.neurite.nn;

import dev.neurite.ops.DropoutOp;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * While training, sets a part of the values to 0 and scales the rest by {@code 1 / (1 - rate)}
 * (Srivastava et al. 2014, inverted form); for inference the identity.
 *
 * <p><b>Shapes</b>: any, unchanged. What is dropped depends on the pass's seed and the layer's
 * path; no mask is stored.
 *
 * <p>Usual rates: dense layers 0.1 to 0.5, convolutions 0.4 to 0.5, recurrent layers 0.2 to 0.3. Start with the last
 * layer; raise the rate when the model overfits, lower it when it underfits. Training takes more epochs the higher the
 * rate. For the spread of answers at prediction time (off by default) call the model with {@link Pass#monteCarlo}.
 */
public final class Dropout extends Layer {

  /** The options, as saved. */
  public record Config(double rate) {}

  private final double rate;

  private Dropout(double rate) {
    this.rate = DropoutRates.checked("Dropout", rate);
  }

  /**
   * The layer.
   *
   * @param rate part dropped, in [0, 1)
   */
  public static Dropout of(double rate) {
    return new Dropout(rate);
  }

  static Dropout from(Config c) {
    return of(c.rate);
  }

  @Override
  public Dropout name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    if (!pass.drops() || rate == 0) {
      return x;
    }
    RandomStream random = pass.random(path());
    long offset = random.take(DropoutOp.blocks(x.size()));
    return DropoutOp.apply(x, rate, random.seed(), random.stream(), offset);
  }

  @Override
  public Config config() {
    return new Config(rate);
  }
}
