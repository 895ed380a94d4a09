package dev.neurite.nn;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model's structure as a tree of plain values, and back. */
final class ModelConfig {

  static final String FORMAT = "neurite-model";
  static final long VERSION = 1;
  static final String MODEL = "Model";

  private static final int MAX_BLOCKS = 100_000;
  private static final int MAX_NESTING = 16;
  private static final int MAX_OUTPUTS = 10_000;

  private ModelConfig() {}

  // ---- writing

  static Map<String, Object> write(Model model) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("format", FORMAT);
    tree.put("version", VERSION);
    tree.putAll(structure(model));
    List<Object> frozen = new ArrayList<>();
    model.visit("", (prefix, block) -> {
      if (!block.trainable()) {
        frozen.add(prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1));
      }
    });
    tree.put("frozen", frozen);
    TrainingRules.write(model, tree);
    return tree;
  }

  private static Map<String, Object> structure(Model model) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("name", model.name());
    List<Object> inputs = new ArrayList<>();
    for (Input input : model.inputs()) {
      Map<String, Object> in = new LinkedHashMap<>();
      in.put("name", input.name());
      long[] dims = input.shape().dims();
      in.put("shape", Arrays.stream(dims).skip(1).boxed().toList());
      in.put("dtype", input.dtype().name());
      inputs.add(in);
    }
    tree.put("inputs", inputs);
    Map<Block, Integer> numbers = new IdentityHashMap<>();
    List<Object> blocks = new ArrayList<>();
    List<Object> steps = new ArrayList<>();
    for (Graph.Step step : model.graph().steps()) {
      Integer number = numbers.get(step.block());
      if (number == null) {
        number = blocks.size();
        numbers.put(step.block(), number);
        blocks.add(block(step));
      }
      Map<String, Object> s = new LinkedHashMap<>();
      s.put("block", number);
      s.put("inputs", Arrays.stream(step.inputs()).boxed().toList());
      s.put("outputs", step.outputShapes().size());
      steps.add(s);
    }
    tree.put("blocks", blocks);
    tree.put("steps", steps);
    tree.put("outputs", Arrays.stream(model.graph().outputs()).boxed().toList());
    return tree;
  }

  private static Map<String, Object> block(Graph.Step step) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("name", step.name());
    if (step.block() instanceof Model nested) {
      tree.put("type", MODEL);
      tree.put("config", structure(nested));
      return tree;
    }
    Layers.Kind kind = Layers.of(step.block());
    tree.put("type", kind.name());
    tree.put("config", Layers.options(step.block(), kind));
    return tree;
  }

  // ---- reading

  /**
   * Builds the model with zeros.
   *
   * @param elements number of stored values
   * @throws IllegalArgumentException for a tree that is not a model's
   */
  static Model read(Map<String, Object> tree, long elements) {
    if (!FORMAT.equals(tree.get("format"))) {
      throw new IllegalArgumentException("format: expected " + FORMAT + ", given " + tree.get("format"));
    }
    if (!(tree.get("version") instanceof Long version) || version < 1) {
      throw new IllegalArgumentException("version: expected a number from 1, given " + tree.get("version"));
    }
    if (version > VERSION) {
      throw new IllegalArgumentException(
          "version: expected at most " + VERSION + ", given " + version + "; a newer Neurite wrote this file");
    }
    Builder builder = new Builder(StartValues.zeros(elements));
    try {
      Model model = builder.model("", tree, text(tree, "", "name"), 0);
      Map<String, Block> blocks = TrainingRules.blocks(model);
      freeze(blocks, list(tree, "", "frozen"));
      TrainingRules.read(blocks, tree);
      return model;
    } catch (RuntimeException | Error e) {
      builder.made.forEach(block -> block.state().values().forEach(Param::close));
      throw e;
    }
  }

  private static void freeze(Map<String, Block> blocks, List<?> frozen) {
    for (Object path : frozen) {
      TrainingRules.block(blocks, "frozen", path).trainable(false);
    }
  }

  private static final class Builder {
    private final StartValues start;
    private final List<Block> made = new ArrayList<>();

    Builder(StartValues start) {
      this.start = start;
    }

    Model model(String where, Map<?, ?> tree, String name, int depth) {
      if (depth > MAX_NESTING) {
        throw new IllegalArgumentException(where + ": expected at most " + MAX_NESTING + " nested models");
      }
      List<Node> slots = new ArrayList<>();
      List<Input> inputs = new ArrayList<>();
      for (Object o : list(tree, where, "inputs")) {
        inputs.add(input(where + "inputs[" + inputs.size() + "]", object(o, where + "inputs")));
      }
      slots.addAll(inputs);
      List<Block> blocks = new ArrayList<>();
      for (Object o : list(tree, where, "blocks")) {
        blocks.add(block(where + "blocks[" + blocks.size() + "]", object(o, where + "blocks"), depth));
      }
      int s = 0;
      for (Object o : list(tree, where, "steps")) {
        slots.addAll(step(where + "steps[" + s++ + "].", object(o, where + "steps"), blocks, slots));
      }
      List<Node> outputs = nodes(where, tree, "outputs", slots);
      if (inputs.isEmpty() || outputs.isEmpty()) {
        throw new IllegalArgumentException(where + "inputs, outputs: expected at least one of each");
      }
      Model model = new Model(name, inputs, outputs, start);
      made.add(model);
      return model;
    }

    private Input input(String where, Map<?, ?> tree) {
      long[] dims = list(tree, where + ".", "shape").stream()
          .mapToLong(d -> whole(d, where + ".shape"))
          .toArray();
      DType dtype = null;
      for (DType t : DType.values()) {
        if (t.name().equals(tree.get("dtype"))) {
          dtype = t;
        }
      }
      if (dtype == null) {
        throw new IllegalArgumentException(
            where + ".dtype: expected one of " + List.of(DType.values()) + ", given " + tree.get("dtype"));
      }
      return Input.of(dims).dtype(dtype).name(text(tree, where + ".", "name"));
    }

    private Block block(String where, Map<?, ?> tree, int depth) {
      if (made.size() >= MAX_BLOCKS) {
        throw new IllegalArgumentException(where + ": expected at most " + MAX_BLOCKS + " blocks");
      }
      String name = text(tree, where + ".", "name");
      String type = text(tree, where + ".", "type");
      Map<?, ?> config = object(tree.get("config"), where + ".config");
      if (type.equals(MODEL)) {
        return model(where + ".config.", config, name, depth + 1);
      }
      Layers.Kind kind = Layers.find(type);
      if (kind == null) {
        throw new IllegalArgumentException(
            where + ".type: expected one of " + Layers.names() + ", given '" + type + "'"
                + "\n  a layer of your own must be registered with Layers.register before loading");
      }
      Record options = kind.config() == null ? null : ConfigCodec.decode(where + ".config", config, kind.config());
      Block block = make(where, kind, options).name(name);
      made.add(block);
      return block;
    }

    private static Block make(String where, Layers.Kind kind, Record options) {
      try {
        return kind.factory().apply(options);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(where + ".config: " + e.getMessage(), e);
      }
    }

    private List<Node> step(String where, Map<?, ?> tree, List<Block> blocks, List<Node> slots) {
      long number = whole(tree.get("block"), where + "block");
      if (number < 0 || number >= blocks.size()) {
        throw new IllegalArgumentException(
            where + "block: expected a number below " + blocks.size() + ", given " + number);
      }
      Block block = blocks.get((int) number);
      List<Node> inputs = nodes(where, tree, "inputs", slots);
      long outputs = whole(tree.get("outputs"), where + "outputs");
      if (outputs < 1 || outputs > MAX_OUTPUTS) {
        throw new IllegalArgumentException(
            where + "outputs: expected 1 to " + MAX_OUTPUTS + ", given " + outputs);
      }
      return Node.outputs(block, inputs, (int) outputs);
    }

    private static List<Node> nodes(String where, Map<?, ?> tree, String key, List<Node> slots) {
      List<Node> nodes = new ArrayList<>();
      for (Object o : list(tree, where, key)) {
        long slot = whole(o, where + key);
        if (slot < 0 || slot >= slots.size()) {
          throw new IllegalArgumentException(
              where + key + ": expected a number below " + slots.size() + ", given " + slot);
        }
        nodes.add(slots.get((int) slot));
      }
      return nodes;
    }
  }

  private static Map<?, ?> object(Object o, String where) {
    if (o instanceof Map<?, ?> map) {
      return map;
    }
    throw new IllegalArgumentException(where + ": expected an object, given " + o);
  }

  private static List<?> list(Map<?, ?> tree, String where, String key) {
    if (tree.get(key) instanceof List<?> list) {
      return list;
    }
    throw new IllegalArgumentException(where + key + ": expected a list, given " + tree.get(key));
  }

  private static String text(Map<?, ?> tree, String where, String key) {
    if (tree.get(key) instanceof String s) {
      return s;
    }
    throw new IllegalArgumentException(where + key + ": expected a text, given " + tree.get(key));
  }

  private static long whole(Object o, String where) {
    if (o instanceof Long n) {
      return n;
    }
    throw new IllegalArgumentException(where + ": expected a whole number, given " + o);
  }
}
