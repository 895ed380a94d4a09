package dev.neurite.train;

import java.util.Locale;

/**
 * What the two loss curves of a run look like, and the generalisation gap {@code validation loss - training loss} at
 * the epoch with the smallest validation loss.
 *
 * @param kind the shape
 * @param epoch the epoch to choose, from 1: the one with the smallest validation loss, else the last
 * @param gap generalisation gap there; NaN without validation data
 * @param rise how far the validation loss has risen since, as a share of its smallest value; NaN without
 * @param left training loss at the end as a share of that of the start
 * @param falling part of the whole fall of the training loss that happened in the last quarter of the epochs
 */
public record FitShape(Kind kind, int epoch, double gap, double rise, double left, double falling) {

  /** Shapes of the curves. */
  public enum Kind {
    /** The training loss is still high, or still falling. */
    UNDER,
    /** The validation loss rises again, or stays far above, while the training loss goes on falling. */
    OVER,
    /** Both have come down and stay. */
    GOOD
  }

  /**
   * Looks at the {@code loss} and {@code val_loss} of a history.
   *
   * @throws IllegalArgumentException for a history without epochs
   */
  public static FitShape of(History history) {
    if (history.size() == 0) {
      throw new IllegalArgumentException("FitShape: expected at least one epoch, given none");
    }
    double[] training = history.values("loss");
    double[] held = history.names().contains("val_loss") ? history.values("val_loss") : null;
    return of(training, held, Math.max(training[0], held == null ? 0 : held[0]));
  }

  /**
   * Looks at curves.
   *
   * @param training loss by epoch
   * @param held validation loss by epoch, or null
   * @param start loss before the first step
   */
  static FitShape of(double[] training, double[] held, double start) {
    int n = training.length;
    double end = training[n - 1];
    double left = end / start;
    double falling = (training[n - 1 - n / 4] - end) / Math.max(start - end, Double.MIN_NORMAL);
    if (held == null) {
      return new FitShape(under(left, falling) ? Kind.UNDER : Kind.GOOD, n, Double.NaN, Double.NaN, left, falling);
    }
    int best = 0;
    for (int i = 1; i < n; i++) {
      best = held[i] < held[best] ? i : best;
    }
    double late = late(held);
    double rise = (late - held[best]) / Math.max(Math.abs(held[best]), Double.MIN_NORMAL);
    boolean risen =
        rise > DiagnosisLimits.VALIDATION_RISE
            && late - held[best] > DiagnosisLimits.VALIDATION_RISE_OF_START * Math.abs(start)
            && end <= training[best];
    boolean over = risen || late - end > DiagnosisLimits.GAP_OF_START * Math.abs(start);
    Kind kind = over ? Kind.OVER : under(left, falling) ? Kind.UNDER : Kind.GOOD;
    return new FitShape(kind, best + 1, held[best] - training[best], rise, left, falling);
  }

  private static boolean under(double left, double falling) {
    return left > DiagnosisLimits.LOSS_LEFT || falling > DiagnosisLimits.STILL_FALLING;
  }

  /** Median of the last three values: one bad epoch is no trend. */
  private static double late(double[] values) {
    int n = values.length;
    double[] last = java.util.Arrays.copyOfRange(values, Math.max(0, n - 3), n);
    java.util.Arrays.sort(last);
    return last[last.length / 2];
  }

  /** {@code good fit; generalisation gap 0.0341 at epoch 12}. */
  @Override
  public String toString() {
    String words = switch (kind) {
      case UNDER -> "underfit";
      case OVER -> "overfit";
      case GOOD -> "good fit";
    };
    return Double.isNaN(gap)
        ? words
        : String.format(Locale.ROOT, "%s; generalisation gap %s at epoch %d", words, History.number(gap), epoch);
  }
}
