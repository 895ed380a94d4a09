package dev.neurite.train;

import dev.neurite.data.Batch;
import dev.neurite.data.BatchIterator;
import dev.neurite.data.Dataset;
import dev.neurite.data.Split;
import dev.neurite.loss.Loss;
import dev.neurite.metric.Metric;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.optim.Optimizer;
import dev.neurite.ops.RootSeed;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Trains and evaluates a compiled model: what {@code Model.fit} and {@code Model.evaluate} call.
 *
 * <p>Every step runs in a scope and a tape of its own, so nothing is left behind, whether it ends well or not. One
 * thread at a time trains or evaluates; a second one is refused at once.
 */
public final class Trainer {

  /** Examples per batch where the caller has no wish. */
  public static final int PREDICT_BATCH = 256;

  private final Model model;
  private final Optimizer optimizer;
  private final Loss loss;
  private final List<Metric> metrics;
  private final AtomicReference<String> user = new AtomicReference<>();
  private long passes; // batches trained on; with accumulated gradients more than the optimizer's steps

  /**
   * Binds a model to what it is trained with.
   *
   * @param metrics measured beside the loss, with different names
   */
  public Trainer(Model model, Optimizer optimizer, Loss loss, List<Metric> metrics) {
    this.model = model;
    this.optimizer = optimizer;
    this.loss = loss;
    this.metrics = List.copyOf(metrics);
    List<String> names = this.metrics.stream().map(Metric::name).toList();
    if (names.stream().distinct().count() != names.size()) {
      throw new IllegalArgumentException("compile: expected metrics with different names, given " + names);
    }
  }

  /** The model. */
  public Model model() {
    return model;
  }

  /** The optimiser. */
  public Optimizer optimizer() {
    return optimizer;
  }

  /** The loss. */
  public Loss loss() {
    return loss;
  }

  /** The metrics. */
  public List<Metric> metrics() {
    return metrics;
  }

  // ---- training

  /**
   * Trains.
   *
   * <p>An interrupt ends the training after the batch it came in; the flag stays set and the history has the finished
   * epochs.
   *
   * @throws IllegalArgumentException for data without examples or without targets
   * @throws IllegalStateException while another thread trains or evaluates this model
   * @throws dev.neurite.error.NumericsException when the loss becomes NaN or infinite
   */
  public History fit(Dataset data, Fit fit) {
    return model.whileOpen(() -> alone("training", () -> train(data, fit)));
  }

  private interface Work<T> {
    T run();
  }

  private <T> T alone(String what, Work<T> work) {
    String mine = what + " in thread " + Thread.currentThread().getName();
    String other = user.compareAndExchange(null, mine);
    if (other != null) {
      throw new IllegalStateException("fit: the model is already " + other + "; one thread at a time");
    }
    try {
      return work.run();
    } finally {
      user.set(null);
    }
  }

  private History train(Dataset given, Fit fit) {
    Dataset data = fit.batch() > 0 ? given.batch(fit.batch()) : given;
    Dataset validation = fit.validation();
    if (fit.validationSplit() > 0) {
      Split split = data.split(1 - fit.validationSplit());
      data = split.first();
      validation = split.second();
    }
    if (Boolean.TRUE.equals(fit.shuffle())) {
      data = data.shuffle();
    }
    requireExamples("fit", data);
    List<Callback> callbacks = new ArrayList<>(fit.callbacks());
    if (fit.nanGuard() && callbacks.stream().noneMatch(c -> c instanceof NanGuard || c instanceof TerminateOnNaN)) {
      callbacks.add(0, new NanGuard());
    }
    long seed = fit.seed() == null ? RootSeed.get() : fit.seed();
    Run run = new Run(this, fit, data, seed, new Meters(metrics));
    return new TrainingLoop(this, run, fit, data, validation, callbacks).run();
  }

  private static void requireExamples(String who, Dataset data) {
    if (data.size() == 0) {
      throw new IllegalArgumentException(who + ": expected at least one example, given an empty data set");
    }
    if (data.batches() == 0) {
      throw new IllegalArgumentException(
          who + ": expected at least one batch, given " + data.size() + " examples in batches of " + data.batchSize()
              + " of which an incomplete last one is dropped");
    }
  }

  /** Number of the next training pass, from which its random numbers derive. */
  long nextPass() {
    return passes++;
  }

  long passes() {
    return passes;
  }

  void passes(long soFar) {
    passes = soFar;
  }

  // ---- evaluation

  /**
   * Measures loss (penalties included) and metrics.
   *
   * @throws IllegalArgumentException for data without examples or without targets
   * @throws IllegalStateException while another thread trains or evaluates this model
   */
  public Evaluation evaluate(Dataset data) {
    return model.whileOpen(() -> alone("evaluated", () -> measure(data)));
  }

  Evaluation measure(Dataset data) {
    requireExamples("evaluate", data);
    Meters meters = new Meters(metrics);
    meters.reset();
    long seen = 0;
    try (BatchIterator batches = data.epoch(0, 0)) {
      while (batches.hasNext()) {
        try (Scope scope = Scope.open();
            Batch batch = batches.next()) {
          requireTargets("evaluate", batch);
          Tensor output = output(batch, Pass.inference());
          Tensor dataLoss = loss.apply(batch.y(), output, batch.weights());
          requireScalar(dataLoss);
          double penalty = model.regularization().map(Tensor::item).orElse(0.0);
          meters.add(batch, output, dataLoss.item() + penalty, penalty);
          seen += batch.size();
        }
      }
    }
    if (seen == 0) {
      throw new IllegalArgumentException("evaluate: expected at least one example, given an empty data set");
    }
    return new Evaluation(meters.values());
  }

  // ---- prediction

  /**
   * The outputs for all examples of a data set, in its order; only the result is left.
   *
   * @param model a model with one output; it need not be compiled
   */
  public static Tensor predict(Model model, Dataset data) {
    return model.whileOpen(() -> Scope.run(() -> outputs(model, data)));
  }

  private static Tensor outputs(Model model, Dataset data) {
    List<Tensor> parts = new ArrayList<>();
    try (BatchIterator batches = data.epoch(0, 0)) {
      while (batches.hasNext()) {
        parts.add(
            Scope.run(() -> {
              try (Batch batch = batches.next()) {
                return output(model, batch, Pass.inference());
              }
            }));
      }
    }
    if (parts.isEmpty()) {
      Shape one = model.outputShapes().get(0);
      return Tensor.zeros(one.with(0, 0), model.dtype());
    }
    return parts.size() == 1 ? parts.get(0) : Tensor.concat(0, parts);
  }

  Tensor output(Batch batch, Pass pass) {
    return output(model, batch, pass);
  }

  private static Tensor output(Model model, Batch batch, Pass pass) {
    List<Tensor> outputs = model.call(batch.inputs(), pass);
    if (outputs.size() != 1) {
      throw new IllegalArgumentException(
          "Model: expected a model with one output, given one with " + outputs.size()
              + "\n  write the training step by hand with Tape and Optimizer.apply");
    }
    return outputs.get(0);
  }

  static void requireTargets(String who, Batch batch) {
    if (batch.y() == null) {
      throw new IllegalArgumentException(who + ": expected examples with targets, given a data set without");
    }
  }

  static void requireScalar(Tensor loss) {
    if (loss.size() != 1) {
      throw new dev.neurite.error.ShapeException(
          "fit: expected a loss with one element, given " + loss.describe() + "\n  give it a reduction other than NONE");
    }
  }
}
