package dev.neurite.train;

import java.util.Locale;
import java.util.Map;

/**
 * Stops the training once a value has not improved for {@code patience} epochs, counted as Keras does: with patience 0
 * or 1 the first epoch without improvement is the last.
 *
 * <pre>{@code
 * EarlyStopping.on("val_loss").patience(3).restoreBest(true)
 * }</pre>
 *
 * <p>An instance keeps what it needs during one training run and may be used for the next.
 */
public final class EarlyStopping implements Callback {

  private final String monitor;
  private final int patience;
  private final double minDelta;
  private final Mode mode;
  private final boolean restoreBest;

  private double best;
  private int bestEpoch;
  private int waited;
  private WeightsCopy bestWeights;

  private EarlyStopping(String monitor, int patience, double minDelta, Mode mode, boolean restoreBest) {
    this.monitor = monitor;
    this.patience = patience;
    this.minDelta = minDelta;
    this.mode = mode;
    this.restoreBest = restoreBest;
  }

  /** Watches a value of the history such as {@code val_loss}: patience 0, no minimal change, last weights kept. */
  public static EarlyStopping on(String monitor) {
    return new EarlyStopping(monitor, 0, 0, Mode.AUTO, false);
  }

  /** Epochs without improvement that are put up with (default 0). */
  public EarlyStopping patience(int epochs) {
    if (epochs < 0) {
      throw new IllegalArgumentException("EarlyStopping.patience: expected 0 or more, given " + epochs);
    }
    return new EarlyStopping(monitor, epochs, minDelta, mode, restoreBest);
  }

  /** A change must be larger than this to count (default 0). */
  public EarlyStopping minDelta(double delta) {
    if (!(delta >= 0)) {
      throw new IllegalArgumentException("EarlyStopping.minDelta: expected 0 or more, given " + delta);
    }
    return new EarlyStopping(monitor, patience, delta, mode, restoreBest);
  }

  /** Whether smaller or larger is better (default: by the name). */
  public EarlyStopping mode(Mode which) {
    return new EarlyStopping(monitor, patience, minDelta, which, restoreBest);
  }

  /** Whether the weights of the best epoch are put back at the end (default: no). */
  public EarlyStopping restoreBest(boolean on) {
    return new EarlyStopping(monitor, patience, minDelta, mode, on);
  }

  /** Number (from 1) of the best epoch of the last run; 0 before any. */
  public int bestEpoch() {
    return bestEpoch;
  }

  /** The best value of the last run. */
  public double best() {
    return best;
  }

  @Override
  public void trainBegin(Run run) {
    best = mode.worst(monitor);
    bestEpoch = 0;
    waited = 0;
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    double value = Mode.monitored("EarlyStopping", monitor, values);
    if (mode.improves(monitor, value, best, minDelta)) {
      best = value;
      bestEpoch = run.epoch();
      waited = 0;
      if (restoreBest) {
        bestWeights = WeightsCopy.replace(bestWeights, run.model());
      }
      return;
    }
    waited++;
    if (waited >= patience) {
      run.stop(
          String.format(
              Locale.ROOT, "%s has not improved on %s (epoch %d) for %d epochs", monitor, History.number(best),
              bestEpoch, waited));
    }
  }

  @Override
  public void trainEnd(Run run) {
    if (bestWeights != null) {
      if (run.failure() == null) {
        bestWeights.restore();
      }
      bestWeights.close();
      bestWeights = null;
    }
  }
}
