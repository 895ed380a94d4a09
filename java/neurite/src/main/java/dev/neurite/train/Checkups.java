package dev.neurite.train;

import dev.neurite.data.Dataset;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.ops.RootSeed;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;

/** Examines a model as it is now, without a run: what {@code Model.diagnose} calls. */
public final class Checkups {

  private static final double FAR = 100; // learning rates this many times apart are not the same

  private Checkups() {}

  /**
   * Measures a compiled model on data and says what is wrong with it.
   *
   * @param training examples it is or will be trained on
   * @param validation held-out examples, or null
   */
  public static Diagnosis diagnose(Model model, Dataset training, Dataset validation, DiagnosisOptions options) {
    Trainer trainer = model.trainer();
    Health health = model.whileOpen(() -> measure(trainer, training, validation, options));
    boolean fresh = trainer.optimizer().step() == 0;
    if (fresh && options.learningRate()) {
      return Diagnosis.of(health, options, findings -> rate(trainer, training, findings), false);
    }
    return Diagnosis.of(health, options, findings -> { }, !fresh);
  }

  /**
   * Counts dead units: for every layer behind a ReLU, the share of units that give 0 for all examples, by path.
   *
   * @param x examples as the model takes them, a batch at a time
   */
  public static Map<String, Double> deadUnits(Model model, Tensor x) {
    return count(model, x, HealthProbe::dead);
  }

  /**
   * Counts saturated outputs: for every layer with an activation, the share of outputs beyond 95 % of its range, by
   * path; 0 for unbounded functions.
   *
   * @param x examples as the model takes them, a batch at a time
   */
  public static Map<String, Double> saturatedUnits(Model model, Tensor x) {
    return count(model, x, HealthProbe::saturated);
  }

  private static Map<String, Double> count(
      Model model, Tensor x, ToDoubleBiFunction<Tensor, Activation> share) {
    Map<String, Double> shares = new LinkedHashMap<>();
    try (Scope scope = Scope.open()) {
      Pass pass = Pass.inference().capturingAll();
      model.call(x, pass);
      for (Pass.Output o : pass.outputs()) {
        Activation activation = o.block().finalActivation();
        if (!activation.equals(Activation.LINEAR)) {
          shares.put(o.block().path(), share.applyAsDouble(o.value(), activation));
        }
      }
    }
    return shares;
  }

  private static Health measure(Trainer trainer, Dataset training, Dataset validation, DiagnosisOptions options) {
    long seed = RootSeed.get();
    Model model = trainer.model();
    try (HealthProbe probe = HealthProbe.of(model, trainer.loss(), training, seed, options.examples())) {
      if (probe == null) {
        throw new IllegalArgumentException("diagnose: expected examples with targets, given none");
      }
      Map<String, Double> values = new LinkedHashMap<>(trainer.evaluate(training).values());
      if (validation != null) {
        trainer.evaluate(validation).values().forEach((name, value) -> values.put("val_" + name, value));
      }
      Health.Checkup now = new Health.Checkup(1, trainer.optimizer().step(), null, values, probe.layers());
      return new Health(
          probe.inputHealth(), probe.baseline(), probe.classifier(), List.of(now), null, null,
          RowProbe.measure(model, trainer.loss(), training, HealthLog.ROWS));
    }
  }

  /** Compares the optimiser's learning rate with what a sweep finds. */
  private static void rate(Trainer trainer, Dataset training, Findings findings) {
    LearningRateFinder.Result sweep = LearningRateFinder.of(trainer.model()).run(training);
    double given = trainer.optimizer().learningRate();
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("learning_rate", given);
    numbers.put("suggestion", sweep.suggestion());
    numbers.put("largest", sweep.largest());
    String seen = "; a sweep gives: " + sweep + ".";
    if (given > sweep.rates().get(sweep.rates().size() - 1) || given > FAR * sweep.suggestion()) {
      findings.add(
          Finding.Kind.LEARNING_RATE_TOO_HIGH, Finding.Severity.CRITICAL, numbers,
          "The learning rate " + LayerRules.number(given) + " is too high" + seen,
          "Take about " + LayerRules.number(sweep.suggestion()) + ".");
    } else if (given > 0 && given < sweep.suggestion() / FAR) {
      findings.add(
          Finding.Kind.LEARNING_RATE_TOO_LOW, Finding.Severity.CRITICAL, numbers,
          "The learning rate " + LayerRules.number(given) + " is too low" + seen,
          "Take about " + LayerRules.number(sweep.suggestion()) + ".");
    }
  }
}
