package dev.neurite.nn;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model's blocks in the order they run. Tensors live in numbered slots: the inputs first, then
 * every step's outputs; a slot is emptied once its last reader has run.
 */
final class Graph {

  /**
   * One use of a block.
   *
   * @param block what runs
   * @param name its local name in the model
   * @param inputs slots it reads
   * @param first its first output slot
   * @param inputShapes shapes it was built for
   * @param outputShapes what came out
   * @param last slots nobody reads after this step
   */
  record Step(
      Block block, String name, int[] inputs, int first, List<Shape> inputShapes, List<Shape> outputShapes,
      int[] last) {}

  private final List<Input> inputs;
  private final List<Step> steps;
  private final int[] outputs;
  private final List<Shape> outputShapes;
  private final List<DType> outputTypes;
  private final int slots;
  private final FusedNorm[] fused; // by step

  private Graph(
      List<Input> inputs, List<Step> steps, int[] outputs, List<Shape> outputShapes, List<DType> outputTypes,
      int slots) {
    this.inputs = inputs;
    this.steps = steps;
    this.outputs = outputs;
    this.outputShapes = outputShapes;
    this.outputTypes = outputTypes;
    this.slots = slots;
    fused = FusedNorm.find(steps, outputs);
  }

  List<Input> inputs() {
    return inputs;
  }

  List<Step> steps() {
    return steps;
  }

  int[] outputs() {
    return outputs.clone();
  }

  List<Shape> outputShapes() {
    return outputShapes;
  }

  List<DType> outputTypes() {
    return outputTypes;
  }

  // ---- running

  List<Tensor> run(List<Tensor> in, Pass pass) {
    Tensor[] slot = new Tensor[slots];
    for (int i = 0; i < in.size(); i++) {
      slot[i] = in.get(i);
    }
    try (Scope scope = Scope.open()) {
      boolean fuse = !pass.captures();
      for (int i = 0; i < fused.length; i++) {
        if (fuse && fused[i] != null) {
          runFused(fused[i], steps.get(i), slot, pass);
        } else {
          run(steps.get(i), slot, pass);
        }
      }
      List<Tensor> result = new ArrayList<>(outputs.length);
      for (int i : outputs) {
        result.add(scope.keep(slot[i]));
      }
      pass.keepCaptured(scope);
      return result;
    }
  }

  private void run(Step step, Tensor[] slot, Pass pass) {
    List<Tensor> args = new ArrayList<>(step.inputs.length);
    for (int i : step.inputs) {
      args.add(slot[i]);
    }
    List<Tensor> out = step.block.run(args, pass);
    for (int i = 0; i < step.outputShapes.size(); i++) {
      slot[step.first + i] = out.get(i);
    }
    drop(step, slot, pass);
  }

  /** Runs a chain at its last step, and does nothing at those before. */
  private void runFused(FusedNorm chain, Step step, Tensor[] slot, Pass pass) {
    if (step != chain.relu()) {
      return;
    }
    slot[step.first] = chain.accepts(slot) ? chain.run(slot, pass) : chain.runSingly(slot, pass);
    drop(chain.norm(), slot, pass);
    if (chain.add() != null) {
      drop(chain.add(), slot, pass);
    }
    drop(step, slot, pass);
  }

  private void drop(Step step, Tensor[] slot, Pass pass) {
    for (int i : step.last) {
      if (slot[i] != null) {
        drop(slot, i, pass);
      }
    }
  }

  /**
   * Frees what no later step reads; a layer may have passed its input through, so the tensor may
   * sit elsewhere too.
   */
  private void drop(Tensor[] slot, int i, Pass pass) {
    Tensor t = slot[i];
    slot[i] = null;
    if (i < inputs.size() || t instanceof Param || pass.holds(t)) {
      return;
    }
    for (Tensor other : slot) {
      if (other == t) {
        return;
      }
    }
    t.close();
  }

  void check(String who, List<Tensor> in) {
    if (in.size() != inputs.size()) {
      throw new IllegalArgumentException(who + ": expected " + inputs.size() + " inputs, given " + in.size());
    }
    for (int i = 0; i < in.size(); i++) {
      Input input = inputs.get(i);
      Tensor x = in.get(i);
      if (input.accepts(x)) {
        continue;
      }
      if (x.dtype() != input.dtype()) {
        throw new DTypeException(
            who + ": expected input '" + input.name() + "' " + input.dtype() + input.shape() + ", given "
                + x.dtype() + x.shape() + "\n  cast it first: x.cast(DType." + input.dtype() + ")");
      }
      throw new ShapeException(
          who + ": expected input '" + input.name() + "' " + input.shape() + ", given " + x.shape() + reader(i));
    }
  }

  private String reader(int slot) {
    for (Step step : steps) {
      for (int i : step.inputs) {
        if (i == slot) {
          return "\n  read by " + step.block.typeName() + " '" + step.name + "'";
        }
      }
    }
    return "";
  }

  // ---- making

  /** Orders the applications below the outputs, names and builds their blocks inside the owner. */
  static Graph of(Model owner, List<Input> inputs, List<Node> outputs, StartValues start) {
    return new Maker(owner, inputs, start).make(outputs);
  }

  /** The work of {@link #of}. */
  private static final class Maker {
    private final Model owner;
    private final List<Input> inputs;
    private final StartValues start;
    private final Map<Node.Application, Integer> first = new LinkedHashMap<>();
    private final Map<Block, String> names = new IdentityHashMap<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<Shape> shapes = new ArrayList<>();
    private final List<DType> types = new ArrayList<>();

    Maker(Model owner, List<Input> inputs, StartValues start) {
      this.owner = owner;
      this.inputs = List.copyOf(inputs);
      this.start = start;
    }

    Graph make(List<Node> outputs) {
      if (inputs.isEmpty() || outputs.isEmpty()) {
        throw new IllegalArgumentException(owner.who() + ": expected at least one input and one output");
      }
      for (int i = 0; i < inputs.size(); i++) {
        Input input = inputs.get(i);
        input.fix(i == 0 ? "input" : "input_" + i);
        if (first.put(input.application(), i) != null) {
          throw new IllegalArgumentException(owner.who() + ": expected different inputs, given one twice");
        }
        shapes.add(input.shape());
        types.add(input.dtype());
      }
      List<Node.Application> order = order(outputs);
      reserveGivenNames(order);
      order.forEach(this::add);
      int[] out = new int[outputs.size()];
      List<Shape> outShapes = new ArrayList<>();
      List<DType> outTypes = new ArrayList<>();
      for (int i = 0; i < out.length; i++) {
        out[i] = slot(outputs.get(i));
        outShapes.add(shapes.get(out[i]));
        outTypes.add(types.get(out[i]));
      }
      return new Graph(
          inputs, withLastReads(out), out, List.copyOf(outShapes), List.copyOf(outTypes), shapes.size());
    }

    /** Depth first without recursion: a deep chain must not overflow the stack. */
    private List<Node.Application> order(List<Node> outputs) {
      List<Node.Application> order = new ArrayList<>();
      Map<Node.Application, Boolean> state = new IdentityHashMap<>(); // false: entered, true: done
      List<Node.Application> stack = new ArrayList<>();
      for (Node node : outputs) {
        stack.add(node.application());
        while (!stack.isEmpty()) {
          Node.Application a = stack.get(stack.size() - 1);
          if (first.containsKey(a) || Boolean.TRUE.equals(state.get(a))) {
            stack.remove(stack.size() - 1);
          } else if (state.containsKey(a)) {
            stack.remove(stack.size() - 1);
            state.put(a, true);
            order.add(a);
          } else {
            enter(a, state, stack);
          }
        }
      }
      return order;
    }

    private void enter(
        Node.Application a, Map<Node.Application, Boolean> state, List<Node.Application> stack) {
      if (a.block() == null) {
        throw new IllegalArgumentException(
            owner.who() + ": an output depends on an Input that is not in the list of inputs");
      }
      state.put(a, false);
      for (int i = a.inputs().size() - 1; i >= 0; i--) {
        stack.add(a.inputs().get(i).application());
      }
    }

    private void reserveGivenNames(List<Node.Application> order) {
      for (Node.Application a : order) {
        Block block = a.block();
        if (block.nameGiven() && !names.containsKey(block)) {
          if (names.containsValue(block.name())) {
            throw new IllegalArgumentException(
                owner.who() + ": expected different names, given '" + block.name() + "' twice");
          }
          names.put(block, block.name());
        }
      }
    }

    private void add(Node.Application a) {
      Block block = a.block();
      String name = names.get(block);
      if (name == null) {
        String base = block.name() != null ? block.name() : Names.ofType(block.typeName());
        name = Names.unique(base, java.util.Set.copyOf(names.values()));
        names.put(block, name);
      }
      if (!owner.children().containsKey(name)) {
        owner.adopt(name, block);
      }
      int[] in = a.inputs().stream().mapToInt(this::slot).toArray();
      List<Shape> inShapes = new ArrayList<>();
      for (int i : in) {
        inShapes.add(shapes.get(i));
      }
      DType type = in.length == 0 ? DType.FLOAT32 : types.get(in[0]);
      List<Shape> out = block.buildFor(name, type, start, inShapes);
      first.put(a, shapes.size());
      steps.add(new Step(block, name, in, shapes.size(), List.copyOf(inShapes), out, new int[0]));
      for (int i = 0; i < out.size(); i++) {
        shapes.add(out.get(i));
        types.add(block instanceof Model m ? m.graph().outputTypes().get(i) : block.parameterType(type));
      }
    }

    private int slot(Node node) {
      int start = first.get(node.application());
      Block block = node.application().block();
      if (block != null && node.output() >= outputsAt(start)) {
        throw new IllegalArgumentException(
            block.who() + ": expected an output below " + outputsAt(start) + ", given " + node.output());
      }
      return start + node.output();
    }

    private int outputsAt(int start) {
      for (Step step : steps) {
        if (step.first == start) {
          return step.outputShapes.size();
        }
      }
      return 1;
    }

    private List<Step> withLastReads(int[] outputs) {
      int[] lastReader = new int[shapes.size()];
      java.util.Arrays.fill(lastReader, -1);
      for (int s = 0; s < steps.size(); s++) {
        Step step = steps.get(s);
        for (int i = 0; i < step.outputShapes.size(); i++) {
          lastReader[step.first + i] = s; // read by nobody: dropped at once
        }
        for (int i : step.inputs) {
          lastReader[i] = s;
        }
      }
      for (int i : outputs) {
        lastReader[i] = -1;
      }
      List<Step> all = new ArrayList<>();
      for (int s = 0; s < steps.size(); s++) {
        Step step = steps.get(s);
        int now = s;
        int[] last = java.util.stream.IntStream.range(0, lastReader.length).filter(i -> lastReader[i] == now).toArray();
        all.add(
            new Step(step.block, step.name, step.inputs, step.first, step.inputShapes, step.outputShapes, last));
      }
      return List.copyOf(all);
    }
  }
}
