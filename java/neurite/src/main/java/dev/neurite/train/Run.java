package dev.neurite.train;

import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.io.Checkpoint;
import dev.neurite.loss.Loss;
import dev.neurite.nn.Model;
import dev.neurite.optim.Optimizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A training run in progress, as callbacks see it. Belongs to the thread that called {@code fit}. */
public final class Run {

  private final Trainer trainer;
  private final Fit fit;
  private final Dataset data;
  private final Meters meters;
  private final List<Map<String, Double>> finished = new ArrayList<>();
  private long seed;
  private int epoch;
  private long batch;
  private long batches;
  private long step;
  private long examples;
  private long epochStart;
  private double trainingSeconds;
  private String stopReason;
  private boolean paused;
  private boolean skipsUpdate;
  private boolean inEpoch;
  private boolean resumed;
  private Path lastCheckpoint;
  private Batch currentBatch;
  private Supplier<Checkpoint> checkpoints;
  private Throwable failure;

  Run(Trainer trainer, Fit fit, Dataset data, long seed, Meters meters) {
    this.data = data;
    this.trainer = trainer;
    this.fit = fit;
    this.seed = seed;
    this.meters = meters;
  }

  /** The model that is trained. */
  public Model model() {
    return trainer.model();
  }

  /** The loss that is made small. */
  public Loss loss() {
    return trainer.loss();
  }

  /** The examples that are trained on, in batches, without those held out by {@code validationSplit}. */
  public Dataset data() {
    return data;
  }

  /** The optimiser that changes the weights. */
  public Optimizer optimizer() {
    return trainer.optimizer();
  }

  /** The learning rate of the next update. */
  public double learningRate() {
    return trainer.optimizer().learningRate();
  }

  /** Seed of the run. */
  public long seed() {
    return seed;
  }

  /** Number of the epoch, from 1; 0 before the first. */
  public int epoch() {
    return epoch;
  }

  /** How many epochs were asked for. */
  public int epochs() {
    return fit.epochs();
  }

  /** Number of the batch within the epoch, from 1; 0 before the first. */
  public long batch() {
    return batch;
  }

  /** Batches of an epoch, or -1 when not known. */
  public long batches() {
    return batches;
  }

  /** Updates of the weights so far, in all epochs. */
  public long step() {
    return step;
  }

  /** Examples trained on in this epoch so far. */
  public long examples() {
    return examples;
  }

  /** Loss and metrics of this epoch's batches so far, by name. */
  public Map<String, Double> values() {
    return meters.values();
  }

  /** What checkpoints say about the run: {@code Fit.settings}. */
  public Map<String, Object> settings() {
    return fit.settings();
  }

  /** What was measured in the finished epochs. */
  public History history() {
    return new History(seed, finished);
  }

  /** True when this run goes on from a checkpoint; known in {@code trainBegin}. */
  public boolean isResumed() {
    return resumed;
  }

  /** Seconds since the epoch began. */
  public double epochSeconds() {
    return (System.nanoTime() - epochStart) / 1e9;
  }

  /** Seconds the epoch's batches took, without validation. */
  public double trainingSeconds() {
    return trainingSeconds;
  }

  Meters meters() {
    return meters;
  }

  long epochStart() {
    return epochStart;
  }

  /** Ends the training after the current batch; where that is the epoch's last, after its validation. */
  public void stop(String reason) {
    if (stopReason == null) {
      stopReason = reason;
    }
  }

  /**
   * Ends the training after the current batch, to go on another time: a {@link BackupAndRestore} keeps its backup then.
   */
  public void pause(String reason) {
    if (stopReason == null) {
      stopReason = reason;
      paused = true;
    }
  }

  /** True when the training ends by {@link #pause} or an interrupt. */
  public boolean isPaused() {
    return paused;
  }

  /**
   * Everything needed to go on from here with the same bits. To be called in {@link Callback#settled} and written
   * there: the tensors are the model's and the optimiser's own.
   *
   * @throws IllegalStateException at another moment
   * @throws UnsupportedOperationException in the middle of an epoch with a metric that cannot be saved
   */
  public Checkpoint checkpoint() {
    if (checkpoints == null) {
      throw new IllegalStateException(
          "Run.checkpoint: expected to be called in Callback.settled, given another moment");
    }
    return checkpoints.get();
  }

  /** Writes {@link #checkpoint}, completely or not at all. */
  public void save(Path file) {
    checkpoint().write(file);
    saved(file);
  }

  void saved(Path file) {
    lastCheckpoint = file;
  }

  /** The file the last checkpoint of this run went to, or null. */
  public Path lastCheckpoint() {
    return lastCheckpoint;
  }

  /** Why the training is to end, or null. */
  public String stopReason() {
    return stopReason;
  }

  /** What made the training fail, or null; known in {@code trainEnd}. */
  public Throwable failure() {
    return failure;
  }

  void failed(Throwable cause) {
    failure = cause;
  }

  /** Whether batches of an epoch were taken that is not finished. */
  boolean inEpoch() {
    return inEpoch;
  }

  void settle(Supplier<Checkpoint> maker) {
    checkpoints = maker;
  }

  /** Leaves the weights as they are in this step; to be called when the loss is known. */
  void skipUpdate() {
    skipsUpdate = true;
  }

  boolean skipsUpdate() {
    return skipsUpdate;
  }

  Batch currentBatch() {
    return currentBatch;
  }

  void currentBatch(Batch batchOrNull) {
    currentBatch = batchOrNull;
  }

  void resumed(long itsSeed, long steps, List<Map<String, Double>> epochs) {
    resumed = true;
    seed = itsSeed;
    step = steps;
    finished.addAll(epochs);
    epoch = epochs.size();
  }

  void resumedBatches(long taken, long count, double seconds) {
    batch = taken;
    examples = count;
    epochStart = System.nanoTime() - (long) (seconds * 1e9);
  }

  int finishedEpochs() {
    return finished.size();
  }

  void finish(Map<String, Double> values) {
    finished.add(values);
    inEpoch = false;
  }

  void beginEpoch(int number, long batchCount) {
    inEpoch = true;
    epoch = number;
    batches = batchCount;
    batch = 0;
    examples = 0;
    epochStart = System.nanoTime();
    meters.reset();
  }

  void endBatches() {
    trainingSeconds = epochSeconds();
  }

  void beginBatch() {
    batch++;
  }

  void updated(long count) {
    step++;
    examples += count;
  }
}
