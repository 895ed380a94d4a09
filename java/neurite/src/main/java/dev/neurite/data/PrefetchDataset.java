package dev.neurite.data;

import dev.neurite.ops.RootSeed;
import dev.neurite.tensor.Tensor;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** A data set whose batches are made ahead of time in a thread of its own. */
final class PrefetchDataset implements Dataset {

  private final Dataset source;
  private final int depth;
  private final AtomicInteger epochs = new AtomicInteger();

  PrefetchDataset(Dataset source, int depth) {
    if (depth < 1) {
      throw new IllegalArgumentException("Dataset.prefetch: expected 1 batch or more, given " + depth);
    }
    this.source = source;
    this.depth = depth;
  }

  private Dataset over(Dataset other) {
    return new PrefetchDataset(other, depth);
  }

  @Override
  public BatchIterator epoch(long seed, int epoch) {
    return new Prefetcher(source, seed, epoch, depth);
  }

  @Override
  public Iterator<Batch> iterator() {
    return new FreeingIterator(epoch(RootSeed.get(), epochs.getAndIncrement()));
  }

  @Override
  public long size() {
    return source.size();
  }

  @Override
  public int batchSize() {
    return source.batchSize();
  }

  @Override
  public long batches() {
    return source.batches();
  }

  @Override
  public boolean isShuffled() {
    return source.isShuffled();
  }

  @Override
  public Dataset batch(int n, boolean dropLast) {
    return over(source.batch(n, dropLast));
  }

  @Override
  public Dataset shuffle() {
    return over(source.shuffle());
  }

  @Override
  public Dataset shuffle(long seed) {
    return over(source.shuffle(seed));
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
  public Dataset take(long n) {
    return over(source.take(n));
  }

  @Override
  public Dataset skip(long n) {
    return over(source.skip(n));
  }

  @Override
  public Dataset withWeights(Tensor weights) {
    return over(source.withWeights(weights));
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
