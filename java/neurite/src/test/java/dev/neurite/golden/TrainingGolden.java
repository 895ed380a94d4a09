package dev.neurite.golden;

import dev.neurite.autograd.GradCheck;
import dev.neurite.data.MinMaxScaler;
import dev.neurite.data.Pca;
import dev.neurite.data.Scaler;
import dev.neurite.data.StandardScaler;
import dev.neurite.metric.ExponentialAverage;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** pipelines_training: averages, scalers, and the networks of Ng's course with examples as columns. */
final class TrainingGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("train/relative_difference", run -> run.expect(
        "value", new double[] {GradCheck.difference(run.values("a"), run.values("b"))}, run.want("value")));
    h.put("train/ewma", TrainingGolden::average);
    h.put("train/standardise", TrainingGolden::standardise);
    h.put("train/min_max", TrainingGolden::minMax);
    h.put("train/pca", run -> {
      Pca pca = Pca.fit(run.in("x"));
      run.expect("explained_variance", pca.variance(), run.want("explained_variance"));
      run.expect("ratio", pca.ratio(), run.want("ratio"));
    });
    h.put("train/ng_logistic", GoldenRun.op(r -> Map.of("cost", logisticCost(r.in("w"), r.in("b"), r))));
    h.put("train/ng_logistic_training", TrainingGolden::logisticTraining);
    h.put("train/ng_shallow", GoldenRun.op(TrainingGolden::shallow));
    h.put("train/ng_deep", GoldenRun.op(TrainingGolden::deep));
  }

  private static void average(GoldenRun run) {
    ExponentialAverage average = ExponentialAverage.of(run.c().number("beta", 0));
    double[] series = run.values("theta");
    double[] raw = new double[series.length];
    double[] corrected = new double[series.length];
    for (int i = 0; i < series.length; i++) {
      average.add(series[i]);
      raw[i] = average.raw();
      corrected[i] = average.corrected();
    }
    run.expect("v", raw, run.want("v"));
    run.expect("corrected", corrected, run.want("corrected"));
  }

  private static void standardise(GoldenRun run) {
    Scaler scaler = StandardScaler.fit(run.in("x"));
    run.expect("y", scaler.apply(run.in("x")), run.c().tensors("outputs").get("y"));
    run.expect("mean", scaler.shift().stream().mapToDouble(v -> v).toArray(), run.want("mean"));
    double[] deviations = run.want("std");
    for (int i = 0; i < deviations.length; i++) {
      double used = deviations[i] == 0 ? 1 : deviations[i];
      run.expect("std", new double[] {1 / scaler.scale().get(i)}, new double[] {used});
    }
    run.expect("inverse", scaler.inverse(scaler.apply(run.in("x"))), run.c().tensors("inputs").get("x"));
  }

  private static void minMax(GoldenRun run) {
    List<?> range = (List<?>) run.c().attrs().getOrDefault("range", List.of(0.0, 1.0));
    double low = ((Number) range.get(0)).doubleValue();
    double high = ((Number) range.get(1)).doubleValue();
    Scaler scaler = MinMaxScaler.fit(run.in("x"), low, high);
    run.expect("y", scaler.apply(run.in("x")), run.c().tensors("outputs").get("y"));
    double[] min = run.want("min");
    double[] max = run.want("max");
    run.expect("min", scaler.shift().stream().mapToDouble(v -> v).toArray(), min);
    for (int i = 0; i < max.length; i++) {
      double scale = max[i] == min[i] ? 1 : (high - low) / (max[i] - min[i]);
      run.expect("scale", new double[] {scaler.scale().get(i)}, new double[] {scale});
    }
  }

  /** Mean over the examples of the binary cross-entropy of probabilities. */
  private static Tensor crossEntropy(Tensor y, Tensor a) {
    return y.mul(a.log()).add(y.rsub(1).mul(a.rsub(1).log())).mean().neg();
  }

  private static Tensor logisticCost(Tensor w, Tensor b, GoldenRun r) {
    return crossEntropy(r.in("Y"), w.transpose().matmul(r.in("X")).add(b).sigmoid());
  }

  private static void logisticTraining(GoldenRun run) {
    int steps = (int) run.c().number("steps", 0);
    double[] costs = new double[steps];
    run.in("X"); // made here, so that it outlives the steps' scopes
    run.in("Y");
    try (Param w = Param.of("w", run.in("w"));
        Param b = Param.of("b", run.in("b"));
        Sgd rule = Sgd.of(run.c().number("learning_rate", 0))) {
      for (int i = 0; i < steps; i++) {
        costs[i] = rule.minimize(() -> logisticCost(w, b, run), w, b);
      }
      run.expect("w", w, run.c().tensors("outputs").get("w"));
      run.expect("b", b, run.c().tensors("outputs").get("b"));
    }
    run.expect("costs", costs, run.want("costs"));
  }

  private static Tensor activated(Tensor z, String name) {
    return switch (name) {
      case "tanh" -> z.tanh();
      case "relu" -> z.relu();
      case "sigmoid" -> z.sigmoid();
      default -> throw new AssertionError("unknown activation " + name);
    };
  }

  private static Map<String, Tensor> shallow(GoldenRun r) {
    Tensor hidden = activated(r.in("W1").matmul(r.in("X")).add(r.in("b1")), r.c().text("hidden_activation", "tanh"));
    Tensor a2 = r.in("W2").matmul(hidden).add(r.in("b2")).sigmoid();
    return Map.of("cost", crossEntropy(r.in("Y"), a2), "A2", a2);
  }

  private static Map<String, Tensor> deep(GoldenRun r) {
    int layers = r.c().longs("layers").length - 1;
    Tensor a = r.in("X");
    Tensor penalty = null;
    for (int l = 1; l <= layers; l++) {
      Tensor z = r.in("W" + l).matmul(a).add(r.in("b" + l));
      a = l == layers ? z.sigmoid() : z.relu();
      Tensor squares = r.in("W" + l).square().sum();
      penalty = penalty == null ? squares : penalty.add(squares);
    }
    double strength = r.c().number("lambda", 0) / (2 * r.in("X").dim(1));
    return Map.of("cost", crossEntropy(r.in("Y"), a).add(penalty.mul(strength)));
  }
}
