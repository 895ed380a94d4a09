package dev.neurite.tensor;

import dev.neurite.ops.Current;
import java.util.Locale;

/** How a tensor is printed: nested brackets, six elements at each end of a long axis. */
final class TensorText {

  private static final int EDGE = 6;

  private TensorText() {}

  static String of(Tensor t) {
    StringBuilder out = new StringBuilder(t.describe());
    if (t.rank() > 0) {
      out.append('\n');
    } else {
      out.append(' ');
    }
    Current current = Current.get();
    var tape = current.tape;
    current.tape = null;
    try (Scope scope = Scope.open()) {
      append(out, t, "");
    } finally {
      current.tape = tape;
    }
    return out.toString();
  }

  private static void append(StringBuilder out, Tensor t, String indent) {
    if (t.rank() == 0) {
      out.append(number(t));
      return;
    }
    out.append('[');
    long n = t.dim(0);
    for (long i = 0; i < n; i++) {
      if (i > 0) {
        out.append(t.rank() == 1 ? ", " : ",\n" + indent + " ");
      }
      if (i == EDGE && n > 2L * EDGE) {
        out.append("...");
        i = n - EDGE - 1;
        continue;
      }
      append(out, t.select(0, i), indent + " ");
    }
    out.append(']');
  }

  private static String number(Tensor t) {
    double v = t.item();
    if (t.dtype() == DType.BOOL) {
      return v != 0 ? "true" : "false";
    }
    if (!t.dtype().isFloating()) {
      return Long.toString((long) v);
    }
    return t.dtype() == DType.FLOAT64 ? Double.toString(v) : String.format(Locale.ROOT, "%s", (float) v);
  }
}
