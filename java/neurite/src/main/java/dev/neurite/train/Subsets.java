package dev.neurite.train;

import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.tensor.Tensor;

/** Data sets of chosen rows, copied; batch size and shuffling are those of the source. */
final class Subsets {

  private Subsets() {}

  /** Rows of a data set whose examples {@code all} has. The result belongs to the scope open now. */
  static Dataset rows(Dataset like, Batch all, long[] ids) {
    Tensor chosen = Tensor.ofLongs(ids);
    Tensor y = all.y() == null ? null : all.y().gather(chosen);
    Dataset made = Dataset.of(all.inputs().stream().map(x -> x.gather(chosen)).toList(), y);
    if (all.weights() != null) {
      made = made.withWeights(all.weights().gather(chosen));
    }
    if (like.batchSize() > 0) {
      made = made.batch(like.batchSize());
    }
    return like.isShuffled() ? made.shuffle() : made;
  }
}
