package dev.neurite.train;

import dev.neurite.loss.Loss;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Model;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Shows the work: one forward pass, backward pass and update of a small net as a student would write it, with the net
 * input, output and error term of every unit and the gradient and new value of every weight.
 *
 * <pre>{@code
 * model.compile(Sgd.of(0.5), Losses.meanSquaredError());
 * System.out.println(Explain.step(model, x, y));               // the model stays as it is
 * }</pre>
 *
 * <p>Everything is computed in float64, whatever the model's type.
 */
public final class Explain {

  private Explain() {}

  /**
   * One step of a compiled model, with its loss and optimiser. Neither the model nor the optimiser changes.
   *
   * @param model a chain of {@link Dense} layers and activations
   * @param x examples [n, inputs]
   * @param y targets as the loss wants them
   * @throws IllegalArgumentException for another kind of model
   * @throws IllegalStateException before the model is compiled
   */
  public static Explanation step(Model model, Tensor x, Tensor y) {
    return step(model, x, y, model.trainer().loss(), model.trainer().optimizer());
  }

  /** One step of a model with the given loss and optimiser. Neither the model nor the optimiser changes. */
  public static Explanation step(Model model, Tensor x, Tensor y, Loss loss, Optimizer optimizer) {
    return model.whileOpen(() -> {
      SmallNet net = SmallNet.of(model);
      List<String> layers = SmallNet.dense(model).stream().map(Dense::path).toList();
      Map<String, Param> own = LearningRateFinder.paths(model);
      try (Scope scope = Scope.open();
          OptimizerCopy before = new OptimizerCopy(optimizer, own);
          NetStepper stepper = new NetStepper(net, x, y, loss)) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        optimizer.state(own).forEach((name, value) -> state.put(name, wide(value)));
        try {
          optimizer.close();
          if (state.size() > 1) {
            Map<String, Param> paths = stepper.paths(layers);
            paths.keySet().removeIf(path -> state.keySet().stream().noneMatch(n -> n.startsWith(path + ".")));
            optimizer.load(paths, state);
          }
          return explain(net, stepper, x, y, loss.name(), optimizer, 1);
        } finally {
          before.restore();
          state.values().forEach(Tensor::close);
        }
      }
    });
  }

  private static Tensor wide(Tensor value) {
    return Param.of("copy", value.dtype().isFloating() ? value.cast(DType.FLOAT64) : value);
  }

  /**
   * One step of a small net.
   *
   * @param net the net; its numbers are the start
   * @param x examples [n, inputs]
   * @param y targets as the loss wants them
   * @param optimizer a fresh one; it is closed at the end
   * @param steps steps in all: beyond the first, only where they lead to is told
   */
  public static Explanation step(SmallNet net, Tensor x, Tensor y, Loss loss, Optimizer optimizer, long steps) {
    if (steps < 1) {
      throw new IllegalArgumentException("Explain: expected 1 or more steps, given " + steps);
    }
    try (Scope scope = Scope.open();
        NetStepper stepper = new NetStepper(net, x, y, loss)) {
      return explain(net, stepper, x, y, loss.name(), optimizer, steps);
    } finally {
      optimizer.close();
    }
  }

  /** Solves an exercise. */
  public static Explanation step(Exercise exercise, long steps) {
    try (Scope scope = Scope.open()) {
      return step(
          exercise.net(), exercise.inputs(), exercise.targets(), exercise.loss(), Sgd.of(exercise.rate()), steps);
    }
  }

  // ---- writing it down

  private static Explanation explain(
      SmallNet net, NetStepper stepper, Tensor x, Tensor y, String loss, Optimizer optimizer, long steps) {
    String plain = "w <- w - " + Explanation.brief(optimizer.learningRate()) + " * dE/dw";
    String other = "one step of " + optimizer;
    List<double[]> weightsBefore = stepper.kernels().stream().map(Tensor::toDoubles).toList();
    List<double[]> biasesBefore = stepper.biases().stream().map(Tensor::toDoubles).toList();
    NetStepper.Pass pass = stepper.step(optimizer);
    List<Explanation.Change> changes = changes(net, stepper, pass, weightsBefore, biasesBefore);
    boolean remembers = optimizer.state(stepper.paths(names(net))).size() > 1;
    String rule = optimizer.getClass() == Sgd.class && !remembers ? plain : other;
    double after = stepper.loss();
    Explanation.Later later = null;
    if (steps > 1) {
      for (long i = 1; i < steps; i++) {
        stepper.step(optimizer);
      }
      List<Double> values = changes(net, stepper, pass, weightsBefore, biasesBefore).stream()
          .map(Explanation.Change::after)
          .toList();
      List<Double> outputs = java.util.Arrays.stream(stepper.outputs()).boxed().toList();
      later = new Explanation.Later(steps, stepper.loss(), outputs, values);
    }
    return new Explanation(rows(net, x, y, pass), changes, loss, rule, pass.loss(), after, later);
  }

  private static List<String> names(SmallNet net) {
    return java.util.stream.IntStream.range(0, net.layers().size()).mapToObj(Integer::toString).toList();
  }

  private static List<Explanation.Row> rows(SmallNet net, Tensor x, Tensor y, NetStepper.Pass pass) {
    List<Explanation.Row> rows = new ArrayList<>();
    double[] given = x.cast(DType.FLOAT64).toDoubles();
    double[] wanted = y.cast(DType.FLOAT64).toDoubles();
    int count = (int) x.dim(0);
    for (int r = 0; r < count; r++) {
      double[] values = java.util.Arrays.copyOfRange(given, r * net.inputs().size(), (r + 1) * net.inputs().size());
      List<String> inputs = new ArrayList<>();
      for (int i = 0; i < values.length; i++) {
        inputs.add(net.inputs().get(i) + " = " + Explanation.brief(values[i]));
      }
      List<Explanation.Unit> units = new ArrayList<>();
      for (int l = 0; l < net.layers().size(); l++) {
        values = units(net.layers().get(l), l, r, values, pass, units);
      }
      List<Double> targets = new ArrayList<>();
      for (int i = r * wanted.length / count; i < (r + 1) * wanted.length / count; i++) {
        targets.add(wanted[i]);
      }
      rows.add(new Explanation.Row(inputs, units, targets));
    }
    return rows;
  }

  /** Adds the units of a layer; returns their outputs. */
  private static double[] units(
      SmallNet.Layer layer, int l, int row, double[] from, NetStepper.Pass pass, List<Explanation.Unit> units) {
    int n = layer.units().size();
    double[] outputs = new double[n];
    for (int u = 0; u < n; u++) {
      StringBuilder sum = new StringBuilder();
      for (int i = 0; i < from.length; i++) {
        sum.append(i == 0 ? "" : " + ").append(factor(layer.weights().get(u).get(i)));
        sum.append('*').append(factor(from[i]));
      }
      sum.append(" + ").append(factor(layer.biases().get(u)));
      int at = row * n + u;
      outputs[u] = pass.outputs().get(l)[at];
      units.add(
          new Explanation.Unit(
              layer.units().get(u), sum.toString(), pass.inputs().get(l)[at], outputs[u], pass.deltas().get(l)[at]));
    }
    return outputs;
  }

  private static String factor(double value) {
    String text = Explanation.brief(value);
    return value < 0 ? "(" + text + ")" : text;
  }

  private static List<Explanation.Change> changes(
      SmallNet net, NetStepper stepper, NetStepper.Pass pass, List<double[]> weights, List<double[]> biases) {
    List<Explanation.Change> changes = new ArrayList<>();
    for (int l = 0; l < net.layers().size(); l++) {
      SmallNet.Layer layer = net.layers().get(l);
      int n = layer.units().size();
      double[] now = stepper.kernels().get(l).toDoubles();
      for (int u = 0; u < n; u++) {
        for (int i = 0; i < layer.weights().get(u).size(); i++) {
          int at = i * n + u;
          changes.add(
              new Explanation.Change(
                  layer.weightNames().get(u).get(i), weights.get(l)[at], pass.kernels().get(l)[at], now[at], ""));
        }
      }
      biasChanges(layer, stepper.biases().get(l).toDoubles(), biases.get(l), pass.deltas().get(l), changes);
    }
    return changes;
  }

  /** A unit's bias has the sum of its error terms as gradient; a shared one the sum of those. */
  private static void biasChanges(
      SmallNet.Layer layer, double[] now, double[] before, double[] deltas, List<Explanation.Change> changes) {
    int n = layer.units().size();
    double[] gradients = new double[n];
    for (int i = 0; i < deltas.length; i++) {
      gradients[i % n] += deltas[i];
    }
    boolean shared = layer.bias() == SmallNet.Bias.SHARED;
    for (int u = 0; u < n; u++) {
      int at = shared ? 0 : u;
      String note = shared ? "shared: sum of the layer's gradients " + Explanation.digits(
          java.util.Arrays.stream(gradients).sum()) : layer.bias() == SmallNet.Bias.FIXED ? "fixed" : "";
      changes.add(new Explanation.Change(layer.biasNames().get(u), before[at], gradients[u], now[at], note));
    }
  }
}
