package dev.neurite.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Saves the model after epochs or every so many batches: the last state, or only the best one so far. A file is
 * complete or absent; while a new one is written the old one stays readable. {@code Model.load} reads it, {@code
 * Fit.resume} goes on from it.
 *
 * <pre>{@code
 * ModelCheckpoint.best(Path.of("best.neurite"), "val_accuracy")
 * ModelCheckpoint.last(Path.of("runs/{epoch:02d}-{val_loss:.3f}.neurite"))
 * }</pre>
 *
 * <p>The file's name may have fields in braces: {@code epoch}, {@code batch}, {@code step} and all that is measured,
 * each with an optional format such as {@code :02d} or {@code :.3f}.
 */
public final class ModelCheckpoint implements Callback {

  private static final System.Logger LOG = System.getLogger("neurite.train");

  private final FileTemplate file;
  private final Path folder;
  private final String monitor; // null: save every time
  private Mode mode = Mode.AUTO;
  private boolean weightsOnly;
  private boolean goOn;
  private long everyBatches;
  private Double initial;

  private double best;
  private Path due;

  private ModelCheckpoint(Path file, String monitor) {
    this.file = new FileTemplate("ModelCheckpoint", file);
    this.folder = file.toAbsolutePath().getParent();
    this.monitor = monitor;
  }

  /** Saves after every epoch, over the file of the epoch before unless the name tells them apart. */
  public static ModelCheckpoint last(Path file) {
    return new ModelCheckpoint(file, null);
  }

  /** Saves after an epoch whose value, such as {@code val_loss}, is the best so far; an equal one is not better. */
  public static ModelCheckpoint best(Path file, String monitor) {
    return new ModelCheckpoint(file, monitor);
  }

  /** Whether smaller or larger is better (default: by the name). */
  public ModelCheckpoint mode(Mode which) {
    mode = which;
    return this;
  }

  /** Only values better than this are saved (default: the first one is the best so far). */
  public ModelCheckpoint initialBest(double value) {
    initial = value;
    return this;
  }

  /** Whether the values alone are saved, as {@code Model.saveWeights} does (default: the whole training state). */
  public ModelCheckpoint saveWeightsOnly(boolean on) {
    weightsOnly = on;
    return this;
  }

  /**
   * Saves every so many updates instead of after epochs; {@link #best} compares the running values of the epoch then.
   *
   * @param batches 1 or more
   */
  public ModelCheckpoint everyBatches(long batches) {
    if (batches < 1) {
      throw new IllegalArgumentException("ModelCheckpoint.everyBatches: expected 1 or more, given " + batches);
    }
    everyBatches = batches;
    return this;
  }

  /** Whether a file that cannot be written is logged and the training goes on (default: it ends the training). */
  public ModelCheckpoint goOnWhenFailing(boolean on) {
    goOn = on;
    return this;
  }

  @Override
  public void trainBegin(Run run) {
    best = initial != null ? initial : monitor == null ? 0 : mode.worst(monitor);
    due = null;
    try {
      if (!Files.isDirectory(folder)) {
        Files.createDirectories(folder);
      }
    } catch (IOException e) {
      failed(new UncheckedIOException("ModelCheckpoint: cannot make the folder " + folder + " (" + e + ")", e));
    }
  }

  @Override
  public void batchEnd(Run run) {
    if (everyBatches > 0 && run.step() % everyBatches == 0) {
      decide(run, run.values());
    }
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    if (everyBatches == 0) {
      decide(run, values);
    }
  }

  private void decide(Run run, Map<String, Double> values) {
    if (monitor != null) {
      double value = Mode.monitored("ModelCheckpoint", monitor, values);
      if (!mode.improves(monitor, value, best, 0)) {
        return;
      }
      best = value;
    }
    due = file.at(run, values);
  }

  /** Once all callbacks know of the batch or epoch, so that their states are of one moment. */
  @Override
  public void settled(Run run) {
    if (due == null) {
      return;
    }
    Path target = due;
    due = null;
    try {
      if (weightsOnly) {
        run.model().saveWeights(target);
      } else {
        run.model().structure(); // a layer nobody registered is refused by name
        run.save(target);
      }
    } catch (UncheckedIOException e) {
      failed(e);
    }
  }

  private void failed(UncheckedIOException e) {
    if (!goOn) {
      throw e;
    }
    LOG.log(System.Logger.Level.WARNING, "ModelCheckpoint: the training goes on without this file", e);
  }

  @Override
  public CallbackState state() {
    return CallbackState.of(Map.of("best", best));
  }

  @Override
  public void restore(Run run, CallbackState state) {
    best = state.number("best");
  }
}
