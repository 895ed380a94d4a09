package dev.neurite.data;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Tensor;
import java.util.function.UnaryOperator;

/** A data set whose batches pass through a function. */
final class MappedDataset extends WrappedDataset {

  private final UnaryOperator<Batch> function;

  MappedDataset(Dataset source, UnaryOperator<Batch> function) {
    super(source);
    this.function = function;
  }

  @Override
  Dataset over(Dataset other) {
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
  public Dataset map(UnaryOperator<Batch> next) {
    return new MappedDataset(this, next);
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
