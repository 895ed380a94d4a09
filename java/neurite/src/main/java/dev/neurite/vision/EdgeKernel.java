package dev.neurite.vision;

import dev.neurite.init.Initializer;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * The 3x3 kernels that find edges, for convolutions whose kernel is set by hand and frozen. Vertical
 * edges from bright (left) to dark (right) and horizontal ones from bright (top) to dark (bottom) give
 * positive values, as in Ng's course; many image libraries have the opposite sign.
 *
 * <pre>{@code
 * Conv2D edges = Conv2D.of(1, 3).bias(false).kernelInitializer(EdgeKernel.SCHARR.vertical());
 * edges.trainable(false);
 * }</pre>
 */
public enum EdgeKernel {
  /** Rows {@code 1 0 -1}, all of the same weight. */
  PREWITT(1, 1),
  /** Rows {@code 1 0 -1}, the middle one doubled. */
  SOBEL(1, 2),
  /** Rows {@code 3 0 -3}, {@code 10 0 -10}, {@code 3 0 -3}. */
  SCHARR(3, 10);

  private static final int SIZE = 3;

  private final double[] weights;

  EdgeKernel(double outer, double middle) {
    weights = new double[] {outer, middle, outer};
  }

  /** The kernel for vertical edges, row by row. */
  public double[][] matrix() {
    double[][] rows = new double[SIZE][];
    for (int i = 0; i < SIZE; i++) {
      rows[i] = new double[] {weights[i], 0, -weights[i]};
    }
    return rows;
  }

  /** Fills kernels [3, 3, in, out] so that each output sums the vertical edges of its inputs. */
  public Initializer vertical() {
    return (shape, dtype, random) -> kernel(shape, dtype, false);
  }

  /** The same for horizontal edges: the transposed kernel. */
  public Initializer horizontal() {
    return (shape, dtype, random) -> kernel(shape, dtype, true);
  }

  private Tensor kernel(Shape shape, DType dtype, boolean transposed) {
    if (shape.rank() != SIZE + 1 || shape.dim(0) != SIZE || shape.dim(1) != SIZE) {
      throw new IllegalArgumentException(name() + ": expected a kernel [3, 3, in, out], given " + shape);
    }
    double[] cells = new double[SIZE * SIZE];
    for (int i = 0; i < cells.length; i++) {
      int row = i / SIZE;
      int column = i % SIZE;
      cells[i] = transposed ? matrix()[column][row] : matrix()[row][column];
    }
    return Tensor.of(cells, Shape.of(SIZE, SIZE, 1, 1), dtype).broadcastTo(shape).contiguous();
  }
}
