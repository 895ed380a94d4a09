package dev.neurite.data;

import dev.neurite.ops.RandomOp;
import dev.neurite.ops.RootSeed;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Examples in memory: tensors, the range of rows in use, and how they are batched. */
final class ArrayDataset implements Dataset {

  /**
   * How rows become batches.
   *
   * @param seed fixed shuffling seed, or null
   */
  private record Order(int batch, boolean dropLast, boolean shuffled, Long seed) {}

  private final Batch data;
  private final long from;
  private final long to;
  private final Order order;
  private final AtomicInteger epochs = new AtomicInteger();

  private ArrayDataset(Batch data, long from, long to, Order order) {
    this.data = data;
    this.from = from;
    this.to = to;
    this.order = order;
  }

  static ArrayDataset of(List<Tensor> inputs, Tensor y, Tensor weights) {
    Rows.requireSameCount("Dataset.of", inputs, y, weights);
    Batch data = new Batch(inputs, y, weights);
    return new ArrayDataset(data, 0, data.size(), new Order(DEFAULT_BATCH, false, false, null));
  }

  /** The rows of several batches, copied. */
  static ArrayDataset of(List<Batch> parts) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("Dataset: expected at least one batch, given none");
    }
    Batch joined = Rows.join(parts);
    return of(joined.inputs(), joined.y(), joined.weights());
  }

  @Override
  public BatchIterator epoch(long seed, int epoch) {
    return new Epoch(order.seed == null ? seed : order.seed, epoch);
  }

  @Override
  public Iterator<Batch> iterator() {
    return new FreeingIterator(epoch(RootSeed.get(), epochs.getAndIncrement()));
  }

  @Override
  public long size() {
    return to - from;
  }

  @Override
  public int batchSize() {
    return order.batch;
  }

  @Override
  public long batches() {
    return order.dropLast ? size() / order.batch : (size() + order.batch - 1) / order.batch;
  }

  @Override
  public boolean isShuffled() {
    return order.shuffled;
  }

  @Override
  public Dataset batch(int n, boolean dropLast) {
    if (n < 1) {
      throw new IllegalArgumentException("Dataset.batch: expected 1 example or more, given " + n);
    }
    return with(new Order(n, dropLast, order.shuffled, order.seed));
  }

  @Override
  public Dataset shuffle() {
    return with(new Order(order.batch, order.dropLast, true, null));
  }

  @Override
  public Dataset shuffle(long seed) {
    return with(new Order(order.batch, order.dropLast, true, seed));
  }

  private Dataset with(Order other) {
    return new ArrayDataset(data, from, to, other);
  }

  @Override
  public Dataset map(UnaryOperator<Batch> function) {
    return new MappedDataset(this, function);
  }

  @Override
  public Dataset take(long n) {
    requireCount("take", n);
    return new ArrayDataset(data, from, Math.min(to, from + Math.min(n, size())), order);
  }

  @Override
  public Dataset skip(long n) {
    requireCount("skip", n);
    return new ArrayDataset(data, from + Math.min(n, size()), to, order);
  }

  static void requireCount(String who, long n) {
    if (n < 0) {
      throw new IllegalArgumentException("Dataset." + who + ": expected 0 examples or more, given " + n);
    }
  }

  @Override
  public Dataset withWeights(Tensor weights) {
    Batch rows = all();
    Rows.requireSameCount("Dataset.withWeights", rows.inputs(), rows.y(), weights);
    return new ArrayDataset(new Batch(rows.inputs(), rows.y(), weights), 0, size(), order);
  }

  @Override
  public Batch all() {
    return rows(t -> t.slice(0, from, to));
  }

  @Override
  public Dataset inMemory() {
    return this;
  }

  private Batch rows(UnaryOperator<Tensor> pick) {
    return Rows.each(data.inputs(), data.y(), data.weights(), pick);
  }

  /** One pass: slices in the given order, or rows gathered in a shuffled one. */
  private final class Epoch implements BatchIterator {
    private final Tensor ids; // int64, or null when not shuffled
    private long at;

    Epoch(long seed, int epoch) {
      ids = order.shuffled ? shuffled(seed, epoch) : null;
    }

    private Tensor shuffled(long seed, int epoch) {
      RandomStream random = RandomStream.of(seed, "dataset.shuffle." + epoch);
      Tensor positions = Scope.run(() -> {
        Tensor p = RandomOp.permutation(size(), random);
        return from == 0 ? p : p.add(Tensor.scalar(from, p.dtype()));
      });
      return Rows.loose(positions);
    }

    @Override
    public boolean hasNext() {
      long left = size() - at;
      boolean more = order.dropLast ? left >= order.batch : left > 0;
      if (!more) {
        close();
      }
      return more;
    }

    @Override
    public Batch next() {
      if (!hasNext()) {
        throw new NoSuchElementException("Dataset: the epoch has no more batches");
      }
      long first = at;
      long last = Math.min(size(), at + order.batch);
      at = last;
      if (ids == null) {
        return rows(t -> t.slice(0, from + first, from + last));
      }
      return rows(t -> t.gather(ids.slice(0, first, last)));
    }

    @Override
    public void close() {
      at = size();
      if (ids != null) {
        ids.close();
      }
    }
  }
}
