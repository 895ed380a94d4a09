package dev.neurite.data;

import dev.neurite.ops.RootSeed;
import dev.neurite.tensor.Tensor;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicInteger;

/** A data set that does something to another one's batches and passes every choice of rows on to it. */
abstract class WrappedDataset implements Dataset {

  final Dataset source;
  private final AtomicInteger epochs = new AtomicInteger();

  WrappedDataset(Dataset source) {
    this.source = source;
  }

  /** The same wrapping of another data set. */
  abstract Dataset over(Dataset other);

  @Override
  public final Iterator<Batch> iterator() {
    return new FreeingIterator(epoch(RootSeed.get(), epochs.getAndIncrement()));
  }

  @Override
  public final long size() {
    return source.size();
  }

  @Override
  public final int batchSize() {
    return source.batchSize();
  }

  @Override
  public final long batches() {
    return source.batches();
  }

  @Override
  public final boolean isShuffled() {
    return source.isShuffled();
  }

  @Override
  public final Dataset batch(int n, boolean dropLast) {
    return over(source.batch(n, dropLast));
  }

  @Override
  public final Dataset shuffle() {
    return over(source.shuffle());
  }

  @Override
  public final Dataset shuffle(long seed) {
    return over(source.shuffle(seed));
  }

  @Override
  public final Dataset take(long n) {
    return over(source.take(n));
  }

  @Override
  public final Dataset skip(long n) {
    return over(source.skip(n));
  }

  @Override
  public final Dataset withWeights(Tensor weights) {
    return over(source.withWeights(weights));
  }
}
