package dev.neurite.nn;

import dev.neurite.regularizer.Constraint;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Constraints and factors of the learning rate in a model's tree of plain values; both keys are left out when empty.
 */
final class TrainingRules {

  private static final String CONSTRAINTS = "constraints";
  private static final String RATES = "learning_rates";

  private TrainingRules() {}

  static void write(Model model, Map<String, Object> tree) {
    Map<String, Object> constraints = new LinkedHashMap<>();
    Map<String, Object> rates = new LinkedHashMap<>();
    model.visit("", (prefix, block) -> {
      block.rules.constraints().forEach((name, c) -> {
        if (!ConfigCodec.isVariant(c)) {
          throw new IllegalStateException(
              block.who() + ": the constraint of '" + name + "' is a function of this program and cannot be saved");
        }
        constraints.put(prefix + name, ConfigCodec.tagged((Record) c));
      });
      if (block.rules.learningRate() != 1) {
        rates.put(prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1), block.rules.learningRate());
      }
    });
    if (!constraints.isEmpty()) {
      tree.put(CONSTRAINTS, constraints);
    }
    if (!rates.isEmpty()) {
      tree.put(RATES, rates);
    }
  }

  /** The model's blocks by path, as in {@link Block#state()}. */
  static Map<String, Block> blocks(Model model) {
    Map<String, Block> byPath = new LinkedHashMap<>();
    model.visit("", (prefix, b) -> byPath.put(prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1), b));
    return byPath;
  }

  static void read(Map<String, Block> blocks, Map<String, Object> tree) {
    object(tree, RATES).forEach((path, factor) -> {
      if (!(factor instanceof Number n)) {
        throw new IllegalArgumentException(RATES + "." + path + ": expected a number, given " + factor);
      }
      Block block = block(blocks, RATES, path);
      block.rules.learningRate(n.doubleValue());
      block.ownParams().forEach((name, p) -> block.rules.apply(name, p));
    });
    object(tree, CONSTRAINTS).forEach((key, value) -> {
      String path = String.valueOf(key);
      int dot = path.lastIndexOf('.');
      String where = CONSTRAINTS + "." + path;
      if (!(value instanceof Map<?, ?> map)) {
        throw new IllegalArgumentException(where + ": expected an object, given " + value);
      }
      block(blocks, CONSTRAINTS, dot < 0 ? "" : path.substring(0, dot))
          .constrain(path.substring(dot + 1), (Constraint) ConfigCodec.variant(where, map, Constraint.class));
    });
  }

  private static Map<?, ?> object(Map<String, Object> tree, String key) {
    Object value = tree.getOrDefault(key, Map.of());
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw new IllegalArgumentException(key + ": expected an object, given " + value);
  }

  /** The block at a path; the key says which entry of the file asks for it. */
  static Block block(Map<String, Block> blocks, String key, Object path) {
    Block block = blocks.get(path);
    if (block == null) {
      throw new IllegalArgumentException(key + ": expected a block's path, given '" + path + "'");
    }
    return block;
  }
}
