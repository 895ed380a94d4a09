package dev.neurite.optim;

import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Names and checks of an optimiser's state in checkpoints. */
final class OptimizerState {

  /** Name of the step count. */
  static final String STEP = "step";

  private OptimizerState() {}

  static Map<String, Param> named(String who, Set<Param> params) {
    Map<String, Param> byName = new LinkedHashMap<>();
    for (Param p : params) {
      if (byName.put(p.name(), p) != null) {
        throw new IllegalStateException(
            who + ": two parameters are named '" + p.name() + "'; give their paths to state(Map)");
      }
    }
    return byName;
  }

  static void collect(Map<String, Param> params, Map<Param, Slots> slots, Map<String, Tensor> state) {
    params.forEach(
        (path, p) -> {
          Slots s = slots.get(p);
          for (int i = 0; s != null && i < s.count(); i++) {
            if (s.value(i) != null) {
              state.put(path + "." + s.name(i), s.value(i));
            }
          }
        });
  }

  /** Throws listing everything that is missing or differs; a parameter without any slot was never updated. */
  static void require(
      String who, Map<String, Param> params, String[] names, Slots.Extent extent,
      Map<String, ? extends Tensor> state) {
    List<String> problems = new ArrayList<>();
    Tensor step = state.get(STEP);
    if (step == null || step.size() != 2) {
      problems.add(STEP + ": expected two numbers, given " + (step == null ? "nothing" : step.describe()));
    }
    params.forEach(
        (path, p) -> {
          for (int i = 0; i < names.length; i++) {
            if (names[i] != null && hasAny(path, names, state)) {
              compare(path + "." + names[i], extent.of(i, p), p, state, problems);
            }
          }
        });
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(who + ": cannot load this state\n  " + String.join("\n  ", problems));
    }
  }

  private static void compare(
      String entry, Shape shape, Param p, Map<String, ? extends Tensor> state, List<String> problems) {
    Tensor given = state.get(entry);
    if (given == null) {
      problems.add(entry + ": missing");
    } else if (!given.shape().equals(shape) || given.dtype() != p.dtype()) {
      problems.add(entry + ": expected " + p.dtype().name().toLowerCase(Locale.ROOT) + shape + ", given " + given.describe());
    }
  }

  static boolean hasAny(String path, String[] names, Map<String, ? extends Tensor> state) {
    for (String slot : names) {
      if (slot != null && state.containsKey(path + "." + slot)) {
        return true;
      }
    }
    return false;
  }

  static void restore(String path, Slots slots, Map<String, ? extends Tensor> state, boolean stepped, boolean pending) {
    for (int i = 0; i < slots.count(); i++) {
      Tensor given = slots.value(i) == null ? null : state.get(path + "." + slots.name(i));
      if (given != null) {
        slots.value(i).assign(given);
        slots.restored(stepped, pending);
      }
    }
  }
}
