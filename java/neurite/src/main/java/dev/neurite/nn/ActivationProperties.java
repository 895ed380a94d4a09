package dev.neurite.nn;

import java.util.ArrayList;
import java.util.List;

/**
 * What is known about an element-wise activation: {@link Activation#properties()}.
 *
 * @param low greatest lower bound of its values
 * @param high least upper bound
 * @param monotonic whether it never falls
 * @param continuity how many derivatives are continuous: -1 when the function itself jumps, 0 when its slope does,
 *     {@link #SMOOTH} when none ever does
 * @param kinks where value or slope jump, ascending
 */
public record ActivationProperties(
    double low, double high, boolean monotonic, int continuity, List<Double> kinks) {

  /** Continuity of functions with derivatives of every order. */
  public static final int SMOOTH = Integer.MAX_VALUE;

  private static final double ALL = Double.POSITIVE_INFINITY;
  private static final double GELU_LOW = -0.16997120747990369; // at -0.7517915246935645
  private static final double GELU_TANH_LOW = -0.17004075057125412; // at -0.7524614220710162
  private static final double SILU_LOW = -0.27846454276107380; // at -1.2784645427610738
  private static final double MISH_LOW = -0.30884341301725043; // at -1.1924312145154214
  private static final double SELU_LOW = -1.7580993408473766; // -lambda * alpha

  static ActivationProperties find(String function, double[] p) {
    return switch (function) {
      case "linear" -> smooth(-ALL, ALL, true);
      case "sigmoid" -> smooth(0, 1, true);
      case "log_sigmoid" -> smooth(-ALL, 0, true);
      case "tanh" -> smooth(-1, 1, true);
      case "tanh_shrink" -> smooth(-ALL, ALL, true);
      case "exponential", "softplus", "squareplus" -> smooth(0, ALL, true);
      case "gelu" -> smooth(GELU_LOW, ALL, false);
      case "gelu_tanh" -> smooth(GELU_TANH_LOW, ALL, false);
      case "silu" -> smooth(SILU_LOW, ALL, false);
      case "mish" -> smooth(MISH_LOW, ALL, false);
      case "gaussian" -> smooth(0, 1, false);
      case "softsign" -> new ActivationProperties(-1, 1, true, 1, List.of());
      case "celu" -> new ActivationProperties(-p[0], ALL, true, 1, List.of());
      case "relu" -> bent(0, ALL, true, 0);
      case "relu6" -> bent(0, 6, true, 0, 6);
      case "selu" -> bent(SELU_LOW, ALL, true, 0);
      case "hard_swish" -> bent(-0.375, ALL, false, -3, 3);
      case "soft_shrink" -> bent(-ALL, ALL, true, -p[0], p[0]);
      case "hard_tanh" -> bent(p[0], p[1], true, p[0], p[1]);
      case "hard_shrink" -> jumping(-ALL, ALL, true, -p[0], p[0]);
      case "binary_step", "straight_through_step" -> jumping(0, 1, true, p[0]);
      default -> shaped(function, p);
    };
  }

  /** Those whose shape depends on their parameters. */
  private static ActivationProperties shaped(String function, double[] p) {
    return switch (function) {
      case "leaky_relu" -> p[0] == 1
          ? smooth(-ALL, ALL, true)
          : bent(p[0] > 0 ? -ALL : 0, ALL, p[0] >= 0, 0);
      case "elu" -> p[0] == 1
          ? new ActivationProperties(-1, ALL, true, 1, List.of())
          : bent(Math.min(0, -p[0]), ALL, p[0] >= 0, 0);
      case "swish" -> p[0] == 0
          ? smooth(-ALL, ALL, true)
          : p[0] > 0 ? smooth(SILU_LOW / p[0], ALL, false) : smooth(-ALL, SILU_LOW / p[0], false);
      case "hard_sigmoid" -> bent(0, 1, p[0] > 0, Math.min(-p[1] / p[0], (1 - p[1]) / p[0]),
          Math.max(-p[1] / p[0], (1 - p[1]) / p[0]));
      case "threshold" -> p[0] == p[1]
          ? bent(p[1], ALL, true, p[0])
          : jumping(Math.min(p[0], p[1]), ALL, p[1] < p[0], p[0]);
      case "smht" -> smooth(
          p[1] <= p[3] ? -1 : -ALL, p[0] <= p[2] ? 1 : ALL, p[0] >= p[2] && p[1] >= p[3]);
      case "relu_general" -> general(p[0], p[1], p[2]);
      default -> throw new IllegalStateException(function + ": expected a known function, given none of that name");
    };
  }

  private static ActivationProperties general(double slope, double ceiling, double threshold) {
    double low = slope > 0 ? -ALL : Math.min(0, threshold);
    double high = slope < 0 ? ALL : Math.max(ceiling, 0);
    boolean monotonic = slope >= 0 && threshold >= 0;
    List<Double> kinks = new ArrayList<>(List.of(threshold));
    if (ceiling < ALL) {
      kinks.add(ceiling);
    }
    return new ActivationProperties(low, high, monotonic, threshold == 0 ? 0 : -1, List.copyOf(kinks));
  }

  private static ActivationProperties smooth(double low, double high, boolean monotonic) {
    return new ActivationProperties(low, high, monotonic, SMOOTH, List.of());
  }

  private static ActivationProperties bent(double low, double high, boolean monotonic, double... kinks) {
    return new ActivationProperties(low, high, monotonic, 0, list(kinks));
  }

  private static ActivationProperties jumping(double low, double high, boolean monotonic, double... kinks) {
    return new ActivationProperties(low, high, monotonic, -1, list(kinks));
  }

  private static List<Double> list(double... kinks) {
    return java.util.Arrays.stream(kinks).boxed().toList();
  }
}
