package dev.neurite.train;

import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Callbacks from lambdas: {@code LambdaCallback.onEpochEnd((run, values) -> ...)}; further events are added with
 * {@code and}: {@code LambdaCallback.onBatchEnd(...).andTrainEnd(...)}.
 */
public final class LambdaCallback implements Callback {

  private static final Consumer<Run> NOTHING = run -> {};

  private BiConsumer<Run, Map<String, Double>> epochEnd = (run, values) -> {};
  private Consumer<Run> batchEnd = NOTHING;
  private Consumer<Run> batchBegin = NOTHING;
  private Consumer<Run> epochBegin = NOTHING;
  private Consumer<Run> trainBegin = NOTHING;
  private Consumer<Run> trainEnd = NOTHING;

  private LambdaCallback() {}

  /** Called after each epoch. */
  public static LambdaCallback onEpochEnd(BiConsumer<Run, Map<String, Double>> action) {
    LambdaCallback c = new LambdaCallback();
    c.epochEnd = action;
    return c;
  }

  /** Called after each update of the weights. */
  public static LambdaCallback onBatchEnd(Consumer<Run> action) {
    LambdaCallback c = new LambdaCallback();
    c.batchEnd = action;
    return c;
  }

  /** Called before the first epoch. */
  public static LambdaCallback onTrainBegin(Consumer<Run> action) {
    LambdaCallback c = new LambdaCallback();
    c.trainBegin = action;
    return c;
  }

  /** Called before each epoch. */
  public static LambdaCallback onEpochBegin(Consumer<Run> action) {
    LambdaCallback c = new LambdaCallback();
    c.epochBegin = action;
    return c;
  }

  /** Adds what is called before each epoch. */
  public LambdaCallback andEpochBegin(Consumer<Run> action) {
    epochBegin = epochBegin.andThen(action);
    return this;
  }

  /** Adds what is called after each epoch. */
  public LambdaCallback andEpochEnd(BiConsumer<Run, Map<String, Double>> action) {
    epochEnd = epochEnd.andThen(action);
    return this;
  }

  /** Adds what is called before each batch. */
  public LambdaCallback andBatchBegin(Consumer<Run> action) {
    batchBegin = batchBegin.andThen(action);
    return this;
  }

  /** Adds what is called after each update of the weights. */
  public LambdaCallback andBatchEnd(Consumer<Run> action) {
    batchEnd = batchEnd.andThen(action);
    return this;
  }

  /** Adds what is called after the last epoch, also when training failed. */
  public LambdaCallback andTrainEnd(Consumer<Run> action) {
    trainEnd = trainEnd.andThen(action);
    return this;
  }

  @Override
  public void trainBegin(Run run) {
    trainBegin.accept(run);
  }

  @Override
  public void epochBegin(Run run) {
    epochBegin.accept(run);
  }

  @Override
  public void batchBegin(Run run) {
    batchBegin.accept(run);
  }

  @Override
  public void batchEnd(Run run) {
    batchEnd.accept(run);
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    epochEnd.accept(run, values);
  }

  @Override
  public void trainEnd(Run run) {
    trainEnd.accept(run);
  }
}
