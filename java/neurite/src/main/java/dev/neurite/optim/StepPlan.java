package dev.neurite.optim;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The rows of one step, grouped by what goes into one native call; its arrays are kept from step to step. */
final class StepPlan {

  private final List<Group> groups = new ArrayList<>();

  /** Parameters of one device and type that are treated alike. */
  static final class Group {
    final long context;
    final DType dtype;
    /** Whether weight decay applies. */
    final boolean decays;
    /** Whether this is the parameters' first update. */
    final boolean first;
    /** Factor of the learning rate. */
    final double rateFactor;
    /** Rows: address of w, of g, of each slot, number of elements. */
    long[] table = new long[0];
    int count;
    // What the addresses belong to, so that it stays reachable; gradients may be copies.
    private final List<Slots> slots = new ArrayList<>();
    private final List<Tensor> gradients = new ArrayList<>();

    private Group(long context, DType dtype, boolean decays, boolean first, double rateFactor) {
      this.context = context;
      this.dtype = dtype;
      this.decays = decays;
      this.first = first;
      this.rateFactor = rateFactor;
    }

    private void add(Param p, Tensor g, Slots s) {
      addPart(p, g, s, 0, 0, p.size());
      slots.add(s);
      gradients.add(g);
    }

    /** A table row per touched row of the parameter. */
    private void add(Param p, TouchedRows rows, Slots s) {
      long width = p.size() / p.dim(0);
      long bytes = width * p.dtype().bytes();
      for (int i = 0; i < rows.indices().length; i++) {
        addPart(p, rows.sums(), s, rows.indices()[i] * bytes, i * bytes, width);
      }
      slots.add(s);
      gradients.add(rows.sums());
    }

    /** Part of a parameter, from an offset in bytes. */
    private void addPart(Param p, Tensor g, Slots s, long offset, long gradientOffset, long size) {
      int width = s.columns() + 3;
      int at = count * width;
      if (table.length < at + width) {
        table = Arrays.copyOf(table, Math.max(at + width, 2 * table.length));
      }
      table[at++] = p.addr() + offset;
      table[at++] = g.addr() + gradientOffset;
      for (int i = 0; i < s.columns(); i++) {
        long slot = s.address(i);
        table[at++] = slot == 0 ? 0 : slot + offset;
      }
      table[at] = size;
      count++;
    }

    List<Tensor> gradients() {
      return gradients;
    }

    List<Slots> slots() {
      return slots;
    }

    /** Projections and proximal steps of the parameters that have them. */
    void finish(double rate) {
      for (Slots s : slots) {
        Param.AfterStep afterStep = s.param().afterStep();
        if (afterStep != null) {
          s.param().assign(afterStep.apply(s.param(), rate));
        }
      }
    }

    /** Tells parameters and slots that native code wrote to them. */
    void changed() {
      for (Slots s : slots) {
        s.updated();
      }
    }

    private void clear() {
      count = 0;
      slots.clear();
      gradients.clear();
    }
  }

  List<Group> groups() {
    return groups;
  }

  void add(Param p, Tensor g, Slots s, boolean decays) {
    group(p, decays, s.isFresh()).add(p, g, s);
  }

  /** Rows of a table that decay does not apply to. */
  void add(Param p, TouchedRows rows, Slots s) {
    group(p, false, s.isFresh()).add(p, rows, s);
  }

  private Group group(Param p, boolean decays, boolean first) {
    for (Group g : groups) {
      if (g.context == p.ctx() && g.dtype == p.dtype() && g.decays == decays && g.first == first
          && g.rateFactor == p.learningRateFactor()) {
        return g;
      }
    }
    Group g = new Group(p.ctx(), p.dtype(), decays, first, p.learningRateFactor());
    groups.add(g);
    return g;
  }

  void clear() {
    if (groups.stream().anyMatch(g -> g.count > 0)) {
      groups.removeIf(g -> g.count == 0); // of a first step, or of a factor that has changed: they would only pile up
    }
    groups.forEach(Group::clear);
  }

  static Param requireParam(String who, Tensor target) {
    if (!(target instanceof Param p)) {
      throw new IllegalArgumentException(
          who + ": expected gradients of parameters, given one of the tensor " + target.describe());
    }
    if (!p.dtype().isDifferentiable()) {
      throw new DTypeException(
          who + ": expected float32 or float64 parameters, given '" + p.name() + "' " + p.describe());
    }
    return p;
  }

  static Tensor requireAlike(String who, Param p, Tensor g) {
    if (!g.shape().equals(p.shape())) {
      throw new ShapeException(
          who + ": expected a gradient of " + p.shape() + " for '" + p.name() + "', given " + g.shape());
    }
    if (g.dtype() != p.dtype()) {
      throw new DTypeException(
          who + ": expected a gradient of " + p.dtype() + " for '" + p.name() + "', given " + g.dtype());
    }
    return g;
  }
}
