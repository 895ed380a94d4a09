package dev.neurite.data;

import dev.neurite.io.Json;
import dev.neurite.nn.Normalization;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A linear map per feature, {@code y = (x - shift) * scale + offset}, found on the training data and applied unchanged
 * to all other data. {@link StandardScaler} and {@link MinMaxScaler} make them.
 *
 * @param kind "standard" or "min_max", for files
 * @param shift subtracted, one number per feature
 * @param scale multiplied with
 * @param offset added
 */
public record Scaler(String kind, List<Double> shift, List<Double> scale, double offset) {

  /** Copies and compares the lists. */
  public Scaler {
    shift = List.copyOf(shift);
    scale = List.copyOf(scale);
    if (shift.size() != scale.size()) {
      throw new IllegalArgumentException(
          "Scaler: expected as many scales as shifts, given " + scale.size() + " and " + shift.size());
    }
  }

  /** Number of features. */
  public int features() {
    return shift.size();
  }

  /**
   * The scaled features.
   *
   * @param x [..., features]
   * @throws dev.neurite.error.ShapeException for another number of features
   */
  public Tensor apply(Tensor x) {
    return requireFeatures(x).sub(row(shift, x)).mul(row(scale, x)).add(offset);
  }

  /** Scaled features back to what they were; a constant feature comes back as its value. */
  public Tensor inverse(Tensor y) {
    return requireFeatures(y).sub(offset).div(row(scale, y)).add(row(shift, y));
  }

  /** The same examples with scaled features. */
  public Dataset apply(Dataset data) {
    return data.map(b -> b.withX(apply(b.x())));
  }

  /** A layer that does the same at a model's input, saved with the model. */
  public Normalization layer() {
    double[] to = new double[features()];
    double[] by = new double[features()];
    for (int i = 0; i < to.length; i++) {
      by[i] = scale.get(i);
      to[i] = shift.get(i) - offset / by[i];
    }
    return Normalization.of(to, by);
  }

  private Tensor requireFeatures(Tensor x) {
    if (x.rank() == 0 || x.shape().last() != features()) {
      throw new dev.neurite.error.ShapeException(
          "Scaler: expected [..., " + features() + "], the features it was fitted on, given " + x.shape());
    }
    return x;
  }

  private static Tensor row(List<Double> values, Tensor like) {
    double[] v = values.stream().mapToDouble(Double::doubleValue).toArray();
    return Tensor.of(v, Shape.of(v.length), like.dtype());
  }

  /** As JSON, for {@link #fromJson}. */
  public String toJson() {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("kind", kind);
    tree.put("shift", shift);
    tree.put("scale", scale);
    tree.put("offset", offset);
    return new String(Json.write(tree, true), StandardCharsets.UTF_8);
  }

  /**
   * A scaler from {@link #toJson}.
   *
   * @throws IllegalArgumentException for another kind of text
   */
  public static Scaler fromJson(String json) {
    Map<String, Object> tree = Json.readObject("scaler", json.getBytes(StandardCharsets.UTF_8));
    if (!(tree.get("kind") instanceof String kind) || !(tree.get("offset") instanceof Number offset)) {
      throw new IllegalArgumentException("scaler: expected kind, shift, scale and offset, given " + tree.keySet());
    }
    return new Scaler(kind, numbers(tree, "shift"), numbers(tree, "scale"), offset.doubleValue());
  }

  private static List<Double> numbers(Map<String, Object> tree, String key) {
    if (!(tree.get(key) instanceof List<?> list) || !list.stream().allMatch(Number.class::isInstance)) {
      throw new IllegalArgumentException("scaler: expected numbers in '" + key + "', given " + tree.get(key));
    }
    return list.stream().map(n -> ((Number) n).doubleValue()).toList();
  }
}
