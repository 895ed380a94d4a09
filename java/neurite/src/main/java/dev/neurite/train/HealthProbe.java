package dev.neurite.train;

import dev.neurite.autograd.Gradient;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.data.Batch;
import dev.neurite.data.BatchIterator;
import dev.neurite.data.Dataset;
import dev.neurite.loss.Loss;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Block;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.ops.ReduceOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Looks at a model through some fixed examples: one forward and backward pass in training mode that leaves weights,
 * buffers and random streams as they were.
 */
final class HealthProbe implements AutoCloseable {

  private static final double LIKE = 1e-5; // relative distance below which weights count as equal: float32 and a sum
  private static final double EDGE = 0.95;
  private static final double ANGLE = 0.7548776662466927; // 1 / plastic number: projections far from every pattern

  private final Model model;
  private final Loss loss;
  private final long seed;
  private final List<Param> inputs = new ArrayList<>();
  private final Param targets;

  private HealthProbe(Model model, Loss loss, long seed, List<Tensor> inputs, Tensor targets) {
    this.model = model;
    this.loss = loss;
    this.seed = seed;
    inputs.forEach(x -> this.inputs.add(fixed(x)));
    this.targets = fixed(targets);
  }

  private static Param fixed(Tensor values) {
    Param p = Param.of("probe", values);
    p.trainable(false);
    return p;
  }

  /** Takes the first examples of an epoch, or null when there are none with targets. */
  static HealthProbe of(Model model, Loss loss, Dataset data, long seed, int examples) {
    try (Scope scope = Scope.open();
        BatchIterator batches = data.epoch(seed, 0)) {
      List<Batch> taken = new ArrayList<>();
      long count = 0;
      while (count < examples && batches.hasNext()) {
        Batch batch = batches.next();
        if (batch.y() == null) {
          return null;
        }
        taken.add(batch);
        count += batch.size();
      }
      return count == 0
          ? null
          : new HealthProbe(model, loss, seed, joinedInputs(taken, examples), targets(taken, examples));
    }
  }

  private static List<Tensor> joinedInputs(List<Batch> taken, int examples) {
    List<Tensor> joined = new ArrayList<>();
    for (int i = 0; i < taken.get(0).inputs().size(); i++) {
      int input = i;
      joined.add(first(taken.stream().map(b -> b.inputs().get(input)).toList(), examples));
    }
    return joined;
  }

  private static Tensor targets(List<Batch> taken, int examples) {
    return first(taken.stream().map(Batch::y).toList(), examples);
  }

  private static Tensor first(List<Tensor> parts, int examples) {
    Tensor all = parts.size() == 1 ? parts.get(0) : Tensor.concat(0, parts);
    return all.dim(0) <= examples ? all : all.slice(0, 0, examples);
  }

  // ---- inputs and targets

  /** True when the targets are class numbers. */
  boolean classifier() {
    return !targets.dtype().isFloating();
  }

  /** Scale of the features of every input of floating values. */
  List<InputHealth> inputHealth() {
    boolean normalised = model.children().values().stream()
        .filter(HealthProbe::changesValues)
        .findFirst()
        .map(b -> b.getClass().getSimpleName().contains("Norm") || b.getClass().getSimpleName().contains("Rescal"))
        .orElse(false);
    List<InputHealth> all = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Param x = inputs.get(i);
      if (x.dtype().isFloating()) {
        int features = (int) (x.rank() < 2 ? 1 : x.shape().last());
        all.add(InputHealth.measure(i, x.toDoubles(), features, normalised));
      }
    }
    return all;
  }

  private static boolean changesValues(Block b) {
    return !List.of("Flatten", "Reshape", "Permute", "ZeroPadding2D", "Dropout").contains(b.getClass().getSimpleName());
  }

  /** Loss of the constant answer that fits the targets best; NaN for kinds of targets it is not known for. */
  double baseline() {
    Shape out = model.outputShapes().get(0);
    if (classifier()) {
      return entropy(targets.toLongs());
    }
    if (targets.rank() != out.rank() || targets.shape().last() != out.last()) {
      return Double.NaN;
    }
    return Scope.run(() -> {
      Tensor mean = targets.reduce(ReduceOp.MEAN, true, 0);
      Tensor answer = mean;
      if (loss.expectsLogits()) {
        Tensor p = mean.clamp(1e-7, 1 - 1e-7);
        answer = loss.name().startsWith("sigmoid") ? p.div(p.rsub(1)).log() : p.log();
      }
      return loss.apply(targets, answer.broadcastTo(targets.shape()).contiguous()).mean();
    }).item();
  }

  private static double entropy(long[] labels) {
    Map<Long, Integer> counts = new LinkedHashMap<>();
    for (long label : labels) {
      counts.merge(label, 1, Integer::sum);
    }
    return counts.values().stream()
        .mapToDouble(n -> (double) n / labels.length)
        .map(p -> -p * Math.log(p))
        .sum();
  }

  // ---- layers

  /** Measures every layer with weights or an activation, from the input on. */
  List<LayerHealth> layers() {
    Map<Param, Param> buffers = new LinkedHashMap<>();
    List<Param> params = model.params();
    for (Param p : model.state().values()) {
      if (params.stream().noneMatch(q -> q == p)) {
        buffers.put(p, Param.of(p.name(), p));
      }
    }
    try (Scope scope = Scope.open()) {
      return measured(params.stream().filter(Param::trainable).toList());
    } finally {
      buffers.forEach((buffer, copy) -> {
        buffer.assign(copy);
        copy.close();
      });
    }
  }

  private List<LayerHealth> measured(List<Param> params) {
    Pass pass = Pass.training(seed).capturingAll();
    try (Tape tape = Tape.open()) {
      Tensor answer = model.call(List.copyOf(inputs), pass).get(0);
      Tensor value = loss.apply(targets, answer);
      List<Pass.Output> watched = pass.outputs().stream().filter(o -> isWatched(o.block())).toList();
      List<Tensor> wanted = new ArrayList<>(params);
      watched.forEach(o -> wanted.add(o.value()));
      Gradients gradients = tape.gradients(value.size() == 1 ? value : value.mean(), wanted);
      return rows(watched, gradients);
    }
  }

  private static boolean isWatched(Block block) {
    return !block.ownParams().isEmpty() || block instanceof Activation;
  }

  private static List<LayerHealth> rows(List<Pass.Output> watched, Gradients gradients) {
    int last = -1;
    for (int i = 0; i < watched.size(); i++) {
      last = kernel(watched.get(i).block()) == null ? last : i;
    }
    List<LayerHealth> rows = new ArrayList<>();
    Map<String, Integer> times = new LinkedHashMap<>();
    for (int i = 0; i < watched.size(); i++) {
      Pass.Output o = watched.get(i);
      int use = times.merge(o.block().path(), 1, Integer::sum);
      String name = use == 1 ? o.block().path() : o.block().path() + "#" + use;
      boolean output = last >= 0 && i >= last;
      try (Scope scope = Scope.open()) {
        rows.add(row(name, o, gradients, output));
      }
    }
    return rows;
  }

  private static LayerHealth row(String name, Pass.Output o, Gradients gradients, boolean output) {
    Block block = o.block();
    Tensor value = o.value();
    Param kernel = kernel(block);
    Activation activation = block.finalActivation();
    long units = value.rank() == 0 ? 1 : value.shape().last();
    return new LayerHealth(
        name, block.getClass().getSimpleName(), activation.function(), units, output,
        kernel == null ? Double.NaN : norm(kernel),
        kernel == null || !kernel.trainable() ? Double.NaN : norm(gradients.find(kernel)),
        norm(gradients.find(value)), Double.NaN, value.mean().item(), Math.sqrt(value.variance().item()),
        dead(value, activation), saturated(value, activation), kernel == null ? 0 : alike(kernel, block));
  }

  /** The weights of a layer: its first parameter with more than one axis, or null. */
  static Param kernel(Block block) {
    return block.ownParams().values().stream().filter(p -> p.rank() >= 2).findFirst().orElse(null);
  }

  private static double norm(Gradient gradient) {
    return gradient == null ? 0 : norm(gradient.dense());
  }

  /** In float64, as squares of vanishing gradients leave the range of float32. */
  static double norm(Tensor t) {
    return Math.sqrt(t.cast(DType.FLOAT64).reduce(ReduceOp.SUM_SQUARES, false).item());
  }

  // ---- units

  /**
   * Share of units that are 0 for all examples.
   *
   * @param value [..., units] behind the activation
   */
  static double dead(Tensor value, Activation activation) {
    if (!activation.function().startsWith("relu") || value.rank() < 2 || value.size() == 0) {
      return 0;
    }
    int[] others = IntStream.range(0, value.rank() - 1).toArray();
    double[] largest = value.abs().max(others).toDoubles();
    return Arrays.stream(largest).filter(v -> v == 0).count() / (double) largest.length;
  }

  /** Share of values beyond 95 % of the activation's range, counted from its middle; 0 for unbounded functions. */
  static double saturated(Tensor value, Activation activation) {
    double[] range = switch (activation.function()) {
      case "sigmoid", "hard_sigmoid" -> new double[] {0, 1};
      case "tanh", "hard_tanh", "softsign" -> new double[] {-1, 1};
      default -> null;
    };
    if (range == null || value.size() == 0) {
      return 0;
    }
    double middle = (range[0] + range[1]) / 2;
    double half = (range[1] - range[0]) / 2;
    return value.sub(middle).abs().gt(EDGE * half).cast(DType.FLOAT64).mean().item();
  }

  /** Share of units whose weights (and bias) another unit of the layer has too: found through two projections. */
  static double alike(Param kernel, Block block) {
    int units = (int) kernel.shape().last();
    if (units < 2) {
      return 0;
    }
    long rows = kernel.size() / units;
    Tensor flat = kernel.cast(DType.FLOAT64).reshape(rows, units);
    Tensor angles = Tensor.range(1, 1, 2 * rows, DType.FLOAT64).square().mul(ANGLE).cos().reshape(2, rows);
    double[] seen = angles.matmul(flat).toDoubles();
    Param bias = block.ownParams().get("bias");
    double[] biases = bias != null && bias.size() == units ? bias.toDoubles() : new double[units];
    double near = LIKE * Math.max(norm(kernel) / Math.sqrt(units), Double.MIN_NORMAL);
    Integer[] order = IntStream.range(0, units).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.<Integer>comparingDouble(u -> seen[u]).thenComparingDouble(u -> seen[units + u]));
    boolean[] found = new boolean[units];
    for (int i = 1; i < units; i++) {
      int a = order[i - 1];
      int b = order[i];
      if (Math.abs(seen[a] - seen[b]) <= near && Math.abs(seen[units + a] - seen[units + b]) <= near
          && Math.abs(biases[a] - biases[b]) <= near) {
        found[a] = true;
        found[b] = true;
      }
    }
    return IntStream.range(0, units).filter(u -> found[u]).count() / (double) units;
  }

  // ---- steps

  /** Copies of the layers' weights, to see how far one step moves them. */
  Map<Block, Param> weights() {
    Map<Block, Param> copies = new IdentityHashMap<>();
    collect(model, copies);
    return copies;
  }

  private static void collect(Block block, Map<Block, Param> copies) {
    Param kernel = kernel(block);
    if (kernel != null && kernel.trainable() && !copies.containsKey(block)) {
      copies.put(block, Param.of("before", kernel));
    }
    block.children().values().forEach(child -> collect(child, copies));
  }

  /** Length of the step since the copies were made, divided by the weights' length, by path; closes the copies. */
  static Map<String, Double> moved(Map<Block, Param> copies) {
    Map<String, Double> ratios = new LinkedHashMap<>();
    copies.forEach((block, before) -> {
      try (Scope scope = Scope.open()) {
        double length = norm(before);
        double step = norm(kernel(block).sub(before));
        ratios.put(block.path(), step == 0 ? 0 : step / Math.max(length, Double.MIN_NORMAL));
      }
      before.close();
    });
    return ratios;
  }

  @Override
  public void close() {
    inputs.forEach(Param::close);
    targets.close();
  }
}
