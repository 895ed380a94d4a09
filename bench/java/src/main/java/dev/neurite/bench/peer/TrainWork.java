package dev.neurite.bench.peer;

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
import java.util.Locale;

/** One training step: forward, softmax cross-entropy, backward, Adam. */
final class TrainWork implements Work {

  private static final int LEAST_STEPS_TO_LEARN = 3;
  private static final int MOST_STEPS_TO_LEARN = 60;

  private final Model model;
  private final List<Param> params;
  private final Optimizer adam = Adam.of(1e-3);
  private final Loss loss = Losses.softmaxCrossEntropy();
  private final Tensor x;
  private final Tensor labels;
  private long step;
  private double last;

  TrainWork(CaseLine c) {
    model = Models.of(c);
    params = model.trainableParams();
    x = Models.input(c);
    labels = Models.labels(c);
  }

  @Override
  public void run() {
    step(step == 0);
  }

  private void step(boolean read) {
    try (Tape tape = Tape.open()) {
      Tensor value = loss.apply(labels, model.call(x, Pass.training(step++)));
      adam.apply(tape.gradients(value, params));
      if (read) {
        last = value.item();
      }
    }
  }

  /** The loss on the one batch must fall below that of the first step, which is why the case has run once. */
  @Override
  public String check() {
    double first = last;
    for (int i = 0; i < MOST_STEPS_TO_LEARN && (i < LEAST_STEPS_TO_LEARN || !(last < first)); i++) {
      step(true);
    }
    if (!(last < first)) {
      throw new AssertionError("the loss does not fall: " + first + " to " + last);
    }
    long size = params.stream().mapToLong(Tensor::size).sum();
    return String.format(Locale.ROOT, "loss %.3f to %.3f, trained parameters %d", first, last, size);
  }

  @Override
  public String note() {
    return "eager tape, fused Adam";
  }

  @Override
  public void close() {
    model.close();
    adam.close();
    x.close();
    labels.close();
  }
}
