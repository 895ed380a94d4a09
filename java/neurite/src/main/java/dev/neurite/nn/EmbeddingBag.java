package dev.neurite.nn;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.ops.Gather;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Indexing;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Sums, means or maxima of embedding rows over bags of ids of different sizes (PyTorch's {@code EmbeddingBag}). An
 * empty bag gives zeros.
 *
 * <p><b>Shapes</b>: int64 ids [n] of all bags in a row and int64 offsets [bags], where each bag begins, ascending from
 * 0; output [bags, width].
 *
 * <pre>{@code
 * EmbeddingBag.of(1000, 16).call(List.of(ids, offsets));
 * }</pre>
 */
public final class EmbeddingBag extends MultiLayer {

  /** How the rows of a bag are put together. */
  public enum Mode {
    /** Their sum. */
    SUM,
    /** Their mean. */
    MEAN,
    /** The largest value of each column. */
    MAX
  }

  /** The options, as saved. */
  public record Config(long vocabulary, long width, Mode mode, DType dtype, Initializer initializer) {}

  private final long vocabulary;
  private final long width;
  private Mode mode = Mode.MEAN;
  private DType type = DType.FLOAT32;
  private Initializer initializer = Initializers.uniform();
  private Param embeddings;

  private EmbeddingBag(long vocabulary, long width) {
    if (vocabulary < 1 || width < 1) {
      throw new IllegalArgumentException(
          "EmbeddingBag: expected a vocabulary and a width of at least 1, given " + vocabulary + " and " + width);
    }
    this.vocabulary = vocabulary;
    this.width = width;
  }

  /** A table of {@code vocabulary} rows of {@code width} values. */
  public static EmbeddingBag of(long vocabulary, long width) {
    return new EmbeddingBag(vocabulary, width);
  }

  static EmbeddingBag from(Config c) {
    return of(c.vocabulary, c.width).mode(c.mode).dtype(c.dtype).initializer(c.initializer);
  }

  /** How the rows of a bag are put together; default {@link Mode#MEAN}. */
  public EmbeddingBag mode(Mode how) {
    requireUnbuilt();
    mode = how;
    return this;
  }

  /** Type of the table; default float32. */
  public EmbeddingBag dtype(DType dtype) {
    requireUnbuilt();
    type = dtype;
    return this;
  }

  /** Sets what draws the table; uniform in +-0.05 unless set. */
  public EmbeddingBag initializer(Initializer initializer) {
    requireUnbuilt();
    this.initializer = initializer;
    return this;
  }

  @Override
  public EmbeddingBag name(String name) {
    super.name(name);
    return this;
  }

  /** The table [vocabulary, width]; null before the layer is built. */
  public Param embeddings() {
    return embeddings;
  }

  @Override
  DType parameterType(DType input) {
    return type;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    if (in.size() != 2 || in.get(0).rank() != 1 || in.get(1).rank() != 1) {
      throw new ShapeException(who() + ": expected ids [n] and offsets [bags], given " + in);
    }
    embeddings = param("embeddings", Shape.of(vocabulary, width), initializer);
    return List.of(Shape.of(in.get(1).dim(0), width));
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    Tensor ids = in.get(0);
    if (ids.dtype().isFloating() || in.get(1).dtype().isFloating()) {
      throw new DTypeException(who() + ": expected int64 ids and offsets, given " + in);
    }
    long[] begin = in.get(1).cast(DType.INT64).toLongs();
    Tensor rows = Gather.apply(embeddings, ids.cast(DType.INT64), -1);
    return List.of(
        switch (mode) {
          case SUM -> sums(begin, rows);
          case MEAN -> sums(begin, rows).div(sizes(begin, rows.dim(0)));
          case MAX -> largest(begin, rows);
        });
  }

  /** Each row added to its bag. */
  private Tensor sums(long[] begin, Tensor rows) {
    long[] bagOfRow = new long[(int) rows.dim(0)];
    for (int bag = 0; bag < begin.length; bag++) {
      Arrays.fill(bagOfRow, (int) begin[bag], (int) end(begin, bag, bagOfRow.length), bag);
    }
    Tensor none = Tensor.zeros(Shape.of(begin.length, width), type);
    return Indexing.scatterNd(none, Tensor.of(bagOfRow, Shape.of(bagOfRow.length, 1)), rows, Indexing.Scatter.ADD);
  }

  /** Rows of each bag, at least 1: [bags, 1]. */
  private Tensor sizes(long[] begin, long n) {
    double[] sizes = new double[begin.length];
    for (int bag = 0; bag < sizes.length; bag++) {
      sizes[bag] = Math.max(1, end(begin, bag, n) - begin[bag]);
    }
    return Tensor.of(sizes, Shape.of(sizes.length, 1), type);
  }

  private long end(long[] begin, int bag, long n) {
    long end = bag + 1 < begin.length ? begin[bag + 1] : n;
    if (begin[0] != 0 || begin[bag] > end || end > n) {
      throw new IllegalArgumentException(
          who() + ": expected offsets ascending from 0 to at most " + n + ", given " + Arrays.toString(begin));
    }
    return end;
  }

  private Tensor largest(long[] begin, Tensor rows) {
    Tensor[] bags = new Tensor[begin.length];
    for (int bag = 0; bag < bags.length; bag++) {
      long end = end(begin, bag, rows.dim(0));
      bags[bag] = end == begin[bag]
          ? Tensor.zeros(Shape.of(width), type)
          : rows.slice(0, begin[bag], end).max(0);
    }
    return Tensor.stack(0, List.of(bags));
  }

  @Override
  public Config config() {
    return new Config(vocabulary, width, mode, type, initializer);
  }
}
