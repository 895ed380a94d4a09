package dev.neurite.nn;

import dev.neurite.error.DTypeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.ops.Gather;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Looks up a vector for every id: {@code y[i..., :] = embeddings[ids[i...], :]}.
 *
 * <p><b>Shapes</b>: input {@code [batch, *]} of int64 (or int32) ids in [0, vocabulary), output
 * {@code [batch, *, width]}; {@code embeddings} [vocabulary, width].
 *
 * <p>Defaults as in Keras: uniform in +-0.05. The gradient keeps to the rows that were looked up.
 *
 * <pre>{@code
 * Model.sequential(Input.of(20).dtype(DType.INT64), Embedding.of(5000, 64), Flatten.of(), Dense.of(1));
 * }</pre>
 */
public final class Embedding extends Layer {

  private static final long NO_PADDING = -1;

  /** The options, as saved. */
  public record Config(
      long vocabulary, long width, long paddingIndex, DType dtype, Initializer initializer, Regularizer regularizer) {}

  private final long vocabulary;
  private final long width;
  private long paddingIndex = NO_PADDING;
  private DType type = DType.FLOAT32;
  private Initializer initializer = Initializers.uniform();
  private Regularizer regularizer;
  private Param embeddings;

  private Embedding(long vocabulary, long width) {
    if (vocabulary < 1 || width < 1) {
      throw new IllegalArgumentException(
          "Embedding: expected a vocabulary and width of 1 or more, given " + vocabulary + " and " + width);
    }
    this.vocabulary = vocabulary;
    this.width = width;
  }

  /**
   * A table of vectors.
   *
   * @param vocabulary number of rows
   * @param width length of a vector
   */
  public static Embedding of(long vocabulary, long width) {
    return new Embedding(vocabulary, width);
  }

  static Embedding from(Config c) {
    return of(c.vocabulary, c.width)
        .paddingIndex(c.paddingIndex)
        .dtype(c.dtype)
        .initializer(c.initializer)
        .regularizer(c.regularizer);
  }

  /** Sets the row that gets no gradient; -1 (default) for none. */
  public Embedding paddingIndex(long index) {
    requireUnbuilt();
    if (index < NO_PADDING || index >= vocabulary) {
      throw new IllegalArgumentException(
          "Embedding: expected a padding index in [0, " + vocabulary + ") or -1, given " + index);
    }
    paddingIndex = index;
    return this;
  }

  /** Sets the type of the vectors (default float32), as ids have none to take it from. */
  public Embedding dtype(DType dtype) {
    requireUnbuilt();
    if (!dtype.isDifferentiable()) {
      throw new DTypeException("Embedding: expected float32 or float64, given " + dtype);
    }
    type = dtype;
    return this;
  }

  /** Sets what draws the vectors. */
  public Embedding initializer(Initializer initializer) {
    requireUnbuilt();
    this.initializer = initializer;
    return this;
  }

  /** Sets a penalty on the table; null (default) for none. */
  public Embedding regularizer(Regularizer regularizer) {
    requireUnbuilt();
    this.regularizer = regularizer;
    return this;
  }

  @Override
  public Embedding name(String name) {
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
  protected Shape build(Shape in) {
    embeddings = param("embeddings", Shape.of(vocabulary, width), initializer, regularizer);
    return in.append(width);
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    if (x.dtype().isFloating()) {
      throw new DTypeException(who() + ": expected int64 ids, given " + x.describe());
    }
    return Gather.apply(embeddings, x.cast(DType.INT64), paddingIndex);
  }

  @Override
  public Config config() {
    return new Config(vocabulary, width, paddingIndex, type, initializer, regularizer);
  }
}
