package dev.neurite.nn;

import dev.neurite.autograd.Tape;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Folds batch normalisations into the layers before them. The work is done on the model's structure as files have it:
 * steps are left out there, and the model is built anew from what remains.
 */
final class BatchNormFolding {

  private static final Set<String> FOLDABLE = Set.of("Dense", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2D");

  /** What was folded: path prefixes of the normalisation, by that of the layer that took it up. */
  private final Map<String, String> folded = new LinkedHashMap<>();

  private BatchNormFolding() {}

  static Model fold(Model model) {
    BatchNormFolding folding = new BatchNormFolding();
    Map<String, Object> tree = object(copy(ModelConfig.write(model)));
    folding.structure("", tree);
    List<Object> frozen = new ArrayList<>(list(tree, "frozen"));
    folding.folded.values().forEach(prefix -> frozen.remove(prefix.substring(0, prefix.length() - 1)));
    tree.put("frozen", frozen);
    Map<String, Block> blocks = new HashMap<>();
    model.visit("", blocks::put);
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> values = Tape.noGrad(() -> folding.values(model, blocks));
      long elements = values.values().stream().mapToLong(Tensor::size).sum();
      Model copy = ModelConfig.read(tree, elements);
      copy.load(values, Loading.STRICT);
      return copy;
    }
  }

  /** A tree of its own to change, with whole numbers as files give them. */
  private static Object copy(Object o) {
    if (o instanceof Map<?, ?> map) {
      Map<Object, Object> out = new LinkedHashMap<>();
      map.forEach((k, v) -> out.put(k, copy(v)));
      return out;
    }
    if (o instanceof List<?> list) {
      List<Object> out = new ArrayList<>();
      list.forEach(v -> out.add(copy(v)));
      return out;
    }
    return o instanceof Integer i ? (Object) i.longValue() : o;
  }

  // ---- structure

  private void structure(String prefix, Map<String, Object> tree) {
    for (Object block : list(tree, "blocks")) {
      Map<String, Object> b = object(block);
      if (b.get("type").equals(ModelConfig.MODEL)) {
        structure(prefix + b.get("name") + ".", object(b.get("config")));
      }
    }
    leaveOut(tree, foldSteps(prefix, tree));
  }

  /** Which steps are normalisations that the step before takes up. */
  private boolean[] foldSteps(String prefix, Map<String, Object> tree) {
    List<Object> steps = list(tree, "steps");
    Map<Long, Integer> makers = makers(list(tree, "inputs").size(), steps);
    Map<Object, Integer> uses = new HashMap<>();
    steps.forEach(s -> uses.merge(object(s).get("block"), 1, Integer::sum));
    Map<Long, Integer> readers = new HashMap<>();
    steps.forEach(s -> list(object(s), "inputs").forEach(slot -> readers.merge(number(slot), 1, Integer::sum)));
    list(tree, "outputs").forEach(slot -> readers.merge(number(slot), 1, Integer::sum));
    List<Object> blocks = list(tree, "blocks");
    boolean[] removed = new boolean[steps.size()];
    for (int i = 0; i < removed.length; i++) {
      Map<String, Object> step = object(steps.get(i));
      Map<String, Object> norm = object(blocks.get((int) number(step.get("block"))));
      if (!norm.get("type").equals("BatchNorm") || uses.get(step.get("block")) != 1) {
        continue;
      }
      long slot = number(list(step, "inputs").get(0));
      Integer maker = makers.get(slot);
      if (maker == null || readers.get(slot) != 1) {
        continue;
      }
      Object number = object(steps.get(maker)).get("block");
      Map<String, Object> sums = object(blocks.get((int) number(number)));
      String into = prefix + sums.get("name") + ".";
      if (uses.get(number) == 1 && takesUp(sums) && !folded.containsKey(into)) {
        object(sums.get("config")).put("bias", true);
        folded.put(into, prefix + norm.get("name") + ".");
        removed[i] = true;
      }
    }
    return removed;
  }

  private static boolean takesUp(Map<String, Object> block) {
    return FOLDABLE.contains(block.get("type"))
        && object(block.get("config")).get("activation").equals(copy(ConfigCodec.encode(Activation.LINEAR.config())));
  }

  /** Which step makes a slot. */
  private static Map<Long, Integer> makers(long inputs, List<Object> steps) {
    Map<Long, Integer> makers = new HashMap<>();
    long slot = inputs;
    for (int i = 0; i < steps.size(); i++) {
      for (long n = number(object(steps.get(i)).get("outputs")); n > 0; n--) {
        makers.put(slot++, i);
      }
    }
    return makers;
  }

  /** Takes steps with one input and output out of the structure; their readers read what they have read. */
  private static void leaveOut(Map<String, Object> tree, boolean[] removed) {
    Map<Long, Long> slots = new HashMap<>();
    long old = list(tree, "inputs").size();
    long next = old;
    for (long i = 0; i < old; i++) {
      slots.put(i, i);
    }
    List<Object> kept = new ArrayList<>();
    Map<Object, Long> numbers = new LinkedHashMap<>();
    List<Object> steps = list(tree, "steps");
    for (int i = 0; i < removed.length; i++) {
      Map<String, Object> step = object(steps.get(i));
      List<Object> inputs = renumbered(list(step, "inputs"), slots);
      if (removed[i]) {
        slots.put(old++, number(inputs.get(0)));
        continue;
      }
      for (long n = number(step.get("outputs")); n > 0; n--) {
        slots.put(old++, next++);
      }
      step.put("inputs", inputs);
      step.put("block", numbers.computeIfAbsent(step.get("block"), b -> (long) numbers.size()));
      kept.add(step);
    }
    List<Object> blocks = list(tree, "blocks");
    tree.put("blocks", numbers.keySet().stream().map(b -> blocks.get((int) number(b))).toList());
    tree.put("steps", kept);
    tree.put("outputs", renumbered(list(tree, "outputs"), slots));
  }

  private static List<Object> renumbered(List<Object> old, Map<Long, Long> slots) {
    List<Object> out = new ArrayList<>();
    old.forEach(slot -> out.add(slots.get(number(slot))));
    return out;
  }

  private static long number(Object o) {
    return ((Number) o).longValue();
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(Map<String, Object> tree, String key) {
    return (List<Object>) tree.get(key);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Object o) {
    return (Map<String, Object>) o;
  }

  // ---- values

  private Map<String, Tensor> values(Model model, Map<String, Block> blocks) {
    Map<String, Tensor> all = new LinkedHashMap<>(model.state());
    folded.forEach((into, norm) -> {
      BatchNorm layer = (BatchNorm) blocks.get(norm);
      Tensor factor = layer.movingVariance().add(layer.epsilon()).rsqrt();
      factor = layer.gamma() == null ? factor : factor.mul(layer.gamma());
      Param kernel = (Param) all.get(into + "kernel");
      Param bias = (Param) all.get(into + "bias");
      Tensor centre = bias == null ? layer.movingMean().neg() : bias.sub(layer.movingMean());
      Tensor offset = centre.mul(factor);
      all.put(into + "kernel", kernel.mul(factor.reshape(tail(kernel.shape(), factor.size()))));
      all.put(into + "bias", layer.beta() == null ? offset : offset.add(layer.beta()));
      layer.state().keySet().forEach(name -> all.remove(norm + name));
    });
    return all;
  }

  /** The kernel's last axes that number the outputs: one, or two for depthwise kernels [..., in, multiplier]. */
  private static Shape tail(Shape kernel, long outputs) {
    return kernel.last() == outputs ? Shape.of(outputs) : kernel.slice(kernel.rank() - 2, kernel.rank());
  }
}
