package dev.neurite.autograd;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.Access;
import dev.neurite.ops.Binary;
import dev.neurite.ops.Current;
import dev.neurite.ops.Gather;
import dev.neurite.ops.Numerics;
import dev.neurite.tensor.Float32MatmulPrecision;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Records ops while it is open on a thread, and computes gradients by walking the record backwards once.
 *
 * <p>Only ops on trainable parameters, watched tensors, and what was computed from them are recorded. A tape is also a
 * scope: tensors made while it is open are freed when it closes, those only backward needs as soon as they were used.
 *
 * <pre>{@code
 * try (Tape tape = Tape.open()) {
 *   Tensor loss = w.square().sub(w.mul(20)).add(25);
 *   System.out.println(tape.gradients(loss, List.of(w)).of(w).item());   // 2w - 20
 * }
 * }</pre>
 *
 * <p>Tapes are confined to their thread; with several open, the innermost records.
 */
public final class Tape implements AutoCloseable {

  private static final Access TENSORS = Access.tensors();
  private static final int UNTRACKED = -1;

  private final Current current;
  private final Tape outer;
  private final Scope scope;
  private final boolean persistent;
  private final List<TapeEntry> nodes = new ArrayList<>();
  private final Map<Param, Integer> params = new IdentityHashMap<>();
  private boolean used;
  private boolean closed;

  private Tape(boolean persistent) {
    this.persistent = persistent;
    current = Current.get();
    outer = current.tape;
    scope = Scope.open();
    current.tape = this;
  }

  /** Opens a tape for one backward pass. */
  public static Tape open() {
    return new Tape(false);
  }

  /** Opens a tape whose record survives {@link #gradients}: several losses, or second-order gradients. */
  public static Tape persistent() {
    return new Tape(true);
  }

  /** Runs code without recording. */
  public static <T> T noGrad(Supplier<T> code) {
    Current current = Current.get();
    Tape tape = current.tape;
    current.tape = null;
    try {
      return code.get();
    } finally {
      current.tape = tape;
    }
  }

  /** Makes gradients with respect to tensors that are not parameters available. */
  public void watch(Tensor... tensors) {
    for (Tensor t : tensors) {
      if (nodeOf(t) == UNTRACKED) {
        TENSORS.setNode(t, this, addNode(null));
      }
    }
  }

  /** True when ops on the tensor would be recorded now on this thread. */
  public static boolean tracks(Tensor t) {
    Tape tape = Current.get().tape;
    return tape != null && tape.nodeOf(t) != UNTRACKED;
  }

  /**
   * The mode of float32 products under which the op that made a tensor was recorded, and which its backward uses; null
   * where this tape has no op for it.
   */
  public Float32MatmulPrecision precisionOf(Tensor t) {
    int node = nodeOf(t);
    TapeEntry entry = node == UNTRACKED ? null : nodes.get(node);
    return entry == null ? null : Float32MatmulPrecision.of(entry.precision);
  }

  /** True when an op of that name was recorded. */
  boolean hasRecorded(String op) {
    for (TapeEntry e : nodes) {
      if (e != null && e.op.equals(op)) {
        return true;
      }
    }
    return false;
  }

  private int addNode(TapeEntry entry) {
    nodes.add(entry);
    return nodes.size() - 1;
  }

  private int nodeOf(Tensor t) {
    int node = TENSORS.node(t, this);
    if (node == UNTRACKED && t instanceof Param p && p.trainable()) {
      Integer known = params.get(p);
      if (known == null) {
        known = addNode(null);
        params.put(p, known);
      }
      return known;
    }
    return node;
  }

  // ---- recording, called by the ops

  /** Records {@code y = op(x)}; saved tensors stay alive until backward has used them. Returns y. */
  public static Tensor record(String op, Tensor y, Tensor x, Backward dx, Tensor... saved) {
    Numerics.check(op, y);
    Tape tape = Current.get().tape;
    if (tape == null) {
      return y;
    }
    int node = tape.nodeOf(x);
    if (node != UNTRACKED) {
      tape.add(op, y, new int[] {node}, new Backward[] {dx}, saved);
    }
    return y;
  }

  /** Records {@code y = op(a, b)}. Only the backward functions of tracked inputs are ever called. Returns y. */
  public static Tensor record(String op, Tensor y, Tensor a, Backward da, Tensor b, Backward db, Tensor... saved) {
    Numerics.check(op, y);
    Tape tape = Current.get().tape;
    if (tape == null) {
      return y;
    }
    int nodeA = tape.nodeOf(a);
    int nodeB = tape.nodeOf(b);
    if (nodeA != UNTRACKED || nodeB != UNTRACKED) {
      tape.add(op, y, new int[] {nodeA, nodeB}, new Backward[] {da, db}, saved);
    }
    return y;
  }

  private void add(String op, Tensor y, int[] inputs, Backward[] backward, Tensor[] saved) {
    TapeEntry e = new TapeEntry(current, op, nodes.size(), 1, inputs, saved, backward, null);
    TENSORS.setNode(y, this, addNode(e));
  }

  /**
   * Records a row lookup {@code y = table[ids]}. Where the table is a parameter its gradient stays a list of rows.
   *
   * @param values from dy to the gradient's rows [count, width]
   */
  public static Tensor recordRows(String op, Tensor y, Tensor table, Backward values, RowLookup lookup) {
    Numerics.check(op, y);
    Tape tape = Current.get().tape;
    if (tape == null) {
      return y;
    }
    int node = tape.nodeOf(table);
    if (node != UNTRACKED) {
      tape.add(op, y, new int[] {node}, new Backward[] {values}, new Tensor[] {lookup.ids()});
      tape.nodes.get(tape.nodes.size() - 1).lookup = lookup;
    }
    return y;
  }

  /**
   * Which rows of a table were looked up.
   *
   * @param ids int64 [count]
   * @param rows rows of the table
   * @param skip row that gets no gradient, or -1
   */
  public record RowLookup(Tensor ids, long rows, long skip) {}

  /** Records an op with several inputs (null entries allowed) or outputs. */
  public static void recordMany(
      String op, Tensor[] outputs, Tensor[] inputs, BackwardMany backward, Tensor... saved) {
    for (Tensor y : outputs) {
      Numerics.check(op, y);
    }
    Tape tape = Current.get().tape;
    if (tape == null) {
      return;
    }
    int[] ids = new int[inputs.length];
    boolean any = false;
    for (int i = 0; i < ids.length; i++) {
      ids[i] = inputs[i] == null ? UNTRACKED : tape.nodeOf(inputs[i]);
      any |= ids[i] != UNTRACKED;
    }
    if (!any) {
      return;
    }
    TapeEntry e = new TapeEntry(tape.current, op, tape.nodes.size(), outputs.length, ids, saved, null, backward);
    for (Tensor y : outputs) {
      TENSORS.setNode(y, tape, tape.addNode(e));
    }
  }

  // ---- backward

  /**
   * Gradients of a scalar loss.
   *
   * @param loss one element, computed while this tape was open
   * @param targets parameters or watched tensors
   */
  public Gradients gradients(Tensor loss, List<? extends Tensor> targets) {
    return gradients(loss, targets, false);
  }

  /**
   * Gradients of a scalar loss, recorded themselves when {@code createGraph} is set, so that they can be
   * differentiated again. Ops whose backward is a fused kernel only refuse that, naming the op.
   */
  public Gradients gradients(Tensor loss, List<? extends Tensor> targets, boolean createGraph) {
    if (loss.size() != 1) {
      throw new ShapeException("Tape.gradients: expected a loss with one element, given " + loss.describe());
    }
    Tensor one = Tensor.ones(loss.shape(), loss.dtype());
    return gradients(List.of(loss), List.of(one), targets, createGraph);
  }

  /**
   * Vector-Jacobian product: the sum over outputs of {@code upstream_i * d output_i / d target}.
   *
   * @param outputs tensors computed while this tape was open
   * @param upstream a tensor of the same shape for each of them
   * @param targets parameters or watched tensors
   * @param createGraph record the walk itself
   */
  public Gradients gradients(
      List<Tensor> outputs, List<Tensor> upstream, List<? extends Tensor> targets, boolean createGraph) {
    if (closed) {
      throw new IllegalStateException("Tape: it is closed");
    }
    if (used && !persistent) {
      throw new IllegalStateException("Tape: its record was used up by the first gradients(); open Tape.persistent()");
    }
    if (createGraph && !persistent) {
      throw new IllegalStateException("Tape: second-order gradients need Tape.persistent()");
    }
    used = true;
    Walk walk = new Walk(createGraph);
    Tape active = current.tape;
    long precision = current.precision;
    current.tape = createGraph ? this : null;
    try {
      for (int i = 0; i < outputs.size(); i++) {
        walk.seed(outputs.get(i), upstream.get(i));
      }
      walk.run(targets);
      return walk.collect(targets);
    } finally {
      walk.drop();
      current.tape = active;
      current.precision = precision;
    }
  }

  /** One backward walk: the gradients found so far, by node. */
  private final class Walk {
    private final boolean createGraph;
    private final Tensor[] grads = new Tensor[nodes.size()];
    private final boolean[] own = new boolean[nodes.size()];
    private final Map<Integer, List<Gradient.Rows>> rows = new HashMap<>();
    private int top = -1;

    Walk(boolean createGraph) {
      this.createGraph = createGraph;
    }

    void seed(Tensor output, Tensor upstream) {
      int node = nodeOf(output);
      if (node == UNTRACKED || node >= grads.length) {
        return; // nothing was recorded: no target can depend on it
      }
      if (!upstream.shape().equals(output.shape())) {
        throw new ShapeException(
            "Tape.gradients: expected an upstream gradient of " + output.shape() + ", given " + upstream.shape());
      }
      accumulate(node, upstream);
      top = Math.max(top, node);
    }

    void run(List<? extends Tensor> targets) {
      boolean[] wanted = new boolean[grads.length];
      for (Tensor t : targets) {
        int node = nodeOf(t);
        if (node != UNTRACKED && node < wanted.length) {
          wanted[node] = true;
        }
      }
      for (int node = top; node >= 0; node--) {
        TapeEntry e = nodes.get(node);
        if (e == null || node != e.firstOutput) {
          continue;
        }
        if (hasGradient(e)) {
          step(e, wanted);
        }
        if (!persistent) {
          e.release();
        }
      }
    }

    private boolean hasGradient(TapeEntry e) {
      for (int i = 0; i < e.outputs; i++) {
        if (e.firstOutput + i < grads.length && grads[e.firstOutput + i] != null) {
          return true;
        }
      }
      return false;
    }

    private void step(TapeEntry e, boolean[] wanted) {
      current.precision = e.precision;
      try (Scope inner = Scope.open()) {
        if (e.many == null) {
          Tensor dy = grads[e.firstOutput];
          for (int i = 0; i < e.inputs.length; i++) {
            if (e.inputs[i] != UNTRACKED) {
              Tensor g = e.single[i].apply(dy);
              if (e.lookup == null) {
                accumulate(e.inputs[i], g);
              } else {
                addRows(e.inputs[i], g, e.lookup);
              }
            }
          }
        } else {
          stepMany(e);
        }
      }
      for (int i = 0; i < e.outputs; i++) {
        int node = e.firstOutput + i;
        if (!wanted[node] && grads[node] != null) {
          TENSORS.unpin(grads[node]);
          grads[node] = null;
        }
      }
    }

    private void stepMany(TapeEntry e) {
      Tensor[] dy = new Tensor[e.outputs];
      System.arraycopy(grads, e.firstOutput, dy, 0, e.outputs);
      boolean[] needed = new boolean[e.inputs.length];
      for (int i = 0; i < needed.length; i++) {
        needed[i] = e.inputs[i] != UNTRACKED;
      }
      Tensor[] dx = e.many.apply(dy, needed);
      for (int i = 0; i < needed.length; i++) {
        if (needed[i] && dx[i] != null) {
          accumulate(e.inputs[i], dx[i]);
        }
      }
    }

    /** Rows stay rows only for a leaf; everything else needs the whole table's gradient. */
    private void addRows(int node, Tensor values, RowLookup lookup) {
      if (nodes.get(node) != null || createGraph) {
        accumulate(node, Gather.scatterRows(values, lookup.ids(), lookup.rows(), lookup.skip()));
        return;
      }
      Gradient.Rows found = RowParts.of(lookup, values);
      TENSORS.pin(found.values());
      TENSORS.pin(found.indices());
      rows.computeIfAbsent(node, n -> new ArrayList<>()).add(found);
    }

    private void accumulate(int node, Tensor g) {
      Tensor before = grads[node];
      if (before == null) {
        TENSORS.pin(g);
        grads[node] = g;
      } else if (own[node] && !createGraph) {
        Binary.addInPlace(before, g);
      } else {
        Tensor sum = before.add(g);
        TENSORS.pin(sum);
        TENSORS.unpin(before);
        grads[node] = sum;
        own[node] = true;
      }
    }

    Gradients collect(List<? extends Tensor> targets) {
      List<Gradient> found = new ArrayList<>(targets.size());
      for (Tensor t : targets) {
        int node = nodeOf(t);
        found.add(node == UNTRACKED || node >= grads.length ? null : collect(node));
      }
      return new Gradients(targets, found);
    }

    private Gradient collect(int node) {
      List<Gradient.Rows> parts = rows.getOrDefault(node, List.of());
      if (grads[node] == null && !parts.isEmpty()) {
        Gradient.Rows all = RowParts.merged(parts);
        handOver(all.values());
        handOver(all.indices());
        return all;
      }
      for (Gradient.Rows part : parts) {
        accumulate(node, part.dense());
      }
      if (grads[node] == null) {
        return null;
      }
      Tensor result = grads[node].contiguous();
      if (result == grads[node]) {
        handOver(result);
      }
      return new Gradient.Dense(result);
    }

    /** A result that lost its scope inside the walk moves to the caller's. */
    private void handOver(Tensor t) {
      if (TENSORS.isOrphan(t)) {
        TENSORS.adopt(t, current.scope);
      }
    }

    void drop() {
      for (int i = 0; i < grads.length; i++) {
        if (grads[i] != null) {
          TENSORS.unpin(grads[i]);
          grads[i] = null;
        }
      }
      rows.values().stream().flatMap(List::stream).forEach(part -> {
        TENSORS.unpin(part.values());
        TENSORS.unpin(part.indices());
      });
    }
  }

  /** Frees what was made while the tape was open, and stops recording. Closing twice is harmless. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (current.tape != this && current.tape != outer) {
      throw new IllegalStateException("Tape: an inner tape is still open; close tapes in reverse order");
    }
    closed = true;
    current.tape = outer;
    for (TapeEntry e : nodes) {
      if (e != null) {
        e.release();
      }
    }
    scope.close();
  }
}
