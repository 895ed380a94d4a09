package dev.neurite.golden;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * A tensor of a golden file.
 *
 * @param shape axis lengths
 * @param dtype "float64", "int64", "bool" or "string"
 * @param values flat values; strings are null here
 * @param texts flat values of a string tensor, else null
 */
public record GoldenTensor(Shape shape, String dtype, double[] values, List<String> texts) {

  @SuppressWarnings("unchecked")
  static GoldenTensor of(Object json) {
    Map<String, Object> map = (Map<String, Object>) json;
    List<Object> dims = (List<Object>) map.get("shape");
    Shape shape = Shape.of(dims.stream().mapToLong(d -> ((Number) d).longValue()).toArray());
    String dtype = (String) map.get("dtype");
    List<Object> data = (List<Object>) map.get("data");
    if (dtype.equals("string")) {
      return new GoldenTensor(shape, dtype, null, data.stream().map(Object::toString).toList());
    }
    return new GoldenTensor(shape, dtype, data.stream().mapToDouble(GoldenTensor::number).toArray(), null);
  }

  private static double number(Object o) {
    if (o instanceof Boolean b) {
      return b ? 1 : 0;
    }
    return o instanceof Number n ? n.doubleValue() : Double.parseDouble((String) o);
  }

  /** As a tensor: floats in the type under test, integers as int64, booleans as bool. */
  public Tensor tensor(DType floating) {
    return Tensor.of(
        values, shape, dtype.equals("int64") ? DType.INT64 : dtype.equals("bool") ? DType.BOOL : floating);
  }
}
