package dev.neurite.data;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * The bundled wines: 178 of them, 13 chemical measurements, three growers.
 *
 * <p>Source: S. Aeberhard, M. Forina, UCI Machine Learning Repository, doi:10.24432/C5PC7J, CC BY 4.0.
 */
public final class Wine {

  /** What is measured, by column. */
  public static final List<String> FEATURES =
      List.of(
          "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
          "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280_od315", "proline");

  private Wine() {}

  /** All 178 examples in their original order: x float32 [178, 13], y int64 [178]. */
  public static Dataset load() {
    BundledTable table = BundledTable.read("wine.csv", FEATURES.size());
    return Dataset.of(
        Tensor.of(table.features(), Shape.of(table.rows(), FEATURES.size())),
        Tensor.ofLongs(table.labels(Long::parseLong)));
  }
}
