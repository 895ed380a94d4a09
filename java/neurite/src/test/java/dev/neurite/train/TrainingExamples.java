package dev.neurite.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.neurite.data.Dataset;
import dev.neurite.init.Initializers;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/** Small models and data sets the tests of training share. */
final class TrainingExamples {

  private TrainingExamples() {}

  /** One linear unit without bias, y = w x, w = 1. */
  static Model line() {
    return Model.sequential(
        Input.of(1), Dense.of(1).bias(false).kernelInitializer(Initializers.ones()));
  }

  /** x [n, 1] and y [n, 1]. */
  static Dataset points(float[] x, float[] y) {
    return Dataset.of(Tensor.of(x, Shape.of(x.length, 1)), Tensor.of(y, Shape.of(y.length, 1)));
  }

  /** y = 3 x at n points between -1 and 1. */
  static Dataset slope(int n) {
    float[] x = new float[n];
    float[] y = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = 2f * i / n - 1;
      y[i] = 3 * x[i];
    }
    return points(x, y);
  }

  /** A classifier of digits with one hidden layer. */
  static Model digitsMlp(int hidden) {
    return Model.sequential(
        Input.of(8, 8, 1), dev.neurite.nn.Flatten.of(), Dense.of(hidden).activation(Activation.RELU), Dense.of(10));
  }

  /** Asserts kind and first line of what is thrown. */
  static <T extends Throwable> T assertFirstLine(Class<T> kind, String line, Runnable code) {
    T e = assertThrows(kind, code::run);
    assertEquals(line, e.getMessage().lines().findFirst().orElse(""));
    return e;
  }
}
