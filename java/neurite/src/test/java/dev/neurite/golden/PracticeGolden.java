package dev.neurite.golden;

import dev.neurite.data.Dataset;
import dev.neurite.loss.Losses;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Callback;
import dev.neurite.train.CrossValidation;
import dev.neurite.train.EarlyStopping;
import dev.neurite.train.Fit;
import dev.neurite.train.LambdaCallback;
import dev.neurite.train.Mode;
import dev.neurite.train.ReduceLROnPlateau;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** schedules: reduce on plateau and early stopping, as callbacks of a training; pipelines_training: k-fold. */
final class PracticeGolden implements GoldenTopic {

  private static final String MONITOR = "metric";

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("schedule/keras/ReduceLROnPlateau", r -> plateau(r, keras(r.c())));
    h.put("schedule/torch/ReduceLROnPlateau", r -> plateau(r, torch(r.c())));
    h.put("schedule/early_stopping", PracticeGolden::earlyStopping);
    h.put("train/kfold", PracticeGolden::kFold);
  }

  private static void known(GoldenCase c, String... names) {
    for (String name : c.attrs().keySet()) {
      if (!Set.of(names).contains(name)) {
        throw new AssertionError("unknown attr " + name);
      }
    }
  }

  private static Mode mode(GoldenCase c) {
    return switch (c.text("mode", "min")) {
      case "min" -> Mode.MIN;
      case "max" -> Mode.MAX;
      case "auto" -> Mode.AUTO;
      default -> throw new AssertionError("unknown mode " + c.text("mode", ""));
    };
  }

  private static Callback keras(GoldenCase c) {
    known(c, "lr0", "mode", "factor", "patience", "cooldown", "min_delta", "min_lr");
    return ReduceLROnPlateau.on(MONITOR)
        .mode(mode(c))
        .factor(c.number("factor", 0.1))
        .patience((int) c.number("patience", 10))
        .cooldown((int) c.number("cooldown", 0))
        .minDelta(c.number("min_delta", 1e-4))
        .minRate(c.number("min_lr", 0));
  }

  private static Callback torch(GoldenCase c) {
    known(
        c, "lr0", "mode", "factor", "patience", "cooldown", "threshold", "threshold_mode", "min_lr", "eps");
    String kind = c.text("threshold_mode", "rel");
    if (!kind.equals("rel") && !kind.equals("abs")) {
      throw new AssertionError("unknown threshold_mode " + kind);
    }
    return ReduceLROnPlateau.torch(MONITOR)
        .mode(mode(c))
        .factor(c.number("factor", 0.1))
        .patience((int) c.number("patience", 10))
        .cooldown((int) c.number("cooldown", 0))
        .minDelta(c.number("threshold", 1e-4))
        .relative(kind.equals("rel"))
        .minRate(c.number("min_lr", 0))
        .smallestChange(c.number("eps", 1e-8));
  }

  /** Trains one weight on one example; returns how many epochs that took. */
  private static int train(double rate, double[] metric, Callback... callbacks) {
    Callback script = LambdaCallback.onEpochEnd((run, values) -> values.put(MONITOR, metric[run.epoch() - 1]));
    try (Model model = Model.sequential(Input.of(1), Dense.of(1))) {
      model.compile(Sgd.of(rate), Losses.meanSquaredError());
      Dataset one = Dataset.of(Tensor.of(new float[][] {{0}}), Tensor.of(new float[][] {{0}}));
      return model.fit(one, Fit.epochs(metric.length).callbacks(script).callbacks(callbacks)).size();
    }
  }

  private static void plateau(GoldenRun r, Callback callback) {
    double[] metric = r.c().tensors("inputs").get("metric").values();
    double[] rates = new double[metric.length];
    train(
        r.c().number("lr0", 0.01), metric, callback,
        LambdaCallback.onEpochEnd((run, values) -> rates[run.epoch() - 1] = run.learningRate()));
    r.expect("lr", rates, r.c().tensors("outputs").get("lr").values());
  }

  private static void earlyStopping(GoldenRun r) {
    GoldenCase c = r.c();
    known(c, "mode", "patience", "min_delta", "baseline", "start_from_epoch");
    EarlyStopping stopping =
        EarlyStopping.on(MONITOR)
            .mode(mode(c))
            .patience((int) c.number("patience", 0))
            .minDelta(Math.abs(c.number("min_delta", 0)))
            .startFromEpoch((int) c.number("start_from_epoch", 0));
    if (c.attrs().get("baseline") != null) {
      stopping = stopping.baseline(c.number("baseline", 0));
    }
    String[] reason = new String[1];
    double[] metric = c.tensors("inputs").get("metric").values();
    int epochs =
        train(
            0.01, metric, stopping, LambdaCallback.onEpochEnd((run, values) -> reason[0] = run.stopReason()));
    double stopped = reason[0] == null ? -1 : epochs - 1;
    r.expect("stopped_epoch", new double[] {stopped}, c.tensors("outputs").get("stopped_epoch").values());
  }

  private static void kFold(GoldenRun r) {
    known(r.c(), "n", "k");
    List<CrossValidation.Fold> folds =
        CrossValidation.kFold((int) r.c().number("k", 0)).folds((int) r.c().number("n", 0));
    Map<String, GoldenTensor> want = r.c().tensors("outputs");
    if (folds.size() != want.size()) {
      throw new AssertionError("expected " + want.size() + " folds, got " + folds.size());
    }
    for (int i = 0; i < folds.size(); i++) {
      r.expect("fold" + i, Tensor.ofLongs(folds.get(i).validation()), want.get("fold" + i));
    }
  }
}
