package dev.neurite.ops;

import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;

/**
 * The native optimiser steps: many parameters in one call.
 *
 * <p>A table holds one row per parameter: addresses of the weights, the gradient and the slots (0 where a slot is not
 * used), then the number of elements. The caller keeps the tensors reachable during the call.
 */
public final class OptimStep {

  private static final Access TENSORS = Access.tensors();

  private OptimStep() {}

  /**
   * What happens to gradient and weights before each update: {@code g *= scale}, clamped to {@code [-clip, clip]} where
   * clip is above 0, {@code g += l2 * w}, {@code w -= lr * decay * w}.
   *
   * @param lr learning rate of this step
   * @param scale factor of the gradients
   * @param clip largest absolute value of a gradient, 0 for none
   * @param l2 coupled weight decay
   * @param decay decoupled weight decay
   */
  public record Before(double lr, double scale, double clip, double l2, double decay) {}

  /**
   * Stochastic gradient descent; rows: w, g, velocity (0 without momentum), n.
   *
   * @param form 0 Keras, 1 PyTorch, 2 moving average
   * @param first whether the velocity starts with this step
   */
  public static void sgd(
      long context, DType dtype, long[] table, int count, int form, boolean nesterov, boolean first, double momentum,
      double dampening, Before b) {
    Status.check(
        Abi.nrt_optim_sgd_step(
            context, dtype.code(), table, count, form, nesterov ? 1 : 0, first ? 1 : 0, b.lr, momentum, dampening,
            b.scale, b.clip, b.l2, b.decay),
        "sgd");
  }

  /**
   * RMSprop; rows: w, g, mean square, velocity (0 without momentum), mean (0 unless centred), n.
   *
   * @param epsilonInside whether epsilon is added inside the root
   * @param velocityWithRate whether the velocity holds the learning rate (Keras) or not (PyTorch)
   */
  public static void rmsProp(
      long context, DType dtype, long[] table, int count, boolean epsilonInside, boolean velocityWithRate, double rho,
      double momentum, double epsilon, Before b) {
    Status.check(
        Abi.nrt_optim_rmsprop_step(
            context, dtype.code(), table, count, epsilonInside ? 1 : 0, velocityWithRate ? 1 : 0, b.lr, rho,
            momentum, epsilon, b.scale, b.clip, b.l2, b.decay),
        "rmsprop");
  }

  /**
   * Adam; rows: w, g, mean, mean square, largest mean square (0 without AMSGrad), n.
   *
   * @param corrected whether epsilon is added to the corrected root (PyTorch) or to the raw one (Keras)
   * @param c1 {@code 1 - beta1^t}
   * @param c2 {@code 1 - beta2^t}
   */
  public static void adam(
      long context, DType dtype, long[] table, int count, boolean corrected, double beta1, double beta2, double epsilon, double c1,
      double c2, Before b) {
    Status.check(
        Abi.nrt_optim_adam_step(
            context, dtype.code(), table, count, corrected ? 1 : 0, b.lr, beta1, beta2, epsilon, c1, c2, b.scale,
            b.clip, b.l2, b.decay),
        "adam");
  }

  /** Element-wise rules; their formulas and the meaning of their numbers are in {@code native/ops/optim/optim.h}. */
  public enum Rule {
    /** Adagrad. */
    ADAGRAD,
    /** Adadelta. */
    ADADELTA,
    /** Adamax. */
    ADAMAX,
    /** Nadam. */
    NADAM,
    /** Lion. */
    LION,
    /** Rectified Adam. */
    RADAM,
    /** Resilient propagation. */
    RPROP,
    /** Averaged stochastic gradient descent. */
    ASGD,
    /** Follow the regularised leader. */
    FTRL
  }

  /**
   * An element-wise rule; rows: w, g, two slots (0 where unused), n.
   *
   * @param c the rule's numbers, up to six
   */
  public static void rule(long context, DType dtype, long[] table, int count, Rule rule, double[] c, Before b) {
    double[] n = Arrays.copyOf(c, 6);
    Status.check(
        Abi.nrt_optim_rule_step(
            context, dtype.code(), table, count, rule.ordinal(), b.lr, n[0], n[1], n[2], n[3], n[4], n[5], b.scale,
            b.clip, b.l2, b.decay),
        rule.name().toLowerCase(Locale.ROOT));
  }

  /** Sum of the squares of all elements of several tensors of one type; rows: g, n. */
  public static double sumSquares(long context, DType dtype, long[] table, int count) {
    Tensor result = TENSORS.create(Shape.scalar(), DType.FLOAT64, "sum_squares");
    Status.check(
        Abi.nrt_optim_sum_squares(context, dtype.code(), result.addr(), table, count), "sum_squares", result);
    double sum = result.item();
    result.close();
    return sum;
  }
}
