package dev.neurite.train;

import java.nio.file.Path;
import java.util.Map;

/**
 * Saves the model after epochs: the last state, or only the best one so far. A file is complete or absent; while a new
 * one is written the old one stays readable.
 *
 * <pre>{@code
 * ModelCheckpoint.best(Path.of("best.neurite"), "val_accuracy")
 * }</pre>
 */
public final class ModelCheckpoint implements Callback {

  private final Path file;
  private final String monitor; // null: save every epoch
  private final Mode mode;
  private double best;

  private ModelCheckpoint(Path file, String monitor, Mode mode) {
    this.file = file;
    this.monitor = monitor;
    this.mode = mode;
  }

  /** Saves after every epoch, over the file of the epoch before. */
  public static ModelCheckpoint last(Path file) {
    return new ModelCheckpoint(file, null, Mode.AUTO);
  }

  /** Saves after an epoch whose value, such as {@code val_loss}, is the best so far; an equal one is not better. */
  public static ModelCheckpoint best(Path file, String monitor) {
    return new ModelCheckpoint(file, monitor, Mode.AUTO);
  }

  /** Whether smaller or larger is better (default: by the name). */
  public ModelCheckpoint mode(Mode which) {
    return new ModelCheckpoint(file, monitor, which);
  }

  @Override
  public void trainBegin(Run run) {
    best = monitor == null ? 0 : mode.worst(monitor);
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    if (monitor != null) {
      double value = Mode.monitored("ModelCheckpoint", monitor, values);
      if (!mode.improves(monitor, value, best, 0)) {
        return;
      }
      best = value;
    }
    run.model().save(file);
  }
}
