package dev.neurite.data;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * The bundled iris flowers: 150 examples, four measurements in cm, three species.
 *
 * <p>Source: R. A. Fisher (1936), UCI Machine Learning Repository, doi:10.24432/C56C76, CC BY 4.0.
 */
public final class Iris {

  /** Species by class number. */
  public static final List<String> SPECIES = List.of("setosa", "versicolor", "virginica");

  /** What is measured, by column: all in cm. */
  public static final List<String> FEATURES =
      List.of("sepal_length", "sepal_width", "petal_length", "petal_width");

  private Iris() {}

  /** All 150 examples in their original order: x float32 [150, 4], y int64 [150]. */
  public static Dataset load() {
    BundledTable table = BundledTable.read("iris.csv", FEATURES.size());
    return Dataset.of(
        Tensor.of(table.features(), Shape.of(table.rows(), FEATURES.size())),
        Tensor.ofLongs(table.labels(SPECIES::indexOf)));
  }
}
