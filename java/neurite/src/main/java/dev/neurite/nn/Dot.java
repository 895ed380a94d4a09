package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Products of two inputs summed over one axis of each, sample by sample: {@code y[b, i..., j...] = sum over k of
 * left[b, i..., k] right[b, j..., k]}; with {@link #normalize} the cosine similarity.
 *
 * <p><b>Shapes</b>: output {@code [batch, left without its axis, right without its axis]}, {@code [batch, 1]} for two
 * inputs {@code [batch, n]}. Axes count the batch as 0, as in Keras; negative ones from the end.
 *
 * <pre>{@code
 * Node similarity = Dot.of(1).normalize(true).on(question, answer);
 * }</pre>
 */
public final class Dot extends MultiLayer {

  private static final double LEAST_SQUARE = 1e-12; // as in Keras: what a zero vector is divided by, squared

  /** The options, as saved. */
  public record Config(int leftAxis, int rightAxis, boolean normalize) {}

  private final int leftAxis;
  private final int rightAxis;
  private boolean normalize;

  private Dot(int leftAxis, int rightAxis) {
    if (leftAxis == 0 || rightAxis == 0) {
      throw new IllegalArgumentException(
          "Dot: expected axes behind the batch axis, given " + leftAxis + " and " + rightAxis);
    }
    this.leftAxis = leftAxis;
    this.rightAxis = rightAxis;
  }

  /** Sums over the same axis of both inputs. */
  public static Dot of(int axis) {
    return of(axis, axis);
  }

  /** Sums over an axis of the left and one of the right input. */
  public static Dot of(int leftAxis, int rightAxis) {
    return new Dot(leftAxis, rightAxis);
  }

  static Dot from(Config c) {
    return of(c.leftAxis, c.rightAxis).normalize(c.normalize);
  }

  /** Divides the inputs by their lengths along the axis first. */
  public Dot normalize(boolean on) {
    requireUnbuilt();
    normalize = on;
    return this;
  }

  @Override
  public Dot name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    if (in.size() != 2) {
      throw new IllegalArgumentException(who() + ": expected 2 inputs, given " + in.size());
    }
    return List.of(output(in.get(0), in.get(1)));
  }

  private Shape output(Shape left, Shape right) {
    int a = axis(left, leftAxis);
    int b = axis(right, rightAxis);
    if (left.dim(a) >= 0 && right.dim(b) >= 0 && left.dim(a) != right.dim(b)) {
      throw new ShapeException(
          who() + ": expected equal lengths of axis " + a + " of the left and " + b + " of the right input, given "
              + left + " and " + right);
    }
    Shape y = Shape.of(left.dim(0));
    for (int i = 1; i < left.rank(); i++) {
      y = i == a ? y : y.append(left.dim(i));
    }
    for (int i = 1; i < right.rank(); i++) {
      y = i == b ? y : y.append(right.dim(i));
    }
    return y.rank() == 1 ? y.append(1) : y;
  }

  private int axis(Shape shape, int axis) {
    int a = axis < 0 ? axis + shape.rank() : axis;
    if (a < 1 || a >= shape.rank()) {
      throw new ShapeException(who() + ": expected an input with axis " + axis + " behind the batch, given " + shape);
    }
    return a;
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    Tensor left = in.get(0);
    Tensor right = in.get(1);
    Tensor a = rows(left, axis(left.shape(), leftAxis));
    Tensor b = rows(right, axis(right.shape(), rightAxis));
    return List.of(a.matmul(b.permute(0, 2, 1)).reshape(output(left.shape(), right.shape())));
  }

  /** [batch, the other axes joined, the axis]. */
  private Tensor rows(Tensor x, int axis) {
    int[] order = new int[x.rank()];
    int next = 0;
    for (int i = 0; i < x.rank(); i++) {
      if (i != axis) {
        order[next++] = i;
      }
    }
    order[next] = axis;
    Tensor moved = x.permute(order);
    long length = x.dim(axis);
    long others = moved.shape().slice(1, x.rank() - 1).size();
    Tensor rows = moved.reshape(x.dim(0), others, length);
    if (!normalize) {
      return rows;
    }
    Tensor square = rows.square().sum(-1).expandDims(-1);
    return rows.mul(square.maximum(Tensor.scalar(LEAST_SQUARE, x.dtype())).rsqrt());
  }

  @Override
  protected long ownMultiplyAdds(List<Shape> in, List<Shape> out) {
    long length = Math.max(in.get(0).dim(axis(in.get(0), leftAxis)), 1);
    return Positions.of(out.get(0), 0) * length;
  }

  @Override
  public Config config() {
    return new Config(leftAxis, rightAxis, normalize);
  }
}
