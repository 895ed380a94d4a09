package dev.neurite.golden;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One case of a golden file: configuration, inputs, expected outputs and gradients. */
public final class GoldenCase {

  private final Map<String, Object> json;
  private final Map<String, Object> fileTolerance;
  private final Attributes attrs;

  @SuppressWarnings("unchecked")
  GoldenCase(Map<String, Object> json, Map<String, Object> file) {
    this.json = json;
    this.fileTolerance = (Map<String, Object>) file.get("tolerance");
    this.attrs = new Attributes((Map<String, Object>) json.get("attrs"));
  }

  /** Unique name in its file. */
  public String name() {
    return (String) json.get("name");
  }

  /** What is computed. */
  public String op() {
    return (String) json.get("op");
  }

  /** The whole case as maps and lists, for what has no accessor here. */
  public Map<String, Object> json() {
    return json;
  }

  /** Configuration; empty when absent. */
  public Map<String, Object> attrs() {
    return attrs;
  }

  /** Options that are switched on and that nobody has looked at so far: what was computed cannot have followed them. */
  public Set<String> overlooked() {
    return attrs.overlooked();
  }

  /** A number of the configuration, or the default when absent or null. */
  public double number(String key, double otherwise) {
    Object v = attrs().get(key);
    return v == null ? otherwise : v instanceof String s ? Double.parseDouble(s) : ((Number) v).doubleValue();
  }

  /** A truth value of the configuration. */
  public boolean flag(String key, boolean otherwise) {
    Object v = attrs().get(key);
    return v == null ? otherwise : (Boolean) v;
  }

  /** A text of the configuration. */
  public String text(String key, String otherwise) {
    Object v = attrs().get(key);
    return v == null ? otherwise : (String) v;
  }

  /** A list of whole numbers of the configuration. */
  public long[] longs(String key) {
    return longs(attrs().get(key));
  }

  /** A list of whole numbers. */
  @SuppressWarnings("unchecked")
  public static long[] longs(Object list) {
    return ((List<Object>) list).stream().mapToLong(o -> ((Number) o).longValue()).toArray();
  }

  /** A list of whole numbers of the configuration, as ints. */
  public int[] ints(String key) {
    long[] v = longs(key);
    int[] out = new int[v.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (int) v[i];
    }
    return out;
  }

  /** Named tensors of a section: inputs, outputs, grad_output, grads. */
  @SuppressWarnings("unchecked")
  public Map<String, GoldenTensor> tensors(String section) {
    Object o = json.get(section);
    Map<String, GoldenTensor> out = new LinkedHashMap<>();
    if (o != null) {
      ((Map<String, Object>) o).forEach((k, v) -> out.put(k, GoldenTensor.of(v)));
    }
    return out;
  }

  /** {rtol, atol} for "float64" or "float32". */
  @SuppressWarnings("unchecked")
  public double[] tolerance(String dtype) {
    Object own = json.get("tolerance");
    Map<String, Object> t = (Map<String, Object>) (own == null ? fileTolerance : (Map<String, Object>) own).get(dtype);
    return new double[] {((Number) t.get("rtol")).doubleValue(), ((Number) t.get("atol")).doubleValue()};
  }
}
