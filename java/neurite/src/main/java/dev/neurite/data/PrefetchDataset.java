package dev.neurite.data;

import java.util.function.UnaryOperator;

/** A data set whose batches are made ahead of time in threads of its own. */
final class PrefetchDataset extends WrappedDataset {

  private final int depth;
  private final int threads;

  PrefetchDataset(Dataset source, int depth, int threads) {
    super(source);
    if (depth < 1) {
      throw new IllegalArgumentException("Dataset.prefetch: expected 1 batch or more, given " + depth);
    }
    if (threads < 1) {
      throw new IllegalArgumentException("Dataset.prefetch: expected 1 thread or more, given " + threads);
    }
    this.depth = depth;
    this.threads = threads;
  }

  @Override
  Dataset over(Dataset other) {
    return new PrefetchDataset(other, depth, threads);
  }

  @Override
  public BatchIterator epoch(long seed, int epoch) {
    if (threads == 1 || !(source instanceof MappedDataset mapped)) {
      return new Prefetcher((s, e) -> source.epoch(s, e), seed, epoch, depth);
    }
    return new Prefetcher((s, e) -> new ParallelMap(mapped, s, e, threads), seed, epoch, depth);
  }

  @Override
  public Dataset map(UnaryOperator<Batch> function) {
    return over(source.map(function));
  }

  @Override
  public Dataset map(RandomStep function) {
    return over(source.map(function));
  }

  @Override
  public Dataset prefetch(int n, int threadCount) {
    return new PrefetchDataset(source, n, threadCount);
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
