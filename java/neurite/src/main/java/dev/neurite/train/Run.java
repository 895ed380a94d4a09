package dev.neurite.train;

import dev.neurite.data.Dataset;
import dev.neurite.loss.Loss;
import dev.neurite.nn.Model;
import dev.neurite.optim.Optimizer;
import java.util.Map;

/** A training run in progress, as callbacks see it. Belongs to the thread that called {@code fit}. */
public final class Run {

  private final Trainer trainer;
  private final Fit fit;
  private final Dataset data;
  private final long seed;
  private final Meters meters;
  private int epoch;
  private long batch;
  private long batches;
  private long step;
  private long examples;
  private long epochStart;
  private double trainingSeconds;
  private String stopReason;
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

  void beginEpoch(int number, long batchCount) {
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
