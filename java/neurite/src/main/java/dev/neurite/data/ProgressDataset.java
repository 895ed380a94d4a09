package dev.neurite.data;

import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A data set that says how far its epoch is. */
final class ProgressDataset extends WrappedDataset {

  private static final long REPORT_NANOS = 100_000_000;

  private final Consumer<String> line;

  ProgressDataset(Dataset source, Consumer<String> line) {
    super(source);
    this.line = line;
  }

  @Override
  Dataset over(Dataset other) {
    return new ProgressDataset(other, line);
  }

  @Override
  public BatchIterator epoch(long seed, int epoch) {
    return new Epoch(source.epoch(seed, epoch));
  }

  /** One pass, counted. */
  private final class Epoch implements BatchIterator {
    private final BatchIterator inner;
    private final long start = System.nanoTime();
    private long reported = start;
    private long batches;
    private long examples;
    private boolean ended;

    Epoch(BatchIterator inner) {
      this.inner = inner;
    }

    @Override
    public boolean hasNext() {
      boolean more = inner.hasNext();
      if (!more && !ended) {
        ended = true;
        line.accept(text(System.nanoTime()));
      }
      return more;
    }

    @Override
    public Batch next() {
      Batch batch = inner.next();
      batches++;
      examples += batch.size();
      long now = System.nanoTime();
      if (now - reported >= REPORT_NANOS) {
        reported = now;
        line.accept(text(now));
      }
      return batch;
    }

    private String text(long now) {
      double seconds = Math.max((now - start) / 1e9, 1e-9);
      long all = source.batches();
      String left = all > batches && batches > 0 ? ", " + clock(seconds / batches * (all - batches)) + " left" : "";
      return String.format(
          Locale.ROOT, "data %,d%s batches, %,d%s examples, %,d examples/s%s", batches, of(all), examples,
          of(source.size()), Math.round(examples / seconds), left);
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  private static String of(long all) {
    return all < 0 ? "" : String.format(Locale.ROOT, "/%,d", all);
  }

  private static String clock(double seconds) {
    long s = (long) Math.ceil(seconds);
    return String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60);
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
  public Batch all() {
    return source.all();
  }

  @Override
  public Dataset inMemory() {
    return source.inMemory();
  }
}
