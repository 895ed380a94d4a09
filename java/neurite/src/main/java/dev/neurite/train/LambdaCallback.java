package dev.neurite.train;

import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Callbacks from lambdas: {@code LambdaCallback.onEpochEnd((run, values) -> ...)}.
 */
public final class LambdaCallback implements Callback {

  private final BiConsumer<Run, Map<String, Double>> epochEnd;
  private final Consumer<Run> batchEnd;

  private LambdaCallback(BiConsumer<Run, Map<String, Double>> epochEnd, Consumer<Run> batchEnd) {
    this.epochEnd = epochEnd;
    this.batchEnd = batchEnd;
  }

  /** Called after each epoch. */
  public static LambdaCallback onEpochEnd(BiConsumer<Run, Map<String, Double>> action) {
    return new LambdaCallback(action, run -> {});
  }

  /** Called after each update of the weights. */
  public static LambdaCallback onBatchEnd(Consumer<Run> action) {
    return new LambdaCallback((run, values) -> {}, action);
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    epochEnd.accept(run, values);
  }

  @Override
  public void batchEnd(Run run) {
    batchEnd.accept(run);
  }
}
