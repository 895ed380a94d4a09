package dev.neurite.train;

import java.util.Locale;

/**
 * Error analysis: how much of the error is avoidable bias, how much variance.
 *
 * <p>{@code bias = training error - human error}, {@code variance = validation error - training error}; each is high
 * above {@link DiagnosisLimits#HIGH_ERROR} (for regression {@link DiagnosisLimits#HIGH_UNEXPLAINED}). Source: A. Ng,
 * Machine Learning Yearning, chapters 20 to 24.
 *
 * @param trainingError share of wrong answers on the training data
 * @param validationError share of wrong answers on held-out data, or NaN where there are none
 * @param humanError what a human (or the best possible model) gets wrong
 * @param answers true when the errors are shares of wrong answers, false when they are shares of variance not explained
 */
public record BiasVariance(double trainingError, double validationError, double humanError, boolean answers) {

  /** What prevails. */
  public enum Verdict {
    /** Both differences are small. */
    NEITHER,
    /** The training error is well above the human level. */
    HIGH_BIAS,
    /** The validation error is well above the training error. */
    HIGH_VARIANCE,
    /** Both. */
    BOTH
  }

  /** Checks the errors. @throws IllegalArgumentException for a negative one, or a missing training or human error */
  public BiasVariance {
    if (!(trainingError >= 0) || !(humanError >= 0) || validationError < 0) {
      throw new IllegalArgumentException(
          "BiasVariance: expected errors of 0 or more, given training " + trainingError + ", validation "
              + validationError + ", human " + humanError);
    }
  }

  /** Both shares of wrong answers against a human level. */
  public static BiasVariance of(double trainingError, double validationError, double humanError) {
    return new BiasVariance(trainingError, validationError, humanError, true);
  }

  /** {@code training error - human error}, what more capacity or longer training could win; at least 0. */
  public double avoidableBias() {
    return Math.max(0, trainingError - humanError);
  }

  /** {@code validation error - training error}; at least 0, NaN without held-out data. */
  public double variance() {
    return Double.isNaN(validationError) ? Double.NaN : Math.max(0, validationError - trainingError);
  }

  /** True when the avoidable bias is above the limit. */
  public boolean highBias() {
    return avoidableBias() > limit();
  }

  private double limit() {
    return answers ? DiagnosisLimits.HIGH_ERROR : DiagnosisLimits.HIGH_UNEXPLAINED;
  }

  /** Which of the two is high. */
  public Verdict verdict() {
    boolean variance = variance() > limit();
    if (highBias()) {
      return variance ? Verdict.BOTH : Verdict.HIGH_BIAS;
    }
    return variance ? Verdict.HIGH_VARIANCE : Verdict.NEITHER;
  }

  /** {@code training error 15.0 %, validation error 16.0 %, human level 1.0 %: high bias}. */
  @Override
  public String toString() {
    String words = switch (verdict()) {
      case NEITHER -> "neither high bias nor high variance";
      case HIGH_BIAS -> "high bias";
      case HIGH_VARIANCE -> "high variance";
      case BOTH -> "high bias and high variance";
    };
    String held = Double.isNaN(validationError) ? "not measured" : percent(validationError);
    return "training error " + percent(trainingError) + ", validation error " + held + ", human level "
        + percent(humanError) + ": " + words;
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
