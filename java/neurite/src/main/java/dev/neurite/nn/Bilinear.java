package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Two inputs joined by a bilinear form for each unit: {@code y[o] = sum over i,j of a[i] *
 * kernel[o,i,j] * b[j] + bias[o]}.
 *
 * <p><b>Shapes</b>: inputs {@code [batch, left]} and {@code [batch, right]}, output {@code [batch,
 * units]}; {@code kernel} [units, left, right], {@code bias} [units].
 *
 * <p>Defaults: kernel Glorot uniform, bias zeros. As PyTorch's {@code Bilinear}.
 */
public final class Bilinear extends MultiLayer {

  /** The options, as saved. */
  public record Config(long units, boolean bias, Initializer kernelInitializer, Initializer biasInitializer) {}

  private final long units;
  private boolean useBias = true;
  private Initializer kernelInitializer = Initializers.glorotUniform();
  private Initializer biasInitializer = Initializers.zeros();
  private Param kernel;
  private Param bias;

  private Bilinear(long units) {
    if (units < 1) {
      throw new IllegalArgumentException("Bilinear: expected at least one unit, given " + units);
    }
    this.units = units;
  }

  /** A layer with so many outputs. */
  public static Bilinear of(long units) {
    return new Bilinear(units);
  }

  static Bilinear from(Config c) {
    return of(c.units)
        .bias(c.bias)
        .kernelInitializer(c.kernelInitializer)
        .biasInitializer(c.biasInitializer);
  }

  /** Leaves the bias out (false). */
  public Bilinear bias(boolean use) {
    requireUnbuilt();
    useBias = use;
    return this;
  }

  /** Sets what draws the kernel. */
  public Bilinear kernelInitializer(Initializer initializer) {
    requireUnbuilt();
    kernelInitializer = initializer;
    return this;
  }

  /** Sets what draws the bias. */
  public Bilinear biasInitializer(Initializer initializer) {
    requireUnbuilt();
    biasInitializer = initializer;
    return this;
  }

  @Override
  public Bilinear name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    if (in.size() != 2 || in.stream().anyMatch(s -> s.rank() != 2 || s.last() < 1)) {
      throw new ShapeException(who() + ": expected two inputs [batch, left] and [batch, right], given " + in);
    }
    kernel = param("kernel", Shape.of(units, in.get(0).last(), in.get(1).last()), kernelInitializer);
    if (useBias) {
      bias = param("bias", Shape.of(units), biasInitializer);
    }
    return List.of(Shape.of(in.get(0).dim(0), units));
  }

  /** {@code a} times all forms at once, then a product of rows with {@code b}. */
  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    Tensor a = in.get(0);
    Tensor b = in.get(1);
    long left = kernel.dim(1);
    long right = kernel.dim(2);
    if (a.rank() != 2 || b.rank() != 2 || a.dim(1) != left || b.dim(1) != right || a.dim(0) != b.dim(0)) {
      throw new ShapeException(
          who() + ": expected [batch, " + left + "] and [batch, " + right + "], given " + a.shape() + " and "
              + b.shape());
    }
    Tensor forms = a.matmul(kernel.permute(1, 0, 2).reshape(left, units * right)).reshape(a.dim(0), units, right);
    Tensor y = forms.matmul(b.expandDims(2)).squeeze(2);
    return List.of(bias == null ? y : y.add(bias));
  }

  @Override
  protected long ownMultiplyAdds(List<Shape> in, List<Shape> out) {
    return units * kernel.dim(2) * (kernel.dim(1) + 1);
  }

  @Override
  public Config config() {
    return new Config(units, useBias, kernelInitializer, biasInitializer);
  }
}
