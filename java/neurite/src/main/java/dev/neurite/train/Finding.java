package dev.neurite.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One thing the doctor has found.
 *
 * @param kind what it is
 * @param severity how much it hurts
 * @param layer path of the layer it shows in most, or null when it concerns the whole run
 * @param numbers what was measured, by name
 * @param explanation what was seen, in plain words with numbers
 * @param advice what to do next
 */
public record Finding(
    Kind kind, Severity severity, String layer, Map<String, Double> numbers, String explanation, String advice) {

  /** Copies the numbers; order is kept. */
  public Finding {
    numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
  }

  /** How much a finding hurts. */
  public enum Severity {
    /** Nothing useful is learnt until it is mended. */
    CRITICAL,
    /** The result is worse than it could be. */
    WARNING
  }

  /** What can be wrong with a run. */
  public enum Kind {
    /** Units of a layer have the same weights and will stay the same. */
    SYMMETRIC_WEIGHTS,
    /** Input features of very different, very large or far shifted scale. */
    BAD_SCALING,
    /** Units at the flat ends of their activation. */
    SATURATED_UNITS,
    /** Gradients grow from layer to layer on their way back. */
    EXPLODING_GRADIENT,
    /** Units that give 0 for every example. */
    DEAD_UNITS,
    /** Gradients shrink from layer to layer on their way back. */
    VANISHING_GRADIENT,
    /** The loss became infinite, or far larger than at the start. */
    DIVERGENCE,
    /** Steps jump over the minimum. */
    LEARNING_RATE_TOO_HIGH,
    /** Steps hardly move the weights while the loss still falls. */
    LEARNING_RATE_TOO_LOW,
    /** Training examples whose labels contradict what the network learnt from all others. */
    LABEL_NOISE,
    /** Training error well above the human level, and validation error well above the training error. */
    HIGH_BIAS_AND_VARIANCE,
    /** Training error well above the human level. */
    HIGH_BIAS,
    /** Validation error well above the training error. */
    HIGH_VARIANCE,
    /** The validation loss rises again while the training loss falls. */
    OVERFITTING,
    /** The training loss is still high, or still falling. */
    UNDERFITTING;

    /** In words: {@code learning rate too high}. */
    public String words() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kind", kind.name());
    map.put("severity", severity.name());
    map.put("layer", layer);
    map.put("numbers", HealthJson.numbers(numbers));
    map.put("explanation", explanation);
    map.put("advice", advice);
    return map;
  }
}
