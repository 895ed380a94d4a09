package dev.neurite.data;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Some examples of a {@link Dataset}: what goes into the model, what should come out, how much each example counts.
 *
 * <p><b>Shapes</b> inputs [batch, *] each, y [batch, *], weights [batch]; y and weights may be null.
 *
 * @param inputs one tensor per input of the model, at least one
 * @param y targets, or null
 * @param weights weight of each example in the loss and the metrics, or null (all 1)
 */
public record Batch(List<Tensor> inputs, Tensor y, Tensor weights) implements AutoCloseable {

  /**
   * Checks that all parts have the same number of examples.
   *
   * @throws ShapeException when they have not
   */
  public Batch {
    inputs = List.copyOf(inputs);
    Rows.requireSameCount("Batch", inputs, y, weights);
  }

  /** A batch with one input and targets. */
  public static Batch of(Tensor x, Tensor y) {
    return new Batch(List.of(x), y, null);
  }

  /** A batch with one input, targets and weights. */
  public static Batch of(Tensor x, Tensor y, Tensor weights) {
    return new Batch(List.of(x), y, weights);
  }

  /** The first input: all there is for most models. */
  public Tensor x() {
    return inputs.get(0);
  }

  /** Number of examples. */
  public long size() {
    return x().dim(0);
  }

  /** This batch with the single input replaced. */
  public Batch withX(Tensor x) {
    return new Batch(List.of(x), y, weights);
  }

  /** This batch with the targets replaced. */
  public Batch withY(Tensor targets) {
    return new Batch(inputs, targets, weights);
  }

  /** All tensors: inputs, then y and weights where there are any. */
  public List<Tensor> tensors() {
    List<Tensor> all = new ArrayList<>(inputs);
    if (y != null) {
      all.add(y);
    }
    if (weights != null) {
      all.add(weights);
    }
    return all;
  }

  /**
   * Frees the tensors. Batches handed out by a data set may always be closed: the data set's own memory is kept. Loops
   * over a data set, {@code fit}, {@code evaluate} and {@code predict} do it themselves.
   */
  @Override
  public void close() {
    for (Tensor t : tensors()) {
      t.close();
    }
  }
}
