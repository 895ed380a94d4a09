package dev.neurite.data;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.RootSeed;
import dev.neurite.tensor.Tensor;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** A data set whose batches pass through a function. */
final class MappedDataset implements Dataset {

  private final Dataset source;
  private final UnaryOperator<Batch> function;
  private final AtomicInteger epochs = new AtomicInteger();

  MappedDataset(Dataset source, UnaryOperator<Batch> function) {
    this.source = source;
    this.function = function;
  }

  private Dataset over(Dataset other) {
    return new MappedDataset(other, function);
  }

  @Override
  public BatchIterator epoch(long seed, int epoch) {
    BatchIterator inner = source.epoch(seed, epoch);
    return new BatchIterator() {
      @Override
      public boolean hasNext() {
        return inner.hasNext();
      }

      @Override
      public Batch next() {
        return apply(inner.next());
      }

      @Override
      public void close() {
        inner.close();
      }
    };
  }

  /** The function's result; what it was given is freed unless it is part of the result. */
  private Batch apply(Batch given) {
    long count = given.size();
    Batch made;
    try {
      made = Rows.kept(() -> function.apply(given));
    } catch (RuntimeException | Error e) {
      given.close();
      throw e;
    }
    for (Tensor t : given.tensors()) {
      if (made.tensors().stream().noneMatch(kept -> kept == t)) {
        t.close();
      }
    }
    if (made.size() != count) {
      long size = made.size();
      made.close();
      throw new ShapeException(
          "Dataset.map: expected a function that keeps the number of examples, " + count + ", given " + size);
    }
    return made;
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
  public Dataset map(UnaryOperator<Batch> next) {
    return new MappedDataset(this, next);
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
    return apply(source.all());
  }

  @Override
  public Dataset inMemory() {
    Batch rows = all();
    Dataset made = ArrayDataset.of(rows.inputs(), rows.y(), rows.weights());
    return source.batchSize() > 0 ? made.batch(source.batchSize()) : made;
  }
}
