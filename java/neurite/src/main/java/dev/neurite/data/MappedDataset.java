package dev.neurite.data;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Tensor;
import java.util.function.UnaryOperator;

/** A data set whose batches pass through a function. */
final class MappedDataset extends WrappedDataset {

  private final RandomStep function;
  private final int depth; // steps below this one: each draws from streams of its own

  MappedDataset(Dataset source, UnaryOperator<Batch> function) {
    this(source, (batch, random) -> function.apply(batch));
  }

  MappedDataset(Dataset source, RandomStep function) {
    super(source);
    this.function = function;
    depth = source instanceof MappedDataset m ? m.depth + 1 : 0;
  }

  @Override
  Dataset over(Dataset other) {
    return new MappedDataset(other, function);
  }

  @Override
  public BatchIterator epoch(long seed, int epoch) {
    BatchIterator inner = source.epoch(seed, epoch);
    return new BatchIterator() {
      private long number;

      @Override
      public boolean hasNext() {
        return inner.hasNext();
      }

      @Override
      public Batch next() {
        return apply(inner.next(), random(seed, epoch, number++));
      }

      @Override
      public void close() {
        inner.close();
      }
    };
  }

  private RandomStream random(long seed, int epoch, long number) {
    return RandomStream.of(seed, "dataset.map." + depth + "." + epoch + "." + number);
  }

  /** What is below all steps. */
  Dataset unmapped() {
    return source instanceof MappedDataset m ? m.unmapped() : source;
  }

  /** A batch of {@link #unmapped} through all steps. */
  Batch applyAll(Batch raw, long seed, int epoch, long number) {
    Batch below = source instanceof MappedDataset m ? m.applyAll(raw, seed, epoch, number) : raw;
    return apply(below, random(seed, epoch, number));
  }

  /** The function's result; what it was given is freed unless it is part of the result. */
  private Batch apply(Batch given, RandomStream random) {
    long count = given.size();
    Batch made;
    try {
      made = Rows.kept(() -> function.apply(given, random));
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
  public Dataset map(UnaryOperator<Batch> next) {
    return new MappedDataset(this, next);
  }

  @Override
  public Batch all() {
    return apply(source.all(), random(0, 0, 0));
  }

  @Override
  public Dataset inMemory() {
    Batch rows = all();
    Dataset made = ArrayDataset.of(rows.inputs(), rows.y(), rows.weights());
    return source.batchSize() > 0 ? made.batch(source.batchSize()) : made;
  }
}
