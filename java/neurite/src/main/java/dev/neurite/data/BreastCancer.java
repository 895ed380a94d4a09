package dev.neurite.data;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * The bundled Wisconsin breast cancer (diagnostic) data: 569 tumours, 30 measurements of cell nuclei, two diagnoses.
 *
 * <p>Source: W. Wolberg, O. Mangasarian, N. Street, W. Street, UCI Machine Learning Repository, doi:10.24432/C5DW2B,
 * CC BY 4.0.
 */
public final class BreastCancer {

  /** Diagnoses by class number. */
  public static final List<String> DIAGNOSES = List.of("malignant", "benign");

  /** What is measured, by column. */
  public static final List<String> FEATURES =
      List.of(
          "mean_radius", "mean_texture", "mean_perimeter", "mean_area", "mean_smoothness", "mean_compactness",
          "mean_concavity", "mean_concave_points", "mean_symmetry", "mean_fractal_dimension", "radius_error",
          "texture_error", "perimeter_error", "area_error", "smoothness_error", "compactness_error",
          "concavity_error", "concave_points_error", "symmetry_error", "fractal_dimension_error", "worst_radius",
          "worst_texture", "worst_perimeter", "worst_area", "worst_smoothness", "worst_compactness",
          "worst_concavity", "worst_concave_points", "worst_symmetry", "worst_fractal_dimension");

  private BreastCancer() {}

  /** All 569 examples in their original order: x float32 [569, 30], y int64 [569]. */
  public static Dataset load() {
    BundledTable table = BundledTable.read("breast_cancer.csv.gz", FEATURES.size());
    return Dataset.of(
        Tensor.of(table.features(), Shape.of(table.rows(), FEATURES.size())),
        Tensor.ofLongs(table.labels(Long::parseLong)));
  }
}
