package dev.neurite.train;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Multiplies the learning rate by a factor once a value has not improved for {@code patience} epochs.
 *
 * <pre>{@code
 * ReduceLROnPlateau.on("val_loss").factor(0.2).patience(5).minRate(1e-5)
 * }</pre>
 *
 * <p>{@link #on} counts as Keras does: the rate falls when the epochs without improvement reach the patience, and an
 * improvement is one by more than {@code minDelta} (absolute). {@link #torch} counts as PyTorch does: the rate falls
 * when they exceed the patience, and an improvement is one by more than a part {@code minDelta} of the best value. A
 * schedule of the optimiser is replaced by the first reduction.
 */
public final class ReduceLROnPlateau implements Callback {

  private final String monitor;
  private final boolean torch;
  private double factor = 0.1;
  private int patience = 10;
  private int cooldown;
  private double minDelta = 1e-4;
  private boolean relative;
  private double minRate;
  private double smallestChange;
  private Mode mode = Mode.AUTO;

  private double best;
  private int waited;
  private int cooling;

  private ReduceLROnPlateau(String monitor, boolean torch) {
    this.monitor = monitor;
    this.torch = torch;
    relative = torch;
    smallestChange = torch ? 1e-8 : 0;
  }

  /** Keras' rule with its defaults: factor 0.1, patience 10, absolute minDelta 1e-4, no cooldown, lowest rate 0. */
  public static ReduceLROnPlateau on(String monitor) {
    return new ReduceLROnPlateau(monitor, false);
  }

  /** PyTorch's rule with its defaults: factor 0.1, patience 10, relative minDelta 1e-4, no cooldown, lowest rate 0. */
  public static ReduceLROnPlateau torch(String monitor) {
    return new ReduceLROnPlateau(monitor, true);
  }

  private static void require(boolean right, String what, String expected, Number given) {
    if (!right) {
      throw new IllegalArgumentException(
          "ReduceLROnPlateau." + what + ": expected " + expected + ", given " + given);
    }
  }

  /** What the rate is multiplied by, above 0 and below 1. */
  public ReduceLROnPlateau factor(double part) {
    require(part > 0 && part < 1, "factor", "a number between 0 and 1", part);
    factor = part;
    return this;
  }

  /** Epochs without improvement that are put up with. */
  public ReduceLROnPlateau patience(int epochs) {
    require(epochs >= 0, "patience", "0 or more", epochs);
    patience = epochs;
    return this;
  }

  /** Epochs after a reduction in which nothing is counted. */
  public ReduceLROnPlateau cooldown(int epochs) {
    require(epochs >= 0, "cooldown", "0 or more", epochs);
    cooldown = epochs;
    return this;
  }

  /** A change must be larger than this to count. */
  public ReduceLROnPlateau minDelta(double delta) {
    require(delta >= 0, "minDelta", "0 or more", delta);
    minDelta = delta;
    return this;
  }

  /** Whether {@link #minDelta} is a part of the best value (PyTorch's default) or absolute (Keras'). */
  public ReduceLROnPlateau relative(boolean on) {
    relative = on;
    return this;
  }

  /** The rate does not fall below this. */
  public ReduceLROnPlateau minRate(double rate) {
    require(rate >= 0, "minRate", "0 or more", rate);
    minRate = rate;
    return this;
  }

  /** A reduction by no more than this is left out (PyTorch's eps; default 1e-8 there, else 0). */
  public ReduceLROnPlateau smallestChange(double change) {
    require(change >= 0, "smallestChange", "0 or more", change);
    smallestChange = change;
    return this;
  }

  /** Whether smaller or larger is better (default: by the name). */
  public ReduceLROnPlateau mode(Mode which) {
    mode = which;
    return this;
  }

  @Override
  public void trainBegin(Run run) {
    best = mode.worst(monitor);
    waited = 0;
    cooling = 0;
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    double value = Mode.monitored("ReduceLROnPlateau", monitor, values);
    if (!falls(value)) {
      return;
    }
    double rate = run.learningRate();
    double lower = Math.max(rate * factor, minRate);
    if (torch || rate > minRate) {
      cooling = cooldown;
      waited = 0;
    }
    if (rate - lower > smallestChange) {
      run.optimizer().setLearningRate(lower);
    }
  }

  /** Keras cools down before it counts the epoch, PyTorch after it. */
  private boolean falls(double value) {
    if (!torch) {
      coolDown();
    }
    boolean better = improves(value);
    if (better) {
      best = value;
      waited = 0;
    } else if (torch || cooling == 0) {
      waited++;
    }
    if (torch) {
      coolDown();
      return waited > patience;
    }
    return !better && cooling == 0 && waited >= patience;
  }

  private void coolDown() {
    if (cooling > 0) {
      cooling--;
      waited = 0;
    }
  }

  private boolean improves(double value) {
    boolean larger = mode.worst(monitor) < 0;
    if (Double.isInfinite(best)) {
      return larger ? value > best : value < best; // a part of infinity says nothing
    }
    double signed = larger ? minDelta : -minDelta;
    double bound = relative ? best * (1 + signed) : best + signed;
    return larger ? value > bound : value < bound;
  }

  @Override
  public CallbackState state() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("best", best);
    values.put("waited", waited);
    values.put("cooling", cooling);
    return CallbackState.of(values);
  }

  @Override
  public void restore(Run run, CallbackState state) {
    best = state.number("best");
    waited = state.count("waited");
    cooling = state.count("cooling");
  }
}
