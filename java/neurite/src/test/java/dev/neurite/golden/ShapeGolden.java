package dev.neurite.golden;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Slice;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** tensor_shape: views, joins and row lookups. */
final class ShapeGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("reshape", GoldenRun.y(r -> r.in("x").reshape(r.c().longs("shape"))));
    h.put("transpose", GoldenRun.y(r -> r.in("x").permute(r.c().ints("perm"))));
    h.put("squeeze", GoldenRun.y(r -> r.in("x").squeeze(r.c().ints("axes"))));
    h.put("unsqueeze", GoldenRun.y(r -> {
      Tensor y = r.in("x");
      for (int axis : r.c().ints("axes")) {
        y = y.expandDims(axis);
      }
      return y;
    }));
    h.put("expand", GoldenRun.y(r -> r.in("x").broadcastTo(Shape.of(r.c().longs("shape")))));
    h.put("concat", GoldenRun.y(r -> Tensor.concat((int) r.c().number("axis", 0), all(r))));
    h.put("stack", GoldenRun.y(r -> Tensor.stack((int) r.c().number("axis", 0), all(r))));
    h.put("split", GoldenRun.op(ShapeGolden::split));
    h.put("slice", GoldenRun.y(ShapeGolden::slice));
    h.put("flip", GoldenRun.y(r -> r.in("x").flip(r.c().ints("axes"))));
    h.put("roll", GoldenRun.y(ShapeGolden::roll));
    h.put("masked_fill", GoldenRun.y(r -> r.in("mask").where(
        Tensor.scalar(r.c().number("value", 0), r.dtype()), r.in("x"))));
    h.put("take", GoldenRun.y(ShapeGolden::take));
    h.put("pad", r -> {
      if (!r.c().text("mode", "constant").equals("constant")) {
        throw new AssertionError("padding mode " + r.c().text("mode", "") + " is not there yet");
      }
      GoldenRun.y(ShapeGolden::pad).check(r);
    });
    h.put("one_hot", GoldenRun.y(r -> r.in("x").oneHot((long) r.c().number("depth", 0), r.dtype())));
    h.put("linspace", GoldenRun.y(r -> {
      double start = r.c().number("start", 0);
      double n = r.c().number("num", 1);
      return Tensor.range(start, (r.c().number("stop", 0) - start) / (n - 1), (long) n, r.dtype());
    }));
    h.put("arange", GoldenRun.y(r -> {
      double start = r.c().number("start", 0);
      double step = r.c().number("step", 1);
      return Tensor.range(start, step, (long) Math.ceil((r.c().number("stop", 0) - start) / step), r.dtype());
    }));
  }

  private static List<Tensor> all(GoldenRun r) {
    List<Tensor> parts = new ArrayList<>();
    r.c().tensors("inputs").keySet().forEach(name -> parts.add(r.in(name)));
    return parts;
  }

  private static Map<String, Tensor> split(GoldenRun r) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    int axis = (int) r.c().number("axis", 0);
    long at = 0;
    for (long n : r.c().longs("sizes")) {
      out.put("y" + out.size(), r.in("x").slice(axis, at, at + n));
      at += n;
    }
    return out;
  }

  @SuppressWarnings("unchecked")
  private static Tensor slice(GoldenRun r) {
    List<Slice> ranges = new ArrayList<>();
    for (Object o : (List<Object>) r.c().attrs().get("slices")) {
      List<Number> range = (List<Number>) o;
      ranges.add(new Slice(whole(range.get(0)), whole(range.get(1)), range.get(2) == null ? 1 : range.get(2).longValue()));
    }
    return r.in("x").slice(ranges.toArray(new Slice[0]));
  }

  private static Long whole(Number d) {
    return d == null ? null : Long.valueOf(d.longValue());
  }

  private static Tensor roll(GoldenRun r) {
    Tensor x = r.in("x");
    if (r.c().attrs().get("axis") == null) {
      return rolled(x.reshape(x.size()), 0, (long) r.c().number("shift", 0)).reshape(x.shape());
    }
    return rolled(x, (int) r.c().number("axis", 0), (long) r.c().number("shift", 0));
  }

  private static Tensor rolled(Tensor x, int axis, long shift) {
    long n = x.dim(axis);
    long k = Math.floorMod(shift, n);
    return k == 0 ? x : Tensor.concat(axis, List.of(x.slice(axis, n - k, n), x.slice(axis, 0, n - k)));
  }

  private static Tensor take(GoldenRun r) {
    Tensor x = r.in("x");
    Tensor ids = r.in("indices");
    int axis = x.shape().axis((int) r.c().number("axis", 0));
    if (r.c().flag("negative", false)) {
      Tensor n = Tensor.ofLongs(x.dim(axis)).reshape();
      ids = ids.lt(0).where(ids.add(n), ids);
    }
    if (axis == 0) {
      return x.gather(ids);
    }
    int[] front = new int[x.rank()];
    front[0] = axis;
    int[] back = new int[x.rank()];
    for (int i = 1, from = 0; i < front.length; i++, from++) {
      front[i] = from == axis ? ++from : from;
    }
    for (int i = 0; i < front.length; i++) {
      back[front[i]] = i;
    }
    return x.permute(front).gather(ids).permute(back);
  }

  @SuppressWarnings("unchecked")
  private static Tensor pad(GoldenRun r) {
    List<Object> pads = (List<Object>) r.c().attrs().get("pads");
    long[] before = new long[pads.size()];
    long[] after = new long[pads.size()];
    for (int i = 0; i < before.length; i++) {
      long[] p = GoldenCase.longs(pads.get(i));
      before[i] = p[0];
      after[i] = p[1];
    }
    return r.in("x").pad(before, after, r.c().number("value", 0));
  }
}
