package dev.neurite.nn;

import dev.neurite.ops.PackedSteps;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A recurrent network step by step in tensor ops: for activations and dropout that the fused kernels lack, and for
 * second-order gradients.
 */
final class RecurrentLoop {

  /** One step of the running sequences. */
  @FunctionalInterface
  interface Step {

    /**
     * The new states.
     *
     * @param projected [running, width]
     * @param states [running, units] each
     * @param running number of sequences that have this step: the first ones
     */
    List<Tensor> apply(Tensor projected, List<Tensor> states, long running);
  }

  private RecurrentLoop() {}

  /**
   * The first state of every step [total, units], packed, then the last states in the packed order.
   *
   * @param states [batch, units] each, in the packed order
   */
  static List<Tensor> run(PackedSteps steps, Tensor projected, List<Tensor> states, Step step) {
    List<Tensor> current = states;
    List<Tensor> outputs = new ArrayList<>();
    List<List<Tensor>> ended = new ArrayList<>(); // states of shorter sequences, last ones first
    long[] rows = steps.rows();
    long running = steps.batch();
    for (int s = 0; s < rows.length; s++) {
      if (rows[s] < running) {
        ended.add(rowsOf(current, rows[s], running));
        current = rowsOf(current, 0, rows[s]);
        running = rows[s];
      }
      long from = steps.offset(s);
      current = step.apply(projected.slice(0, from, from + running), current, running);
      outputs.add(current.get(0));
    }
    List<Tensor> result = new ArrayList<>();
    result.add(outputs.isEmpty() ? states.get(0).slice(0, 0, 0) : Tensor.concat(0, outputs));
    for (int k = 0; k < states.size(); k++) {
      List<Tensor> parts = new ArrayList<>(List.of(current.get(k)));
      for (int e = ended.size() - 1; e >= 0; e--) {
        parts.add(ended.get(e).get(k));
      }
      result.add(parts.size() == 1 ? parts.get(0) : Tensor.concat(0, parts));
    }
    return result;
  }

  private static List<Tensor> rowsOf(List<Tensor> states, long from, long to) {
    return states.stream().map(s -> s.slice(0, from, to)).toList();
  }
}
