package dev.neurite.bench.peer;

import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.loss.Loss;
import dev.neurite.loss.Losses;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Optimizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Tensor;
import java.util.List;

/** One training step of a catalogue's model on one random batch: forward, softmax cross-entropy, backward, Adam. */
public final class TrainingStep implements AutoCloseable {

  /** The parts of a step, in order. */
  public static final List<String> PHASES = List.of("forward", "backward", "optimizer", "free");

  /** Runs a part of a step, and may watch it. */
  public interface Watcher {

    /** Runs the part of that name, one of {@link #PHASES}. */
    void phase(String name, Runnable work);
  }

  final Model model;
  final List<Param> params;
  private final Optimizer adam = Adam.of(1e-3);
  private final Loss loss = Losses.softmaxCrossEntropy();
  private final Tensor x;
  private final Tensor labels;
  private long step;
  private Tensor value;
  private Gradients gradients;

  TrainingStep(CaseLine c) {
    this(Models.of(c), Models.input(c), Models.labels(c));
  }

  /** A step of a model that gives logits, for one batch; all three are closed with it. */
  public TrainingStep(Model model, Tensor x, Tensor labels) {
    this.model = model;
    this.x = x;
    this.labels = labels;
    params = model.trainableParams();
  }

  /** From a line {@code name train model=... batch=...}. */
  public static TrainingStep of(String line) {
    return new TrainingStep(CaseLine.parse(line));
  }

  /** One step. */
  public void run() {
    run(false);
  }

  /** One step; says the loss before it. */
  double loss() {
    return run(true);
  }

  private double run(boolean read) {
    try (Tape tape = Tape.open()) {
      Tensor now = loss.apply(labels, model.call(x, Pass.training(step++)));
      adam.apply(tape.gradients(now, params));
      return read ? now.item() : 0;
    }
  }

  /** One step, part by part. */
  public void run(Watcher watcher) {
    Tape tape = Tape.open();
    try {
      watcher.phase("forward", () -> value = loss.apply(labels, model.call(x, Pass.training(step++))));
      watcher.phase("backward", () -> gradients = tape.gradients(value, params));
      watcher.phase("optimizer", () -> adam.apply(gradients));
    } finally {
      watcher.phase("free", tape::close);
    }
  }

  @Override
  public void close() {
    model.close();
    adam.close();
    x.close();
    labels.close();
  }
}
