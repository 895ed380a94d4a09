package dev.neurite.nn;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializers;
import dev.neurite.ops.ReduceOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Keeps the largest singular value of a layer's kernel near 1 (Miyato et al. 2018), as discriminators
 * want: after every optimiser step, and once when built, {@code kernel = kernel / sigma} with {@code
 * sigma = v^T W u} from power iterations {@code v = W u / |W u|}, {@code u = W^T v / |W^T v|}, W the
 * kernel as a matrix [everything else, out].
 *
 * <p><b>Shapes</b>: those of the wrapped layer; {@code vector_u} [out], saved and not trained.
 *
 * <p>Defaults as in Keras: one iteration; sigma gets no gradient. (Keras divides at the start of each
 * training call, which is the same moment.) A layer without a parameter {@code kernel} or {@code
 * embeddings} is refused.
 *
 * <pre>{@code
 * SpectralNorm.of(Conv2D.of(64, 4).stride(2)).iterations(2)
 * }</pre>
 */
public final class SpectralNorm extends Layer {

  private static final double EPSILON = 1e-12;

  /** The options, as saved. */
  public record Config(Layer layer, int iterations) {}

  /**
   * What {@link #normalize} finds.
   *
   * @param weight the matrix or kernel divided by sigma
   * @param sigma estimate of the largest singular value, a scalar
   * @param u right vector [out], of length 1
   * @param v left vector [everything else], of length 1
   */
  public record Result(Tensor weight, Tensor sigma, Tensor u, Tensor v) {}

  private final Layer layer;
  private int iterations = 1;
  private Param kernel;
  private Param vector;

  private SpectralNorm(Layer layer) {
    this.layer = child("layer", layer);
  }

  /** Wraps a layer. */
  public static SpectralNorm of(Layer layer) {
    return new SpectralNorm(layer);
  }

  static SpectralNorm from(Config c) {
    return of(c.layer).iterations(c.iterations);
  }

  /** Sets the number of power iterations per step, from 1. */
  public SpectralNorm iterations(int count) {
    requireUnbuilt();
    requireIterations(count);
    iterations = count;
    return this;
  }

  private static void requireIterations(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("SpectralNorm: expected at least one iteration, given " + count);
    }
  }

  @Override
  public SpectralNorm name(String name) {
    super.name(name);
    return this;
  }

  /** The wrapped layer. */
  public Layer layer() {
    return layer;
  }

  @Override
  DType parameterType(DType input) {
    return layer.parameterType(input);
  }

  @Override
  protected Shape build(Shape in) {
    Shape out = buildChild(layer, in);
    Param found = layer.ownParams().getOrDefault("kernel", layer.ownParams().get("embeddings"));
    if (found == null || found.rank() < 2) {
      throw new IllegalArgumentException(
          who() + ": expected a layer with a kernel or embeddings, given " + layer.typeName() + " with "
              + layer.ownParams().keySet());
    }
    if (kernel != null) {
      return out;
    }
    kernel = found;
    vector = buffer("vector_u", Shape.of(kernel.shape().last()), Initializers.truncatedNormal(0, 0.02));
    try (Scope scope = Scope.open()) {
      kernel.assign(divided(kernel));
    }
    String name = layer.ownParams().get("kernel") == kernel ? "kernel" : "embeddings";
    layer.rules.project(name, kernel, (values, rate) -> divided(values));
    return out;
  }

  /** The values divided by sigma; moves the vector on. Zeros (a model being loaded) stay. */
  private Tensor divided(Tensor values) {
    return Tape.noGrad(() -> {
      Result r = normalize(values, vector, iterations);
      if (r.sigma.item() == 0) {
        return values;
      }
      vector.assign(r.u);
      return r.weight;
    });
  }

  /**
   * Power iteration and division; differentiable, in the iteration too.
   *
   * @param weight {@code [*, out]}
   * @param u start vector [out]
   * @param iterations number of power iterations, from 1
   * @throws ShapeException when the vector does not fit
   */
  public static Result normalize(Tensor weight, Tensor u, int iterations) {
    requireIterations(iterations);
    if (weight.rank() < 2 || u.rank() != 1 || u.dim(0) != weight.shape().last()) {
      throw new ShapeException(
          "SpectralNorm.normalize: expected a weight [*, out] and a vector [out], given " + weight.shape() + " and "
              + u.shape());
    }
    Tensor matrix = weight.reshape(-1, u.dim(0));
    Tensor right = u.reshape(-1, 1);
    Tensor left = null;
    for (int i = 0; i < iterations; i++) {
      left = unit(matrix.matmul(right));
      right = unit(matrix.transpose().matmul(left));
    }
    Tensor sigma = left.mul(matrix.matmul(right)).sum();
    return new Result(weight.div(sigma), sigma, right.reshape(-1), left.reshape(-1));
  }

  private static Tensor unit(Tensor column) {
    return column.div(column.reduce(ReduceOp.L2, true).clamp(EPSILON, Double.POSITIVE_INFINITY));
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return layer.call(x, pass);
  }

  @Override
  Activation outputActivation() {
    return layer.outputActivation();
  }

  @Override
  public Config config() {
    return new Config(layer, iterations);
  }
}
