package dev.neurite.nn;

import dev.neurite.ops.UnaryOp;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A batch normalisation, where there is one an addition of a residual, and a ReLU that follow each other with no other
 * reader in between: one kernel in place of two or three, each of which would go through memory. All happens at the
 * place of the ReLU, where the residual is there.
 *
 * @param norm the step of the normalisation
 * @param add the step of the addition, or null
 * @param relu the step of the ReLU
 * @param input slot of the normalisation's input
 * @param residual slot of what is added, or -1
 */
record FusedNorm(Graph.Step norm, Graph.Step add, Graph.Step relu, int input, int residual) {

  /** By step: the chain that the step belongs to, or null. */
  static FusedNorm[] find(List<Graph.Step> steps, int[] outputs) {
    FusedNorm[] found = new FusedNorm[steps.size()];
    for (int i = 0; i < found.length; i++) {
      Graph.Step norm = steps.get(i);
      if (!(norm.block() instanceof BatchNorm) || uses(steps, norm.block()) > 1) {
        continue;
      }
      int next = onlyReader(steps, norm.first(), outputs);
      int add = next >= 0 && found[next] == null && isResidual(steps.get(next)) ? next : -1;
      int relu = add < 0 ? next : onlyReader(steps, steps.get(add).first(), outputs);
      if (relu < 0 || !isRelu(steps.get(relu))) {
        continue;
      }
      int residual = add < 0 ? -1 : other(steps.get(add).inputs(), norm.first());
      if (freedBetween(steps, i, add, relu, norm.inputs()[0]) || freedBetween(steps, i, add, relu, residual)) {
        continue;
      }
      FusedNorm chain =
          new FusedNorm(norm, add < 0 ? null : steps.get(add), steps.get(relu), norm.inputs()[0], residual);
      found[i] = chain;
      found[relu] = chain;
      if (add >= 0) {
        found[add] = chain;
      }
    }
    return found;
  }

  /** Whether a step that runs between those of the chain is the last to read a slot. */
  private static boolean freedBetween(List<Graph.Step> steps, int norm, int add, int relu, int slot) {
    for (int s = norm + 1; s < relu; s++) {
      if (s != add && Arrays.stream(steps.get(s).last()).anyMatch(i -> i == slot)) {
        return true;
      }
    }
    return false;
  }

  private static long uses(List<Graph.Step> steps, Block block) {
    return steps.stream().filter(s -> s.block() == block).count();
  }

  private static boolean isRelu(Graph.Step step) {
    return step.block() instanceof Activation a && a.plainOp() == UnaryOp.RELU;
  }

  /** An addition of two different tensors of one shape. */
  private static boolean isResidual(Graph.Step step) {
    int[] in = step.inputs();
    List<Shape> shapes = step.inputShapes();
    return step.block() instanceof Add && in.length == 2 && in[0] != in[1] && shapes.get(0).equals(shapes.get(1));
  }

  private static int other(int[] inputs, int slot) {
    return inputs[0] == slot ? inputs[1] : inputs[0];
  }

  /** The only step that reads a slot, or -1 when there are several or the slot is an output. */
  private static int onlyReader(List<Graph.Step> steps, int slot, int[] outputs) {
    if (Arrays.stream(outputs).anyMatch(o -> o == slot)) {
      return -1;
    }
    List<Integer> readers = new ArrayList<>();
    for (int s = 0; s < steps.size(); s++) {
      for (int i : steps.get(s).inputs()) {
        if (i == slot) {
          readers.add(s);
        }
      }
    }
    return readers.size() == 1 ? readers.get(0) : -1;
  }

  /** Whether the tensors at hand are what the kernel takes; what the shapes of a model leave open may differ. */
  boolean accepts(Tensor[] slot) {
    Tensor x = slot[input];
    Tensor r = residual < 0 ? x : slot[residual];
    return r.dtype() == x.dtype() && r.shape().equals(x.shape());
  }

  /** The ReLU's output. */
  Tensor run(Tensor[] slot, Pass pass) {
    return ((BatchNorm) norm.block()).callWithRelu(slot[input], residual < 0 ? null : slot[residual], pass);
  }

  /** What the steps give one by one. */
  Tensor runSingly(Tensor[] slot, Pass pass) {
    Tensor y = norm.block().run(List.of(slot[input]), pass).get(0);
    if (add != null) {
      boolean first = add.inputs()[0] == norm.first();
      y = add.block().run(first ? List.of(y, slot[residual]) : List.of(slot[residual], y), pass).get(0);
    }
    return relu.block().run(List.of(y), pass).get(0);
  }
}
