package dev.neurite.golden;

import dev.neurite.ops.ReduceOp;
import dev.neurite.tensor.Tensor;
import java.util.Locale;
import java.util.Map;

/** tensor_reduce: reductions over axes. */
final class ReduceGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    for (ReduceOp op : ReduceOp.values()) {
      h.put("reduce/" + op.name().toLowerCase(Locale.ROOT), GoldenRun.y(r -> r.in("x").reduce(op, keep(r), axes(r))));
    }
    h.put("reduce/var", GoldenRun.y(r -> r.in("x").variance(r.c().number("correction", 0), keep(r), axes(r))));
    h.put("reduce/std", GoldenRun.y(r -> r.in("x").variance(r.c().number("correction", 0), keep(r), axes(r)).sqrt()));
    h.put("reduce/argmax", GoldenRun.y(r -> arg(r, true)));
    h.put("reduce/argmin", GoldenRun.y(r -> arg(r, false)));
  }

  private static Tensor arg(GoldenRun r, boolean largest) {
    int axis = (int) r.c().number("axis", 0);
    Tensor i = largest ? r.in("x").argmax(axis) : r.in("x").argmin(axis);
    return keep(r) ? i.expandDims(r.in("x").shape().axis(axis)) : i;
  }

  private static boolean keep(GoldenRun r) {
    return r.c().flag("keepdims", false);
  }

  private static int[] axes(GoldenRun r) {
    return r.c().attrs().get("axes") == null ? new int[0] : r.c().ints("axes");
  }
}
