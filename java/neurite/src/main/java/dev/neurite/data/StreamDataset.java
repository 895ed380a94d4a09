package dev.neurite.data;

import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.UnaryOperator;

/** Ready-made batches that are read anew in every epoch. */
final class StreamDataset implements Dataset {

  private final Iterable<Batch> batches;
  private final long skip;
  private final long take;

  StreamDataset(Iterable<Batch> batches, long skip, long take) {
    this.batches = batches;
    this.skip = skip;
    this.take = take;
  }

  @Override
  public BatchIterator epoch(long seed, int epoch) {
    return new Epoch(batches.iterator());
  }

  @Override
  public Iterator<Batch> iterator() {
    return new FreeingIterator(epoch(0, 0));
  }

  @Override
  public long size() {
    return -1;
  }

  @Override
  public int batchSize() {
    return -1;
  }

  @Override
  public long batches() {
    return -1;
  }

  @Override
  public boolean isShuffled() {
    return false;
  }

  @Override
  public Dataset batch(int n, boolean dropLast) {
    throw notInMemory("batch");
  }

  @Override
  public Dataset shuffle() {
    throw notInMemory("shuffle");
  }

  @Override
  public Dataset shuffle(long seed) {
    throw notInMemory("shuffle");
  }

  @Override
  public Dataset withWeights(Tensor weights) {
    throw notInMemory("withWeights");
  }

  private static IllegalStateException notInMemory(String who) {
    return new IllegalStateException(
        "Dataset." + who + ": expected examples in memory, given ready-made batches; call inMemory() first");
  }

  @Override
  public Dataset map(UnaryOperator<Batch> function) {
    return new MappedDataset(this, function);
  }

  @Override
  public Dataset take(long n) {
    ArrayDataset.requireCount("take", n);
    return new StreamDataset(batches, skip, Math.min(take, n));
  }

  @Override
  public Dataset skip(long n) {
    ArrayDataset.requireCount("skip", n);
    long left = take == Long.MAX_VALUE ? take : Math.max(0, take - n);
    return new StreamDataset(batches, Math.addExact(skip, n), left);
  }

  @Override
  public Batch all() {
    return joined(this);
  }

  @Override
  public Dataset inMemory() {
    Batch rows = all();
    return ArrayDataset.of(rows.inputs(), rows.y(), rows.weights());
  }

  /** Everything an epoch in original order gives, as one batch. */
  static Batch joined(Dataset source) {
    List<Batch> parts = new ArrayList<>();
    try (BatchIterator epoch = source.epoch(0, 0)) {
      epoch.forEachRemaining(parts::add);
      if (parts.isEmpty()) {
        throw new IllegalArgumentException("Dataset: expected at least one batch, given none");
      }
      return Rows.join(parts);
    } finally {
      parts.forEach(Batch::close);
    }
  }

  /** One pass over the caller's batches; what is handed out are views, so that closing them frees nothing of his. */
  private final class Epoch implements BatchIterator {
    private final Iterator<Batch> source;
    private long toSkip = skip;
    private long left = take;
    private Batch next;

    Epoch(Iterator<Batch> source) {
      this.source = source;
    }

    @Override
    public boolean hasNext() {
      while (next == null && left > 0 && source.hasNext()) {
        Batch b = source.next();
        long first = Math.min(toSkip, b.size());
        long last = left < b.size() - first ? first + left : b.size();
        toSkip -= first;
        if (last > first) {
          left -= last - first;
          next = Rows.each(b.inputs(), b.y(), b.weights(), t -> t.slice(0, first, last));
        }
      }
      return next != null;
    }

    @Override
    public Batch next() {
      if (!hasNext()) {
        throw new NoSuchElementException("Dataset: the epoch has no more batches");
      }
      Batch b = next;
      next = null;
      return b;
    }

    @Override
    public void close() {
      left = 0;
      if (next != null) {
        next.close();
        next = null;
      }
    }
  }
}
