package dev.neurite.train;

import dev.neurite.data.Batch;
import dev.neurite.data.BatchIterator;
import dev.neurite.data.Dataset;
import dev.neurite.loss.ElementLoss;
import dev.neurite.loss.Loss;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Measures the loss of single examples, in the data's original order. */
final class RowProbe {

  private static final int BATCH = 256;

  private RowProbe() {}

  /**
   * The rows' losses.
   *
   * @param most rows looked at
   * @return null when the loss has no value per example, or the data are not at hand (no known size)
   */
  static Health.RowLosses measure(Model model, Loss loss, Dataset data, long most) {
    if (!(loss instanceof ElementLoss each) || data.size() <= 0) {
      return null;
    }
    List<Double> losses = new ArrayList<>();
    List<Long> labels = new ArrayList<>();
    List<Long> predicted = new ArrayList<>();
    try (Scope scope = Scope.open();
        Batch all = data.take(Math.min(most, data.size())).all();
        BatchIterator batches = Dataset.of(all.inputs(), all.y()).batch(BATCH).epoch(0, 0)) {
      while (batches.hasNext()) {
        try (Scope inner = Scope.open();
            Batch batch = batches.next()) {
          Tensor answer = model.call(batch.inputs(), Pass.inference()).get(0);
          add(each.perSample(batch.y(), answer), losses);
          if (isClassNumbers(batch.y(), answer)) {
            add(batch.y().toLongs(), labels);
            add(answer.argmax(-1).toLongs(), predicted);
          }
        }
      }
    }
    return new Health.RowLosses(losses, labels, predicted);
  }

  private static boolean isClassNumbers(Tensor y, Tensor answer) {
    return !y.dtype().isFloating() && answer.rank() == 2 && answer.dim(1) > 1 && y.size() == answer.dim(0);
  }

  private static void add(Tensor values, List<Double> losses) {
    int[] others = IntStream.range(1, values.rank()).toArray();
    Tensor perRow = others.length == 0 ? values : values.mean(others);
    for (double v : perRow.toDoubles()) {
      losses.add(v);
    }
  }

  private static void add(long[] values, List<Long> to) {
    for (long v : values) {
      to.add(v);
    }
  }
}
