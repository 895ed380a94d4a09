package dev.neurite.train;

import java.util.Map;

/** Whether a smaller or a larger value is better. */
public enum Mode {
  /** Smaller is better. */
  MIN,
  /** Larger is better. */
  MAX,
  /** Larger for accuracy, precision, recall, AUC, F and R2 scores, IoU and Dice; smaller for everything else. */
  AUTO;

  private boolean larger(String monitor) {
    if (this != AUTO) {
      return this == MAX;
    }
    String name = monitor.toLowerCase(java.util.Locale.ROOT);
    for (String word : new String[] {"acc", "precision", "recall", "auc", "f1", "fbeta", "r2", "iou", "dice", "score"}) {
      if (name.contains(word) && !name.endsWith("loss")) {
        return true;
      }
    }
    return false;
  }

  double worst(String monitor) {
    return larger(monitor) ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
  }

  boolean improves(String monitor, double value, double best, double minDelta) {
    return larger(monitor) ? value - minDelta > best : value + minDelta < best;
  }

  static double monitored(String who, String monitor, Map<String, Double> values) {
    Double value = values.get(monitor);
    if (value == null) {
      throw new IllegalArgumentException(
          who + ": expected to watch one of " + values.keySet() + ", given '" + monitor + "'"
              + (monitor.startsWith("val_") ? "\n  there is no validation data: Fit.validateOn or validationSplit" : ""));
    }
    return value;
  }
}
