package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Adds a trained vector per position: {@code y[..., p, :] = x[..., p, :] + embeddings[p, :]} (Gehring et al. 2017;
 * BERT).
 *
 * <p><b>Shapes</b>: input and output {@code [batch, *, positions, width]} with at most {@code length} positions (more
 * are refused); {@code embeddings} [length, width].
 *
 * <p>Default as in KerasHub: Glorot uniform.
 *
 * <pre>{@code
 * Model.sequential(Input.of(20).dtype(DType.INT64), Embedding.of(5000, 64), PositionEmbedding.of(512));
 * }</pre>
 */
public final class PositionEmbedding extends Layer {

  /** The options, as saved. */
  public record Config(long length, Initializer initializer, Regularizer regularizer) {}

  private final long length;
  private Initializer initializer = Initializers.glorotUniform();
  private Regularizer regularizer;
  private Param embeddings;

  private PositionEmbedding(long length) {
    if (length < 1) {
      throw new IllegalArgumentException("PositionEmbedding: expected 1 or more positions, given " + length);
    }
    this.length = length;
  }

  /**
   * A table of vectors.
   *
   * @param length positions it has
   */
  public static PositionEmbedding of(long length) {
    return new PositionEmbedding(length);
  }

  static PositionEmbedding from(Config c) {
    return of(c.length).initializer(c.initializer).regularizer(c.regularizer);
  }

  /** Sets what draws the vectors. */
  public PositionEmbedding initializer(Initializer initializer) {
    requireUnbuilt();
    this.initializer = initializer;
    return this;
  }

  /** Sets a penalty on the table; null (default) for none. */
  public PositionEmbedding regularizer(Regularizer regularizer) {
    requireUnbuilt();
    this.regularizer = regularizer;
    return this;
  }

  @Override
  public PositionEmbedding name(String name) {
    super.name(name);
    return this;
  }

  /** The table [length, width]; null before the layer is built. */
  public Param embeddings() {
    return embeddings;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 3 || in.last() < 1) {
      throw new ShapeException(who() + ": expected [batch, *, positions, width] with a known width, given " + in);
    }
    requireFit(in);
    embeddings = param("embeddings", Shape.of(length, in.last()), initializer, regularizer);
    return in;
  }

  private void requireFit(Shape in) {
    if (in.dim(-2) > length) {
      throw new ShapeException(who() + ": expected at most " + length + " positions, given " + in);
    }
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    requireFit(x.shape());
    return x.add(embeddings.slice(0, 0, x.dim(-2)));
  }

  @Override
  public Config config() {
    return new Config(length, initializer, regularizer);
  }
}
