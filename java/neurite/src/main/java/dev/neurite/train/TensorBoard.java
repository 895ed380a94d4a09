package dev.neurite.train;

import dev.neurite.autograd.Gradients;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes event files for TensorBoard, as Keras lays them out: folder {@code train} has {@code epoch_loss} and the other
 * values by epoch (counted from 0), folder {@code validation} those of the validation data under the same tags; on wish
 * {@code batch_loss} and the like every so many updates, and histograms of weights and gradients.
 *
 * <pre>{@code
 * Fit.epochs(20).callbacks(TensorBoard.in(Path.of("logs")).histograms(1).gradients(true))
 * }</pre>
 *
 * <p>Tags of histograms are parameters' paths with slashes, such as {@code dense/kernel}; gradients have
 * {@code gradients/} in front.
 */
public final class TensorBoard implements Callback {

  private static final String VALIDATION = "val_";

  private final Path folder;
  private int histogramsEvery;
  private boolean gradients;
  private long batchesEvery;
  private EventFile train;
  private EventFile validation;

  private TensorBoard(Path folder) {
    this.folder = folder;
  }

  /** Writes below the given folder, which is made where missing; scalars by epoch only. */
  public static TensorBoard in(Path folder) {
    return new TensorBoard(folder);
  }

  /** Histograms of the weights after every so many epochs, 0 for never (default). */
  public TensorBoard histograms(int everyEpochs) {
    if (everyEpochs < 0) {
      throw new IllegalArgumentException("TensorBoard.histograms: expected 0 or more, given " + everyEpochs);
    }
    histogramsEvery = everyEpochs;
    return this;
  }

  /** Whether the gradients of an epoch's first batch get histograms too, in the same epochs (default: no). */
  public TensorBoard gradients(boolean on) {
    gradients = on;
    return this;
  }

  /** Running values every so many updates, 0 for never (default). */
  public TensorBoard everyBatches(long updates) {
    if (updates < 0) {
      throw new IllegalArgumentException("TensorBoard.everyBatches: expected 0 or more, given " + updates);
    }
    batchesEvery = updates;
    return this;
  }

  @Override
  public void trainBegin(Run run) {
    writing(() -> train = EventFile.open(folder.resolve("train")));
  }

  @Override
  public void gradientsKnown(Run run, Gradients all) {
    if (gradients && run.batch() == 1 && histogramsDue(run)) {
      writing(() -> {
        for (Map.Entry<String, Histogram> e : GradientHistograms.of(run, all).entrySet()) {
          train.histogram("gradients/" + tag(e.getKey()), e.getValue(), run.epoch() - 1L);
        }
      });
    }
  }

  private boolean histogramsDue(Run run) {
    return histogramsEvery > 0 && (run.epoch() - 1) % histogramsEvery == 0;
  }

  private static String tag(String path) {
    return path.replace('.', '/');
  }

  @Override
  public void batchEnd(Run run) {
    if (batchesEvery > 0 && run.step() % batchesEvery == 0) {
      writing(() -> {
        for (Map.Entry<String, Double> e : run.values().entrySet()) {
          train.scalar("batch_" + e.getKey(), e.getValue(), run.step());
        }
        train.flush();
      });
    }
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    writing(() -> {
      long step = run.epoch() - 1L;
      for (Map.Entry<String, Double> e : values.entrySet()) {
        if (!e.getKey().startsWith(VALIDATION)) {
          train.scalar("epoch_" + (e.getKey().equals("lr") ? "learning_rate" : e.getKey()), e.getValue(), step);
        } else {
          if (validation == null) {
            validation = EventFile.open(folder.resolve("validation"));
          }
          validation.scalar("epoch_" + e.getKey().substring(VALIDATION.length()), e.getValue(), step);
        }
      }
      if (histogramsDue(run)) {
        for (var e : run.model().state().entrySet()) {
          train.histogram(tag(e.getKey()), Histogram.of(e.getValue()), step);
        }
      }
      train.flush();
      if (validation != null) {
        validation.flush();
      }
    });
  }

  @Override
  public void trainEnd(Run run) {
    try (EventFile first = train;
        EventFile second = validation) {
      train = null;
      validation = null;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private interface Write {
    void run() throws IOException;
  }

  private void writing(Write action) {
    try {
      action.run();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private UncheckedIOException failed(IOException e) {
    return new UncheckedIOException("TensorBoard: " + folder + " cannot be written (" + e + ")", e);
  }
}
