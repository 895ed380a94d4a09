package dev.neurite.train;

import dev.neurite.data.Batch;
import dev.neurite.data.BatchIterator;
import dev.neurite.data.Dataset;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The outputs of a frozen model for all examples, computed once: a new head trained on them learns what it would behind
 * the frozen model itself, without running it in every epoch.
 *
 * <pre>{@code
 * Dataset features = CachedActivations.of(base, data);       // base: a pretrained model without its head
 * head.fit(features.shuffle().batch(32), Fit.epochs(50));
 * }</pre>
 */
public final class CachedActivations {

  private CachedActivations() {}

  /**
   * Runs a model for inference over data in its order.
   *
   * @param base a model with one output
   * @param data examples with or without targets; shuffling is left out
   * @return outputs, targets and weights in memory, in the batch size of the data; they belong to the scope open now
   */
  public static Dataset of(Model base, Dataset data) {
    List<Batch> parts = new ArrayList<>();
    try (BatchIterator batches = source(data).epoch(0, 0)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        Tensor out = Scope.run(() -> base.call(batch.inputs(), Pass.inference()).get(0));
        parts.add(new Batch(List.of(out), batch.y(), batch.weights()));
      }
    }
    Dataset cached = Dataset.from(parts).inMemory();
    return data.batchSize() > 0 ? cached.batch(data.batchSize()) : cached;
  }

  private static Dataset source(Dataset data) {
    if (!data.isShuffled()) {
      return data;
    }
    Dataset plain = Dataset.from(List.of(data.all())).inMemory();
    return data.batchSize() > 0 ? plain.batch(data.batchSize()) : plain;
  }
}
