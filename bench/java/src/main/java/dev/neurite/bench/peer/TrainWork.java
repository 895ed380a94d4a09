package dev.neurite.bench.peer;

import dev.neurite.tensor.Tensor;
import java.util.Locale;

/** One training step. */
final class TrainWork implements Work {

  private static final int LEAST_STEPS_TO_LEARN = 3;
  private static final int MOST_STEPS_TO_LEARN = 60;

  private final TrainingStep step;
  private double first = Double.NaN;

  TrainWork(CaseLine c) {
    step = new TrainingStep(c);
  }

  @Override
  public void run() {
    if (Double.isNaN(first)) {
      first = step.loss();
    } else {
      step.run();
    }
  }

  /** The loss on the one batch must fall below that of the first step, which is why the case has run once. */
  @Override
  public String check() {
    double last = first;
    for (int i = 0; i < MOST_STEPS_TO_LEARN && (i < LEAST_STEPS_TO_LEARN || !(last < first)); i++) {
      last = step.loss();
    }
    if (!(last < first)) {
      throw new AssertionError("the loss does not fall: " + first + " to " + last);
    }
    long size = step.params.stream().mapToLong(Tensor::size).sum();
    return String.format(Locale.ROOT, "loss %.3f to %.3f, trained parameters %d", first, last, size);
  }

  @Override
  public String note() {
    return "eager tape, fused Adam";
  }

  @Override
  public void close() {
    step.close();
  }
}
