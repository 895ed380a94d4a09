package dev.neurite.golden;

import dev.neurite.tensor.Reductions;
import dev.neurite.tensor.Sorting;
import dev.neurite.tensor.Tensor;
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
        r.in("x"), axis(r), r.c().flag("exclusive", false), r.c().flag("reverse", false))));
    h.put("cumprod", GoldenRun.y(r -> Reductions.cumprod(
        r.in("x"), axis(r), r.c().flag("exclusive", false), r.c().flag("reverse", false))));
    h.put("sort", GoldenRun.op(r ->
        sorted(Sorting.sort(r.in("x"), axis(r), r.c().flag("descending", false)))));
    h.put("argsort", GoldenRun.op(r ->
        Map.of("indices", Sorting.argsort(r.in("x"), axis(r), r.c().flag("descending", false)))));
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
    Tensor i = largest ? r.in("x").argmax(axis(r)) : r.in("x").argmin(axis(r));
    return keep(r) ? i.expandDims(r.in("x").shape().axis(axis(r))) : i;
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
