package dev.neurite.train;

import dev.neurite.data.Dataset;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a model is trained. Immutable; each method returns a changed copy.
 *
 * <pre>{@code
 * Fit.epochs(20).validationSplit(0.1).callbacks(EarlyStopping.on("val_loss").patience(3).restoreBest(true))
 * }</pre>
 *
 * @param epochs passes over the data; 0 trains nothing and gives an empty history
 * @param batch examples per batch, or 0: as the data set says
 * @param validation data measured after each epoch, or null
 * @param validationSplit share of the training data held out for that, taken from its end before shuffling; 0: none
 * @param classWeights weight in the loss by class number; classes not named count 1
 * @param callbacks called in this order
 * @param seed seed of shuffling and dropout, or null: the library's
 * @param shuffle true or false to override what the data set says, null: as it says
 * @param nanGuard stop before a loss that is NaN or infinite can spoil the weights
 * @param checkInputs look for NaN and infinities in every batch
 * @param resume checkpoint to go on from, or null
 * @param settings what checkpoints are to say about the run, as plain JSON values
 */
public record Fit(
    int epochs,
    int batch,
    Dataset validation,
    double validationSplit,
    Map<Long, Double> classWeights,
    List<Callback> callbacks,
    Long seed,
    Boolean shuffle,
    boolean nanGuard,
    boolean checkInputs,
    Path resume,
    Map<String, Object> settings) {

  /** Checks the values. @throws IllegalArgumentException naming the wrong one */
  public Fit {
    require(epochs >= 0, "epochs", "0 or more", epochs);
    require(batch >= 0, "batch", "1 or more", batch);
    require(validationSplit >= 0 && validationSplit < 1, "validationSplit", "0 up to, not including, 1", validationSplit);
    if (validation != null && validationSplit > 0) {
      throw new IllegalArgumentException("Fit: expected validateOn or validationSplit, given both");
    }
    Map<Long, Double> sorted = new TreeMap<>(classWeights);
    sorted.forEach((label, weight) -> {
      require(label >= 0, "classWeight", "class numbers from 0", label);
      require(weight >= 0 && Double.isFinite(weight), "classWeight", "finite weights of 0 or more", weight);
    });
    classWeights = Map.copyOf(sorted);
    callbacks = List.copyOf(callbacks);
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  private static void require(boolean right, String what, String expected, Number given) {
    if (!right) {
      throw new IllegalArgumentException("Fit." + what + ": expected " + expected + ", given " + given);
    }
  }

  /** A number of epochs, all else as by default. */
  public static Fit epochs(int epochs) {
    return new Fit(epochs, 0, null, 0, Map.of(), List.of(), null, null, true, false, null, Map.of());
  }

  /**
   * Examples per batch, whatever the data set says.
   *
   * @throws IllegalArgumentException for less than 1
   */
  public Fit batch(int n) {
    require(n >= 1, "batch", "1 or more", n);
    return new Fit(
        epochs, n, validation, validationSplit, classWeights, callbacks, seed, shuffle, nanGuard, checkInputs,
        resume, settings);
  }

  /** Measures loss and metrics on this data after each epoch. */
  public Fit validateOn(Dataset data) {
    return new Fit(
        epochs, batch, data, validationSplit, classWeights, callbacks, seed, shuffle, nanGuard, checkInputs,
        resume, settings);
  }

  /** Holds out the last part of the data (before shuffling) and measures on it after each epoch. */
  public Fit validationSplit(double share) {
    return new Fit(
        epochs, batch, validation, share, classWeights, callbacks, seed, shuffle, nanGuard, checkInputs,
        resume, settings);
  }

  /** Weights in the loss by class number; classes not named count 1. Metrics are not weighted by it. */
  public Fit classWeight(Map<? extends Number, ? extends Number> weights) {
    Map<Long, Double> converted = new TreeMap<>();
    weights.forEach((label, weight) -> converted.put(label.longValue(), weight.doubleValue()));
    return new Fit(
        epochs, batch, validation, validationSplit, converted, callbacks, seed, shuffle, nanGuard, checkInputs,
        resume, settings);
  }

  /** Adds callbacks. */
  public Fit callbacks(Callback... more) {
    List<Callback> all = new ArrayList<>(callbacks);
    all.addAll(List.of(more));
    return new Fit(
        epochs, batch, validation, validationSplit, classWeights, all, seed, shuffle, nanGuard, checkInputs,
        resume, settings);
  }

  /** Shows the progress on standard output: a line that is updated on a terminal, else a line per epoch. */
  public Fit verbose() {
    return callbacks(Progress.onStandardOutput());
  }

  /** Shows the progress, a line per epoch. */
  public Fit verbose(PrintStream out) {
    return callbacks(Progress.on(out, false));
  }

  /** Seed of shuffling and dropout (default: the library's). */
  public Fit seed(long n) {
    return new Fit(
        epochs, batch, validation, validationSplit, classWeights, callbacks, n, shuffle, nanGuard, checkInputs,
        resume, settings);
  }

  /** Shuffles in every epoch (true), or takes the data set's original order (false). */
  public Fit shuffle(boolean on) {
    return new Fit(
        epochs, batch, validation, validationSplit, classWeights, callbacks, seed, on, nanGuard, checkInputs,
        resume, settings);
  }

  /** Whether a loss of NaN or infinity stops the training before the weights change (default: yes). */
  public Fit nanGuard(boolean on) {
    return new Fit(
        epochs, batch, validation, validationSplit, classWeights, callbacks, seed, shuffle, on, checkInputs,
        resume, settings);
  }

  /** Whether every batch is searched for NaN and infinities, reported with row and column (default: no). */
  public Fit checkInputs(boolean on) {
    return new Fit(
        epochs, batch, validation, validationSplit, classWeights, callbacks, seed, shuffle, nanGuard, on,
        resume, settings);
  }

  /**
   * Goes on from a checkpoint that {@link ModelCheckpoint}, {@link BackupAndRestore} or {@link Run#checkpoint} made:
   * weights, optimiser, seed, step, position in the data, history and callbacks are as they were then, so that the
   * training ends with the same bits as one that was never interrupted. The number of epochs counts from the very
   * start.
   */
  public Fit resume(Path checkpoint) {
    return new Fit(
        epochs, batch, validation, validationSplit, classWeights, callbacks, seed, shuffle, nanGuard, checkInputs,
        checkpoint, settings);
  }

  /** Plain JSON values that every checkpoint carries under {@code settings}, such as {@link RunConfig#toMap}. */
  public Fit settings(Map<String, Object> values) {
    return new Fit(
        epochs, batch, validation, validationSplit, classWeights, callbacks, seed, shuffle, nanGuard, checkInputs,
        resume, values);
  }
}
