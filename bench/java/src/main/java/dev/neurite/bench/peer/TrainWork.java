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

/** One training step: forward, softmax cross-entropy, backward, Adam. */
final class TrainWork implements Work {

  private static final int STEPS_TO_LEARN = 60;

  private final Model model;
  private final List<Param> params;
  private final Optimizer adam = Adam.of(1e-3);
  private final Loss loss = Losses.softmaxCrossEntropy();
  private final Tensor x;
  private final Tensor labels;
  private long step;
  private double last;

  TrainWork(CaseLine c) {
    String name = c.text("model");
    model = Models.of(name);
    params = model.trainableParams();
    long[] sample = Models.sample(name);
    long[] dims = new long[sample.length + 1];
    dims[0] = c.number("batch");
    System.arraycopy(sample, 0, dims, 1, sample.length);
    x = Values.uniform("x", dims);
    labels = Values.labels(dims[0], Models.classes(name));
  }

  @Override
  public void run() {
    step(false);
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

  /** The loss on the one batch must fall. */
  @Override
  public String check() {
    step(true);
    double first = last;
    for (int i = 0; i < (model.parameterCount() > 1_000_000 ? 3 : STEPS_TO_LEARN); i++) {
      step(true);
    }
    if (!(last < first)) {
      throw new AssertionError("the loss does not fall: " + first + " to " + last);
    }
    return String.format(java.util.Locale.ROOT, "loss %.3f to %.3f", first, last);
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
