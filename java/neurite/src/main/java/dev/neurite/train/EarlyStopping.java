package dev.neurite.train;

import java.util.LinkedHashMap;
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

  private record Options(
      String monitor, int patience, double minDelta, Mode mode, boolean restoreBest, Double baseline, int start) {}

  private final Options options;

  private double best;
  private int bestEpoch;
  private int waited;
  private WeightsCopy bestWeights;

  private EarlyStopping(Options options) {
    this.options = options;
  }

  /** Watches a value of the history such as {@code val_loss}: patience 0, no minimal change, last weights kept. */
  public static EarlyStopping on(String monitor) {
    return new EarlyStopping(new Options(monitor, 0, 0, Mode.AUTO, false, null, 0));
  }

  /** Epochs without improvement that are put up with (default 0). */
  public EarlyStopping patience(int epochs) {
    if (epochs < 0) {
      throw new IllegalArgumentException("EarlyStopping.patience: expected 0 or more, given " + epochs);
    }
    Options o = options;
    return new EarlyStopping(
        new Options(o.monitor, epochs, o.minDelta, o.mode, o.restoreBest, o.baseline, o.start));
  }

  /** A change must be larger than this to count (default 0). */
  public EarlyStopping minDelta(double delta) {
    if (!(delta >= 0)) {
      throw new IllegalArgumentException("EarlyStopping.minDelta: expected 0 or more, given " + delta);
    }
    Options o = options;
    return new EarlyStopping(new Options(o.monitor, o.patience, delta, o.mode, o.restoreBest, o.baseline, o.start));
  }

  /** Whether smaller or larger is better (default: by the name). */
  public EarlyStopping mode(Mode which) {
    Options o = options;
    return new EarlyStopping(
        new Options(o.monitor, o.patience, o.minDelta, which, o.restoreBest, o.baseline, o.start));
  }

  /** Whether the weights of the best epoch are put back at the end (default: no). */
  public EarlyStopping restoreBest(boolean on) {
    Options o = options;
    return new EarlyStopping(new Options(o.monitor, o.patience, o.minDelta, o.mode, on, o.baseline, o.start));
  }

  /** Improvements count as such only beyond this value (default: all do). */
  public EarlyStopping baseline(double value) {
    Options o = options;
    return new EarlyStopping(
        new Options(o.monitor, o.patience, o.minDelta, o.mode, o.restoreBest, value, o.start));
  }

  /** Epochs at the start that are not looked at (default 0). */
  public EarlyStopping startFromEpoch(int epochs) {
    if (epochs < 0) {
      throw new IllegalArgumentException("EarlyStopping.startFromEpoch: expected 0 or more, given " + epochs);
    }
    Options o = options;
    return new EarlyStopping(
        new Options(o.monitor, o.patience, o.minDelta, o.mode, o.restoreBest, o.baseline, epochs));
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
    best = options.mode.worst(options.monitor);
    bestEpoch = 0;
    waited = 0;
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    double value = Mode.monitored("EarlyStopping", options.monitor, values);
    if (run.epoch() <= options.start) {
      return;
    }
    boolean improved = improves(value, best);
    if (improved || bestEpoch == 0 && options.restoreBest) { // the first weights are the best there are
      bestEpoch = run.epoch();
      if (options.restoreBest) {
        bestWeights = WeightsCopy.replace(bestWeights, run.model());
      }
    }
    waited++;
    if (improved) {
      best = value;
      if (options.baseline == null || improves(value, options.baseline)) {
        waited = 0;
      }
    } else if (waited >= options.patience && run.epoch() > 1) {
      run.stop(
          String.format(
              Locale.ROOT, "%s has not improved on %s (epoch %d) for %d epochs", options.monitor,
              History.number(best), bestEpoch, waited));
    }
  }

  private boolean improves(double value, double than) {
    return options.mode.improves(options.monitor, value, than, options.minDelta);
  }

  @Override
  public CallbackState state() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("best", best);
    values.put("best_epoch", bestEpoch);
    values.put("waited", waited);
    return new CallbackState(values, bestWeights == null ? Map.of() : bestWeights.values());
  }

  @Override
  public void restore(Run run, CallbackState state) {
    best = state.number("best");
    bestEpoch = state.count("best_epoch");
    waited = state.count("waited");
    if (options.restoreBest && !state.tensors().isEmpty()) {
      bestWeights = WeightsCopy.replace(bestWeights, run.model());
      bestWeights.take(state.tensors());
    }
  }

  @Override
  public void trainEnd(Run run) {
    if (bestWeights != null) {
      if (run.failure() == null && !run.isPaused()) {
        bestWeights.restore();
      }
      bestWeights.close();
      bestWeights = null;
    }
  }
}
