package dev.neurite.init;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * A matrix with orthonormal columns (rows, where it is wider than high), from normal numbers by
 * Gram-Schmidt, twice per vector so that it holds to rounding. Axes before the last are merged.
 *
 * @param gain factor on the result
 */
public record Orthogonal(double gain) implements Initializer {

  @Override
  public Tensor create(Shape shape, DType dtype, RandomStream random) {
    if (shape.rank() < 2) {
      throw new ShapeException("orthogonal: expected at least two axes, given " + shape);
    }
    int columns = Math.toIntExact(shape.last());
    int rows = Math.toIntExact(columns == 0 ? 0 : shape.size() / columns);
    int count = Math.min(rows, columns);
    int length = Math.max(rows, columns);
    double[][] vectors = orthonormal(count, length, random);
    double[] values = new double[rows * columns];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < length; j++) {
        values[rows >= columns ? j * columns + i : i * columns + j] = gain * vectors[i][j];
      }
    }
    return Tensor.of(values, shape, dtype);
  }

  private static double[][] orthonormal(int count, int length, RandomStream random) {
    double[] draws = RandomOp.normal(Shape.of(count, length), DType.FLOAT64, 0, 1, random).toDoubles();
    double[][] vectors = new double[count][];
    for (int i = 0; i < count; i++) {
      double[] v = java.util.Arrays.copyOfRange(draws, i * length, (i + 1) * length);
      for (int pass = 0; pass < 2; pass++) {
        for (int k = 0; k < i; k++) {
          subtract(v, vectors[k], dot(v, vectors[k]));
        }
      }
      double norm = Math.sqrt(dot(v, v));
      for (int j = 0; j < length; j++) {
        v[j] /= norm;
      }
      vectors[i] = v;
    }
    return vectors;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void subtract(double[] v, double[] direction, double factor) {
    for (int i = 0; i < v.length; i++) {
      v[i] -= factor * direction[i];
    }
  }
}
