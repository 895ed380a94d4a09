package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Compares stored values with a block's state, reports every difference at once, and only then
 * copies.
 */
final class StateLoading {

  private static final int SHOWN = 20;

  private StateLoading() {}

  static void load(String who, Map<String, Param> state, Map<String, ? extends Tensor> values, Loading how) {
    if (how != Loading.MATCHING) {
      requireFit(who, state, values, how);
    }
    try (Scope scope = Scope.open()) {
      values.forEach((path, value) -> {
        Param p = state.get(path);
        if (p == null || !p.shape().equals(value.shape())) {
          return; // MATCHING: the others were refused above
        }
        if (p.dtype() == value.dtype()) {
          p.assign(value);
        } else if (how == Loading.CONVERT) {
          p.assign(value.cast(p.dtype()));
        }
      });
    }
  }

  private static void requireFit(
      String who, Map<String, Param> state, Map<String, ? extends Tensor> values, Loading how) {
    List<String> faults = new ArrayList<>();
    state.forEach((path, p) -> {
      if (!values.containsKey(path)) {
        faults.add("missing     " + path + " " + p.shape());
      }
    });
    values.forEach((path, value) -> {
      Param p = state.get(path);
      if (p == null) {
        faults.add("unexpected  " + path + " " + value.shape());
      } else if (!p.shape().equals(value.shape())) {
        faults.add("shape       " + path + ": expected " + p.shape() + ", given " + value.shape());
      } else if (p.dtype() != value.dtype()
          && !(how == Loading.CONVERT && p.dtype().isFloating() && value.dtype().isFloating())) {
        faults.add("type        " + path + ": expected " + p.dtype() + ", given " + value.dtype());
      }
    });
    if (faults.isEmpty()) {
      return;
    }
    StringBuilder text = new StringBuilder(who)
        .append(": expected values for its ").append(state.size()).append(" entries, given ").append(values.size())
        .append(" with ").append(faults.size()).append(faults.size() == 1 ? " difference" : " differences");
    faults.stream().limit(SHOWN).forEach(f -> text.append("\n  ").append(f));
    if (faults.size() > SHOWN) {
      text.append("\n  and ").append(faults.size() - SHOWN).append(" more");
    }
    throw new ShapeException(text.toString());
  }
}
