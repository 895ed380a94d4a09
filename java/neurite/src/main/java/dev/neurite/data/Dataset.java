package dev.neurite.data;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Examples to learn from, and how they are put into batches: an immutable description; each method returns a new one
 * that shares the memory.
 *
 * <pre>{@code
 * Dataset train = Dataset.of(x, y).shuffle().batch(64);
 * for (Batch b : train) {                 // each batch is freed when the next one comes
 *   System.out.println(b.x().shape());
 * }
 * }</pre>
 *
 * <p>{@code skip}, {@code take} and the splits count examples and choose them <i>before</i> shuffling, so that parts
 * stay disjoint in every epoch. {@code map} functions see whole batches. Without {@code batch} the batches have
 * {@value #DEFAULT_BATCH} examples.
 *
 * <p>The order of an epoch depends on the seed and the epoch's number only: not on threads, nor on what was read
 * before.
 */
public interface Dataset extends Iterable<Batch> {

  /** Examples per batch unless {@link #batch} says otherwise. */
  int DEFAULT_BATCH = 32;

  /**
   * Examples in memory. The tensors are not copied and must stay open.
   *
   * @param x [n, *]
   * @param y [n, *], or null where there are no targets
   * @throws dev.neurite.error.ShapeException when the numbers of examples differ
   */
  static Dataset of(Tensor x, Tensor y) {
    return of(List.of(x), y);
  }

  /** Examples without targets: what {@code predict} takes. */
  static Dataset of(Tensor x) {
    return of(List.of(x), null);
  }

  /**
   * Examples of a model with several inputs.
   *
   * @param inputs [n, *] each
   * @param y [n, *], or null
   */
  static Dataset of(List<Tensor> inputs, Tensor y) {
    return ArrayDataset.of(inputs, y, null);
  }

  /** Examples and class numbers from arrays, copied: float32 [n, columns] and int64 [n]. */
  static Dataset of(float[][] x, int[] labels) {
    return of(Tensor.of(x), Tensor.ofLongs(Arrays.stream(labels).asLongStream().toArray()));
  }

  /** Examples and targets from arrays, copied: float32 [n, columns] each. */
  static Dataset of(float[][] x, float[][] y) {
    return of(Tensor.of(x), Tensor.of(y));
  }

  /** Examples and one target each from arrays, copied: float32 [n, columns] and [n, 1]. */
  static Dataset of(float[][] x, float[] y) {
    return of(Tensor.of(x), Tensor.of(y, Shape.of(y.length, 1)));
  }

  /**
   * Ready-made batches, read anew in every epoch; they stay the caller's to free. Call {@link #inMemory} to shuffle
   * them or to change their size.
   */
  static Dataset from(Iterable<Batch> batches) {
    return new StreamDataset(batches, 0, Long.MAX_VALUE);
  }

  /** Reads a stream of batches to its end and keeps the examples in memory. Closes the batches and the stream. */
  static Dataset from(Stream<Batch> batches) {
    try (batches) {
      List<Batch> all = batches.toList();
      Dataset joined = ArrayDataset.of(all);
      all.forEach(Batch::close);
      return joined;
    }
  }

  /**
   * The batches of one epoch. The caller owns them (a surrounding scope will do) and closes the iterator.
   *
   * @param seed used unless {@link #shuffle(long)} fixed one
   * @param epoch number of the epoch; another number, another order
   */
  BatchIterator epoch(long seed, int epoch);

  /** The batches of the next epoch under the library's seed; each is freed when the next one is asked for. */
  @Override
  Iterator<Batch> iterator();

  /** Number of examples, or -1 when only reading would tell. */
  long size();

  /** Examples per batch (the last one may have fewer), or -1 for ready-made batches. */
  int batchSize();

  /** Number of batches in an epoch, or -1 when only reading would tell. */
  long batches();

  /** True when every epoch has another order. */
  boolean isShuffled();

  /** Batches of n examples; the last one has what is left. */
  default Dataset batch(int n) {
    return batch(n, false);
  }

  /**
   * Batches of n examples.
   *
   * @param n 1 or more
   * @param dropLast leave out a last batch with fewer than n
   */
  Dataset batch(int n, boolean dropLast);

  /** Every epoch in another order, each example once; the seed is {@code fit}'s, else the library's. */
  Dataset shuffle();

  /** Every epoch in another order, which depends on the given seed and the epoch's number only. */
  Dataset shuffle(long seed);

  /** Every batch through a function, which must keep the number of examples. */
  Dataset map(UnaryOperator<Batch> function);

  /**
   * Every batch through a function that draws random numbers, such as {@code dev.neurite.vision.Augment}: other ones in
   * every epoch, but the same for the same seed, epoch and place in it, whatever thread does the work.
   *
   * @param function must keep the number of examples
   */
  default Dataset map(RandomStep function) {
    return new MappedDataset(this, function);
  }

  /**
   * Loads and maps up to n batches ahead in a thread of its own. An exception there surfaces unchanged where the
   * batches are taken.
   *
   * @param n 1 or more
   */
  default Dataset prefetch(int n) {
    return prefetch(n, 1);
  }

  /**
   * Loads up to n batches ahead, and maps several at a time in threads of their own. The batches and their order are
   * those of one thread; map functions must stand being called from several at once.
   *
   * @param n 1 or more
   * @param threads 1 or more
   */
  default Dataset prefetch(int n, int threads) {
    return new PrefetchDataset(this, n, threads);
  }

  /**
   * The same batches, with a line of text about how far the epoch is and how fast, about ten times a second and at its
   * end: {@code data 12/23 batches, 768/1,437 examples, 21,344 examples/s, 0:04 left}.
   *
   * @param line takes each line, such as {@code s -> System.err.print("\r" + s)}
   */
  default Dataset progress(Consumer<String> line) {
    return new ProgressDataset(this, line);
  }

  /** The first n examples. */
  Dataset take(long n);

  /** All but the first n examples. */
  Dataset skip(long n);

  /**
   * The first {@code floor(fraction * size)} examples, and the rest.
   *
   * @param fraction 0 to 1
   */
  default Split split(double fraction) {
    long n = size();
    if (n < 0) {
      throw new IllegalStateException("Dataset.split: expected a known number of examples; call inMemory() first");
    }
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new IllegalArgumentException("Dataset.split: expected a fraction from 0 to 1, given " + fraction);
    }
    long first = (long) Math.floor(fraction * n + 1e-9); // 0.8 * 10 is 8, whatever the last bit says
    return new Split(take(first), skip(first));
  }

  /**
   * A random split in which every class has the same share in both parts, as far as whole examples allow. The targets
   * must be int64 class numbers. Copies the examples.
   *
   * @param fraction share of the first part, 0 to 1; it gets {@code floor(fraction * size)} examples
   * @param seed another seed, another split
   */
  default Split stratifiedSplit(double fraction, long seed) {
    return Stratified.split(inMemory(), fraction, seed);
  }

  /**
   * The same examples, each with a weight in the loss and in the metrics.
   *
   * @param weights float32 or float64 [size]
   */
  Dataset withWeights(Tensor weights);

  /** These examples followed by others, copied into memory. */
  default Dataset concat(Dataset other) {
    Dataset joined;
    try (Batch a = all(); Batch b = other.all()) {
      joined = ArrayDataset.of(List.of(a, b));
    }
    return batchSize() > 0 ? joined.batch(batchSize()) : joined;
  }

  /** All examples in their original order as one batch, mapped where there are maps. */
  Batch all();

  /** The same examples, read (and mapped) once and kept in memory. */
  Dataset inMemory();
}
