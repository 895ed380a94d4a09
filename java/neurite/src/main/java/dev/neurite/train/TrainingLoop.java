package dev.neurite.train;

import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.data.Batch;
import dev.neurite.data.BatchIterator;
import dev.neurite.data.Dataset;
import dev.neurite.io.Checkpoint;
import dev.neurite.nn.Pass;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/** One call of fit. */
final class TrainingLoop {

  private final Trainer trainer;
  private final Run run;
  private final Fit fit;
  private final Dataset data;
  private final Dataset validation;
  private final List<Callback> callbacks;
  private final ClassWeights classWeights;
  private final List<Param> params;
  private final Meters meters;

  TrainingLoop(
      Trainer trainer, Run run, Fit fit, Dataset data, Dataset validation, List<Callback> callbacks) {
    this.trainer = trainer;
    this.run = run;
    this.fit = fit;
    this.data = data;
    this.validation = validation;
    this.callbacks = callbacks;
    classWeights = new ClassWeights(fit.classWeights());
    params = trainer.model().trainableParams();
    meters = run.meters();
  }

  History run() {
    try {
      begin();
      for (int i = run.finishedEpochs(); i < fit.epochs() && run.stopReason() == null; i++) {
        run.beginEpoch(i + 1, data.batches());
        tell(c -> c.epochBegin(run));
        epoch(0);
      }
    } catch (RuntimeException | Error e) {
      run.failed(e);
      throw e;
    } finally {
      end();
    }
    return run.history();
  }

  /** Starts anew, or goes on where a checkpoint was made; finishes its epoch where that was in the middle of one. */
  private void begin() {
    long taken = -1;
    try (Scope scope = Scope.open()) {
      Optional<Checkpoint> checkpoint = callbacks.stream().flatMap(c -> c.resume(run).stream()).findFirst();
      if (checkpoint.isEmpty() && fit.resume() != null) {
        checkpoint = Optional.of(RunState.read(fit.resume()));
      }
      if (checkpoint.isEmpty()) {
        tell(c -> c.trainBegin(run));
        return;
      }
      RunState state = RunState.apply(checkpoint.get(), run, trainer);
      tell(c -> c.trainBegin(run));
      state.restore(run, callbacks);
      if (state.inEpoch()) {
        run.beginEpoch(run.finishedEpochs() + 1, data.batches());
        taken = state.enterEpoch(run, trainer);
      }
    }
    if (taken >= 0) { // the checkpoint's tensors are free by now
      epoch(taken);
    }
  }

  /** Every callback gets its end, whatever another one does there; the first failure surfaces. */
  private void end() {
    Throwable first = run.failure();
    RuntimeException own = null;
    for (Callback c : callbacks) {
      try (Scope scope = Scope.open()) {
        c.trainEnd(run);
      } catch (RuntimeException e) {
        if (first != null) {
          first.addSuppressed(e);
        } else {
          first = e;
          own = e;
        }
      }
    }
    if (own != null) {
      throw own;
    }
  }

  private void tell(Consumer<Callback> event) {
    for (Callback c : callbacks) {
      try (Scope scope = Scope.open()) {
        event.accept(c);
      }
    }
  }

  private void settle() {
    run.settle(() -> RunState.of(run, trainer, callbacks));
    try {
      tell(c -> c.settled(run));
    } finally {
      run.settle(null);
    }
  }

  /**
   * One epoch.
   *
   * @param taken batches trained on before; they are read again, so that readers with a state of their own follow
   */
  private void epoch(long taken) {
    boolean complete;
    try (BatchIterator batches = data.epoch(run.seed(), run.epoch() - 1)) {
      pass(batches, taken);
      while (run.stopReason() == null && more(batches)) {
        run.beginBatch();
        tell(c -> c.batchBegin(run));
        step(batches);
        tell(c -> c.batchEnd(run));
        settle();
      }
      complete = !Thread.currentThread().isInterrupted() && !run.isPaused() && !batches.hasNext();
    }
    if (run.batch() == 0 && run.stopReason() == null) {
      throw new IllegalArgumentException("fit: expected at least one example, given an empty data set");
    }
    if (complete) {
      finish();
      settle();
    }
  }

  private static void pass(BatchIterator batches, long taken) {
    for (long i = 0; i < taken; i++) {
      if (!batches.hasNext()) {
        throw new IllegalArgumentException(
            "resume: expected at least " + taken + " batches as before the checkpoint, given " + i);
      }
      batches.next().close();
    }
  }

  /** True when there is a batch to train on; notices an interrupt. */
  private boolean more(BatchIterator batches) {
    if (!Thread.currentThread().isInterrupted()) {
      try {
        return batches.hasNext();
      } catch (CancellationException e) {
        if (!Thread.currentThread().isInterrupted()) {
          throw e;
        }
      }
    }
    run.pause("interrupted");
    return false;
  }

  private void step(BatchIterator batches) {
    try (Scope scope = Scope.open();
        Batch batch = batches.next()) {
      Trainer.requireTargets("fit", batch);
      if (fit.checkInputs()) {
        InputCheck.requireFinite(batch, run);
      }
      run.currentBatch(batch);
      try (Tape tape = Tape.open()) {
        Tensor output = trainer.output(batch, Pass.training(run.seed(), trainer.nextPass()));
        Tensor dataLoss = trainer.loss().apply(batch.y(), output, classWeights.times(batch, output));
        Trainer.requireScalar(dataLoss);
        Tensor penalty = trainer.model().regularization().orElse(null);
        Tensor total = penalty == null ? dataLoss : dataLoss.add(penalty);
        double value = total.item();
        tell(c -> c.lossKnown(run, value));
        if (run.skipsUpdate()) {
          return;
        }
        double penaltyValue = penalty == null ? 0 : penalty.item();
        Tape.noGrad(() -> {
          meters.add(batch, output, value, penaltyValue);
          return null;
        });
        Gradients gradients = tape.gradients(total, params);
        tell(c -> c.gradientsKnown(run, gradients));
        trainer.optimizer().apply(gradients);
      } finally {
        run.currentBatch(null);
      }
      run.updated(batch.size());
    }
  }

  private void finish() {
    run.endBatches();
    Map<String, Double> values = new LinkedHashMap<>(meters.values());
    if (validation != null) {
      tell(c -> c.validationBegin(run));
      trainer.measure(validation).values().forEach((name, value) -> values.put("val_" + name, value));
      tell(c -> c.validationEnd(run, values));
    }
    values.put("lr", run.learningRate());
    values.put("seconds", run.epochSeconds());
    tell(c -> c.epochEnd(run, values));
    run.finish(values);
  }
}
