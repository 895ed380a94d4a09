package dev.neurite.data;

import java.util.function.UnaryOperator;

/** A data set whose batches are made ahead of time in a thread of its own. */
final class PrefetchDataset extends WrappedDataset {

  private final int depth;

  PrefetchDataset(Dataset source, int depth) {
    super(source);
    if (depth < 1) {
      throw new IllegalArgumentException("Dataset.prefetch: expected 1 batch or more, given " + depth);
    }
    this.depth = depth;
  }

  @Override
  Dataset over(Dataset other) {
    return new PrefetchDataset(other, depth);
  }

  @Override
  public BatchIterator epoch(long seed, int epoch) {
    return new Prefetcher(source, seed, epoch, depth);
  }

  @Override
  public Dataset map(UnaryOperator<Batch> function) {
    return over(source.map(function));
  }

  @Override
  public Dataset prefetch(int n) {
    return new PrefetchDataset(source, n);
  }

  @Override
  public Batch all() {
    return source.all();
  }

  @Override
  public Dataset inMemory() {
    return source.inMemory();
  }
}
