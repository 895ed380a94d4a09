package dev.neurite.train;

import dev.neurite.autograd.Tape;
import dev.neurite.data.Batch;
import dev.neurite.nn.Pass;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/** Where a loss that is no number came from: the data, a parameter, a layer, or the loss itself. */
final class FirstNaN {

  private FirstNaN() {}

  static String describe(Run run) {
    Batch batch = run.currentBatch();
    for (Tensor x : batch.inputs()) {
      if (!finite(x)) {
        return "the batch's inputs have NaN or infinities";
      }
    }
    for (Map.Entry<String, Param> e : run.model().state().entrySet()) {
      if (!finite(e.getValue())) {
        return "the parameter '" + e.getKey() + "' has NaN or infinities";
      }
    }
    return Tape.noGrad(() -> Scope.run(() -> layer(run, batch)));
  }

  /** By a run of the model for inference, which changes no state. */
  private static String layer(Run run, Batch batch) {
    Pass pass = Pass.inference().capturingAll();
    run.model().call(batch.inputs(), pass);
    for (Pass.Output output : pass.outputs()) {
      if (!finite(output.value())) {
        return "the first layer with NaN or infinities in its output is '" + output.block().path() + "'";
      }
    }
    return "all layers' outputs are finite: it comes from the loss, the targets or a penalty";
  }

  private static boolean finite(Tensor t) {
    return !t.dtype().isFloating() || Arrays.stream(t.toDoubles()).allMatch(Double::isFinite);
  }
}
