package dev.neurite.train;

import dev.neurite.autograd.Tape;
import dev.neurite.data.Batch;
import dev.neurite.data.BatchIterator;
import dev.neurite.data.Dataset;
import dev.neurite.error.OutOfMemoryException;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Finds the largest batch size, a power of two, with which a compiled model's forward and backward pass fit into
 * memory: begins large, halves whenever memory runs out, and says so. The model is as before afterwards.
 *
 * <pre>{@code
 * BatchSizeProbe.Result r = BatchSizeProbe.of(model, data, 4096);
 * System.out.println(r);                       // what was tried
 * model.fit(data.batch(r.size()), Fit.epochs(10));
 * }</pre>
 */
public final class BatchSizeProbe {

  private static final System.Logger LOG = System.getLogger("neurite.train");

  private BatchSizeProbe() {}

  /**
   * What was tried.
   *
   * @param size the largest batch size that fits
   * @param steps a line for each size tried
   */
  public record Result(int size, List<String> steps) {

    /** Copies the list. */
    public Result {
      steps = List.copyOf(steps);
    }

    /** The steps, a line each. */
    @Override
    public String toString() {
      return String.join("\n", steps);
    }
  }

  /**
   * Tries sizes from the largest power of two that is at most {@code largest} and the number of examples.
   *
   * @param model compiled
   * @param data examples with targets
   * @throws OutOfMemoryException when one example alone does not fit
   * @throws IllegalArgumentException for a size below 1 or data without examples
   */
  public static Result of(Model model, Dataset data, int largest) {
    if (largest < 1 || data.size() == 0) {
      throw new IllegalArgumentException(
          "BatchSizeProbe: expected a size of 1 or more and examples, given " + largest + " and " + data.size());
    }
    long most = data.size() < 0 ? largest : Math.min(largest, data.size());
    List<String> steps = new ArrayList<>();
    try (WeightsCopy before = WeightsCopy.replace(null, model)) {
      for (int size = (int) Long.highestOneBit(most); ; size /= 2) {
        String failure = failure(model, data.batch(size), size);
        before.restore(); // moving averages were updated
        String said = failure == null ? "fits" : "out of memory" + (size > 1 ? ", halving to " + size / 2 : "");
        steps.add(String.format(Locale.ROOT, "batch size %d: %s", size, said));
        LOG.log(System.Logger.Level.INFO, steps.get(steps.size() - 1));
        if (failure == null) {
          return new Result(size, steps);
        }
        if (size == 1) {
          throw new OutOfMemoryException("BatchSizeProbe: one example alone does not fit\n" + failure);
        }
      }
    }
  }

  /** The message of the refusal, or null. */
  private static String failure(Model model, Dataset data, int size) {
    try (Scope scope = Scope.open();
        BatchIterator batches = data.epoch(0, 0);
        Batch batch = batches.next();
        Tape tape = Tape.open()) {
      Tensor output = model.call(batch.inputs(), Pass.training(0)).get(0);
      Tensor loss = model.trainer().loss().apply(batch.y(), output, batch.weights());
      tape.gradients(loss, model.trainableParams());
      return null;
    } catch (OutOfMemoryException e) {
      return "size " + size + ": " + e.getMessage();
    }
  }
}
