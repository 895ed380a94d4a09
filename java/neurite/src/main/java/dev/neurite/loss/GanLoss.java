package dev.neurite.loss;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Tensor;
import java.util.function.UnaryOperator;

/**
 * The two losses of a generative adversarial network: the discriminator's on real and generated samples, the
 * generator's on generated ones. All take the discriminator's raw output (no sigmoid).
 *
 * <p><b>Shapes</b>: real and fake {@code [batch, ...]}; values of every element. Reduced, the two batches may differ in
 * size: each is reduced by itself, then the two are added.
 *
 * <p>Instances are immutable; {@link #reduction(Reduction)} returns a new loss.
 */
public final class GanLoss {

  private final String name;
  private final UnaryOperator<Tensor> onReal;
  private final UnaryOperator<Tensor> onFake;
  private final UnaryOperator<Tensor> generator;
  private final Reduction reduction;

  GanLoss(String name, UnaryOperator<Tensor> onReal, UnaryOperator<Tensor> onFake, UnaryOperator<Tensor> generator) {
    this(name, onReal, onFake, generator, Reduction.SUM_OVER_BATCH);
  }

  private GanLoss(
      String name, UnaryOperator<Tensor> onReal, UnaryOperator<Tensor> onFake, UnaryOperator<Tensor> generator,
      Reduction reduction) {
    this.name = name;
    this.onReal = onReal;
    this.onFake = onFake;
    this.generator = generator;
    this.reduction = reduction;
  }

  /**
   * What the discriminator minimises.
   *
   * @throws ShapeException for an empty batch, and for different shapes where nothing is reduced
   */
  public Tensor discriminator(Tensor real, Tensor fake) {
    return discriminator(real, fake, null);
  }

  /** What the discriminator minimises, with a weight per sample of both batches; null for none. */
  public Tensor discriminator(Tensor real, Tensor fake, Tensor weights) {
    Labels.requireReal(name, real);
    Labels.requireReal(name, fake);
    if (reduction == Reduction.NONE) {
      Inputs.requireAlike(name, "real", real, "fake", fake);
    }
    return Reducing.reduce(name, onReal.apply(real), null, weights, reduction)
        .add(Reducing.reduce(name, onFake.apply(fake), null, weights, reduction));
  }

  /** What the generator minimises. */
  public Tensor generator(Tensor fake) {
    return generator(fake, null);
  }

  /** What the generator minimises, with a weight per sample; null for none. */
  public Tensor generator(Tensor fake, Tensor weights) {
    Labels.requireReal(name, fake);
    return Reducing.reduce(name, generator.apply(fake), null, weights, reduction);
  }

  /** The same losses with another reduction; {@link Reduction#SUM_OVER_BATCH} unless changed. */
  public GanLoss reduction(Reduction to) {
    return new GanLoss(name, onReal, onFake, generator, to);
  }

  /** The reduction in use. */
  public Reduction reduction() {
    return reduction;
  }

  /** Name for messages and logs. */
  public String name() {
    return name;
  }
}
