package dev.neurite.data;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.Access;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** What the data sets do to the tensors of a batch: all parts alike, along the first axis. */
final class Rows {

  private static final Access TENSORS = Access.tensors();

  private Rows() {}

  static void requireSameCount(String who, List<Tensor> inputs, Tensor y, Tensor weights) {
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException(who + ": expected at least one input, given none");
    }
    for (Tensor x : inputs) {
      if (x.rank() == 0) {
        throw new ShapeException(who + ": expected inputs with a first axis of examples, given " + x.describe());
      }
    }
    long count = inputs.get(0).dim(0);
    for (int i = 1; i < inputs.size(); i++) {
      require(who, "input " + i, inputs.get(i), count);
    }
    if (y != null) {
      require(who, "targets", y, count);
    }
    if (weights != null) {
      require(who, "weights", weights, count);
      if (weights.rank() != 1 || !weights.dtype().isDifferentiable()) {
        throw new ShapeException(
            who + ": expected weights as float32 or float64 [" + count + "], given " + weights.describe());
      }
    }
  }

  private static void require(String who, String what, Tensor t, long count) {
    if (t.rank() == 0 || t.dim(0) != count) {
      throw new ShapeException(
          who + ": expected " + what + " for " + count + " examples, given "
              + (t.rank() == 0 ? "a scalar" : Long.toString(t.dim(0))));
    }
  }

  /** Every part of a batch through the same function; what the function makes besides its result is freed. */
  static Batch each(List<Tensor> inputs, Tensor y, Tensor weights, UnaryOperator<Tensor> rows) {
    return kept(() -> {
      List<Tensor> picked = new ArrayList<>(inputs.size());
      for (Tensor x : inputs) {
        picked.add(fresh(x, rows));
      }
      return new Batch(picked, fresh(y, rows), fresh(weights, rows));
    });
  }

  private static Tensor fresh(Tensor t, UnaryOperator<Tensor> rows) {
    if (t == null) {
      return null;
    }
    Tensor made = rows.apply(t);
    return made == t ? view(t) : made;
  }

  /** Runs code in a scope of its own and keeps the batch it returns. */
  static Batch kept(Supplier<Batch> code) {
    try (Scope scope = Scope.open()) {
      Batch made = code.get();
      made.tensors().forEach(scope::keep);
      return made;
    }
  }

  /** A new handle on the same memory: closing it leaves the original open. */
  static Tensor view(Tensor t) {
    return TENSORS.view(
        t, t.shape(), t.isContiguous() ? null : TENSORS.strides(t), TENSORS.offset(t), t.op());
  }

  /** Takes a tensor out of its scope: from now on only {@code close} or the collector frees it. */
  static Tensor loose(Tensor t) {
    TENSORS.adopt(t, null);
    return t;
  }

  /** Batches joined to one. */
  static Batch join(List<Batch> parts) {
    return kept(() -> {
      Batch head = parts.get(0);
      List<Tensor> inputs = new ArrayList<>();
      for (int i = 0; i < head.inputs().size(); i++) {
        int input = i;
        inputs.add(concat(parts, b -> b.inputs().size() == head.inputs().size() ? b.inputs().get(input) : null));
      }
      return new Batch(inputs, concat(parts, Batch::y), concat(parts, Batch::weights));
    });
  }

  private static Tensor concat(List<Batch> parts, Function<Batch, Tensor> part) {
    List<Tensor> tensors = new ArrayList<>(parts.size());
    for (Batch b : parts) {
      Tensor t = part.apply(b);
      if (t != null) {
        tensors.add(t);
      }
    }
    if (tensors.isEmpty()) {
      return null;
    }
    if (tensors.size() != parts.size()) {
      throw new IllegalArgumentException(
          "Dataset: expected the same parts (inputs, targets, weights) in every batch, given batches with and without");
    }
    return tensors.size() == 1 ? view(tensors.get(0)) : Tensor.concat(0, tensors);
  }
}
