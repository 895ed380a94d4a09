package dev.neurite.loss;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.ops.RandomOp;
import dev.neurite.ops.UnaryOp;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Losses of generative adversarial networks. D is the sigmoid of the discriminator's raw output.
 *
 * <pre>{@code
 * GanLoss loss = GanLosses.nonSaturating();
 * Tensor d = loss.discriminator(critic.call(real, pass), critic.call(fake, pass));
 * Tensor g = loss.generator(critic.call(fake, pass));
 * }</pre>
 */
public final class GanLosses {

  private GanLosses() {}

  /**
   * The original game (Goodfellow et al. 2014): the discriminator minimises {@code -log D(x) - log(1 - D(G(z)))}, the
   * generator {@code log(1 - D(G(z)))}, which hardly moves it while the discriminator wins.
   */
  public static GanLoss minimax() {
    return new GanLoss("ganMinimax", x -> softplus(x.neg()), GanLosses::softplus, x -> softplus(x).neg());
  }

  /** The same discriminator; the generator minimises {@code -log D(G(z))}, whose slope does not vanish. */
  public static GanLoss nonSaturating() {
    return nonSaturating(0);
  }

  /**
   * {@link #nonSaturating()} with one-sided label smoothing (Salimans et al. 2016): real samples have the label
   * {@code 1 - smoothing} for the discriminator.
   *
   * @throws IllegalArgumentException outside [0, 1]
   */
  public static GanLoss nonSaturating(double smoothing) {
    double s = Smoothing.require("ganNonSaturating", smoothing);
    UnaryOperator<Tensor> real =
        x -> s == 0 ? softplus(x.neg()) : softplus(x.neg()).mul(1 - s).add(softplus(x).mul(s));
    return new GanLoss("ganNonSaturating", real, GanLosses::softplus, x -> softplus(x.neg()));
  }

  private static Tensor softplus(Tensor x) {
    return x.unary(UnaryOp.SOFTPLUS, 1);
  }

  /** {@link #leastSquares(double, double, double)} with the labels 0, 1, 1. */
  public static GanLoss leastSquares() {
    return leastSquares(0, 1, 1);
  }

  /**
   * Least squares (Mao et al. 2017): the discriminator minimises {@code (D(x) - b)^2/2 + (D(G(z)) - a)^2/2}, the
   * generator {@code (D(G(z)) - c)^2/2}, with D the raw output.
   *
   * @param a label of generated samples
   * @param b label of real samples
   * @param c what the generator wants the discriminator to say
   */
  public static GanLoss leastSquares(double a, double b, double c) {
    return new GanLoss("ganLeastSquares", x -> half(x, b), x -> half(x, a), x -> half(x, c));
  }

  private static Tensor half(Tensor x, double label) {
    return x.sub(label).square().mul(0.5);
  }

  /**
   * Wasserstein (Arjovsky et al. 2017): the critic minimises {@code D(G(z)) - D(x)}, the generator
   * {@code -D(G(z))}.
   */
  public static GanLoss wasserstein() {
    return new GanLoss("ganWasserstein", Tensor::neg, x -> x, Tensor::neg);
  }

  /**
   * Hinge (Lim and Ye 2017): the discriminator minimises {@code max(1 - D(x), 0) + max(1 + D(G(z)), 0)}, the generator
   * {@code -D(G(z))}.
   */
  public static GanLoss hinge() {
    return new GanLoss("ganHinge", x -> x.rsub(1).relu(), x -> x.add(1).relu(), Tensor::neg);
  }

  /**
   * What {@link #gradientPenalty} found.
   *
   * @param penalty scalar; its gradient with respect to the critic's parameters is of second order
   * @param norms length of the critic's gradient for each sample {@code [batch]}
   */
  public record GradientPenalty(Tensor penalty, Tensor norms) {}

  /**
   * The penalty that keeps a Wasserstein critic's slope near 1 (Gulrajani et al. 2017):
   * {@code lambda * mean((|dD/dx| - 1)^2)} at {@code x = epsilon*real + (1 - epsilon)*fake}.
   *
   * <p><b>Shapes</b>: real and fake {@code [batch, ...]}, epsilon {@code [batch, 1, ...]} (it is stretched).
   *
   * @param tape the open tape on which the penalty is differentiated later; made by {@link Tape#persistent()}
   * @param critic from {@code [batch, ...]} to one number per sample; of ops that can be differentiated twice
   * @param lambda strength; 10 in the paper
   * @throws IllegalStateException for a tape that is not persistent
   */
  public static GradientPenalty gradientPenalty(
      Tape tape, UnaryOperator<Tensor> critic, Tensor real, Tensor fake, Tensor epsilon, double lambda) {
    String who = "gradientPenalty";
    Inputs.requireRank(who, "samples", 2, real);
    Inputs.requireAlike(who, "real", real, "fake", fake);
    if (real.size() == 0) {
      throw new ShapeException(who + ": expected at least one sample, given " + real.shape());
    }
    Tensor between = epsilon.mul(real).add(epsilon.rsub(1).mul(fake));
    tape.watch(between);
    Tensor scores = critic.apply(between).sum();
    Tensor slope = tape.gradients(scores, List.of(between), true).of(between);
    Tensor norms = Distances.root(slope.reshape(slope.dim(0), slope.size() / slope.dim(0)).square().sum(-1));
    return new GradientPenalty(norms.sub(1).square().mean().mul(lambda), norms);
  }

  /** {@link #gradientPenalty} with a random epsilon per sample and lambda 10. */
  public static GradientPenalty gradientPenalty(
      Tape tape, UnaryOperator<Tensor> critic, Tensor real, Tensor fake, RandomStream random) {
    Inputs.requireRank("gradientPenalty", "samples", 2, real);
    Shape shape = Shape.of(real.dim(0));
    while (shape.rank() < real.rank()) {
      shape = shape.append(1);
    }
    Tensor epsilon = RandomOp.uniform(shape, real.dtype(), 0, 1, random);
    return gradientPenalty(tape, critic, real, fake, epsilon, 10);
  }
}
