package dev.neurite.golden;

import dev.neurite.tensor.Reductions;
import dev.neurite.tensor.Sorting;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/** tensor_reduce: reductions over axes, running sums, sorting. */
final class ReduceGolden implements GoldenTopic {

  /** A reduction of the public API. */
  @FunctionalInterface
  private interface Reduction {
    Tensor apply(Tensor x, boolean keepDims, int... axes);
  }

  @Override
  public void register(Map<String, GoldenHandler> h) {
    reduction(h, "sum", Tensor::sum);
    reduction(h, "mean", Tensor::mean);
    reduction(h, "max", Tensor::max);
    reduction(h, "min", Tensor::min);
    reduction(h, "prod", Reductions::prod);
    reduction(h, "l1", Reductions::l1);
    reduction(h, "l2", Reductions::l2);
    reduction(h, "sum_squares", Reductions::sumSquares);
    reduction(h, "logsumexp", Reductions::logSumExp);
    reduction(h, "any", Reductions::any);
    reduction(h, "all", Reductions::all);
    h.put("reduce/var", GoldenRun.y(r -> r.in("x").variance(correction(r), keep(r), axes(r))));
    h.put("reduce/std", GoldenRun.y(r -> Reductions.std(r.in("x"), correction(r), keep(r), axes(r))));
    h.put("reduce/argmax", GoldenRun.y(r -> arg(r, true)));
    h.put("reduce/argmin", GoldenRun.y(r -> arg(r, false)));
    h.put("cumsum", GoldenRun.y(r -> Reductions.cumsum(
        alongAxis(r), axis(r), r.c().flag("exclusive", false), r.c().flag("reverse", false))));
    h.put("cumprod", GoldenRun.y(r -> Reductions.cumprod(
        alongAxis(r), axis(r), r.c().flag("exclusive", false), r.c().flag("reverse", false))));
    h.put("sort", GoldenRun.op(r ->
        sorted(Sorting.sort(alongAxis(r), axis(r), r.c().flag("descending", false)))));
    h.put("argsort", GoldenRun.op(r ->
        Map.of("indices", Sorting.argsort(alongAxis(r), axis(r), r.c().flag("descending", false)))));
    h.put("topk", GoldenRun.op(r ->
        sorted(Sorting.topk(r.in("x"), (long) r.c().number("k", 1), axis(r), r.c().flag("largest", true)))));
  }

  private static void reduction(Map<String, GoldenHandler> h, String name, Reduction f) {
    h.put("reduce/" + name, GoldenRun.y(r -> f.apply(r.in("x"), keep(r), axes(r))));
  }

  private static Map<String, Tensor> sorted(Sorting.Sorted s) {
    return Map.of("values", s.values(), "indices", s.indices());
  }

  private static Tensor arg(GoldenRun r, boolean largest) {
    Tensor x = r.in("x");
    Integer axis = argAxis(r);
    Tensor from = axis == null ? x.reshape(x.size()) : x;
    Tensor i = largest ? from.argmax(axis == null ? 0 : axis) : from.argmin(axis == null ? 0 : axis);
    if (!keep(r)) {
      return i;
    }
    long[] ones = new long[x.rank()];
    Arrays.fill(ones, 1);
    return axis == null ? i.reshape(ones) : i.expandDims(x.shape().axis(axis));
  }

  /** One axis, or null for the position in the flat tensor. */
  private static Integer argAxis(GoldenRun r) {
    if (r.c().attrs().get("axis") != null) {
      return axis(r);
    }
    int[] axes = axes(r);
    if (axes.length > 1) {
      throw new AssertionError("expected one axis, given " + Arrays.toString(axes));
    }
    return axes.length == 0 ? null : axes[0];
  }

  /** The tensor to run along an axis: without one the flat tensor, as in numpy. */
  private static Tensor alongAxis(GoldenRun r) {
    boolean flat = r.c().attrs().containsKey("axis") && r.c().attrs().get("axis") == null;
    return flat ? r.in("x").reshape(r.in("x").size()) : r.in("x");
  }

  private static double correction(GoldenRun r) {
    return r.c().number("correction", 0);
  }

  private static int axis(GoldenRun r) {
    return (int) r.c().number("axis", -1);
  }

  private static boolean keep(GoldenRun r) {
    return r.c().flag("keepdims", false);
  }

  private static int[] axes(GoldenRun r) {
    return r.c().attrs().get("axes") == null ? new int[0] : r.c().ints("axes");
  }
}
