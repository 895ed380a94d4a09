package dev.neurite.train;

import dev.neurite.data.Batch;
import dev.neurite.error.NumericsException;
import dev.neurite.tensor.Tensor;

/** Searches the inputs of a batch for NaN and infinities. */
final class InputCheck {

  private InputCheck() {}

  static void requireFinite(Batch batch, Run run) {
    for (int input = 0; input < batch.inputs().size(); input++) {
      Tensor x = batch.inputs().get(input);
      if (x.dtype().isFloating() && x.size() > 0) {
        requireFinite(x, input, run);
      }
    }
  }

  private static void requireFinite(Tensor x, int input, Run run) {
    long width = x.size() / x.dim(0);
    double[] values = x.toDoubles();
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new NumericsException(
            "fit: expected finite features, given " + values[i] + " in row " + i / width + ", column " + i % width
                + " of batch " + run.batch() + " (epoch " + run.epoch() + ", input " + input + ")");
      }
    }
  }
}
