package dev.neurite.golden;

import dev.neurite.tensor.Indexing;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Shaping;
import dev.neurite.tensor.Slice;
import dev.neurite.tensor.Sorting;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** tensor_shape: views, joins, lookups and writes by index. */
final class ShapeGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("reshape", GoldenRun.y(r -> r.in("x").reshape(r.c().longs("shape"))));
    h.put("transpose", GoldenRun.y(r -> r.in("x").permute(order(r))));
    h.put("squeeze", GoldenRun.y(r -> r.in("x").squeeze(axes(r))));
    h.put("unsqueeze", GoldenRun.y(ShapeGolden::unsqueeze));
    h.put("expand", GoldenRun.y(r -> r.in("x").broadcastTo(expanded(r))));
    h.put("concat", GoldenRun.y(r -> Tensor.concat((int) r.c().number("axis", 0), all(r))));
    h.put("stack", GoldenRun.y(r -> Tensor.stack((int) r.c().number("axis", 0), all(r))));
    h.put("split", GoldenRun.op(ShapeGolden::split));
    h.put("slice", GoldenRun.y(ShapeGolden::slice));
    h.put("flip", GoldenRun.y(r -> {
      int[] axes = axes(r);
      return r.in("x").flip(axes.length == 0 ? every(r.in("x").rank()) : axes);
    }));
    h.put("roll", GoldenRun.y(ShapeGolden::roll));
    h.put("masked_fill", GoldenRun.y(r -> Indexing.maskedFill(r.in("x"), r.in("mask"), r.c().number("value", 0))));
    h.put("take", GoldenRun.y(ShapeGolden::take));
    h.put("pad", GoldenRun.y(ShapeGolden::pad));
    h.put("tile", GoldenRun.y(r -> Shaping.tile(r.in("x"), r.c().longs("repeats"))));
    h.put("repeat", GoldenRun.y(ShapeGolden::repeat));
    h.put("triu", GoldenRun.y(r -> Shaping.triu(r.in("x"), (long) r.c().number("k", 0))));
    h.put("tril", GoldenRun.y(r -> Shaping.tril(r.in("x"), (long) r.c().number("k", 0))));
    h.put("diagonal", GoldenRun.y(r -> Shaping.diagonal(
        r.in("x"), (long) r.c().number("offset", 0), (int) r.c().number("axis1", 0), (int) r.c().number("axis2", 1))));
    h.put("meshgrid", GoldenRun.op(ShapeGolden::meshgrid));
    indexing(h);
    h.put("one_hot", GoldenRun.y(r -> r.in("x").oneHot((long) r.c().number("depth", 0), r.dtype())));
    h.put("linspace", GoldenRun.y(r -> Shaping.linspace(
        r.c().number("start", 0), r.c().number("stop", 0), (long) r.c().number("num", 1), r.dtype())));
    h.put("arange", GoldenRun.y(r -> Shaping.arange(
        r.c().number("start", 0), r.c().number("stop", 0), r.c().number("step", 1), r.dtype())));
  }

  private static void indexing(Map<String, GoldenHandler> h) {
    h.put("gather_elements", GoldenRun.y(r ->
        Indexing.gatherElements(r.in("x"), (int) r.c().number("axis", 0), r.in("indices"))));
    h.put("scatter_elements", GoldenRun.y(r -> Indexing.scatterElements(
        r.in("x"), (int) r.c().number("axis", 0), r.in("indices"), r.in("updates"), mode(r))));
    h.put("gather_nd", GoldenRun.y(r ->
        Indexing.gatherNd(r.in("x"), r.in("indices"), (int) r.c().number("batch_dims", 0))));
    h.put("scatter_nd", GoldenRun.y(r ->
        Indexing.scatterNd(r.in("x"), r.in("indices"), r.in("updates"), mode(r))));
    h.put("masked_select", GoldenRun.y(r -> Indexing.maskedSelect(r.in("x"), r.in("mask"))));
    h.put("nonzero", GoldenRun.y(r -> Indexing.nonzero(r.in("x"))));
    h.put("bincount", GoldenRun.y(r -> r.in("weights") == null
        ? Sorting.bincount(r.in("x"), (long) r.c().number("minlength", 0))
        : Sorting.bincount(r.in("x"), r.in("weights"), (long) r.c().number("minlength", 0))));
    h.put("unique", GoldenRun.op(r -> {
      Sorting.Unique u = Sorting.unique(r.in("x"));
      return Map.of("values", u.values(), "inverse", u.inverse(), "counts", u.counts());
    }));
    h.put("searchsorted", GoldenRun.op(r -> Map.of(
        "left", Sorting.searchSorted(r.in("sorted"), r.in("values"), false),
        "right", Sorting.searchSorted(r.in("sorted"), r.in("values"), true))));
  }

  /** Axes of the configuration; none when absent or null. */
  private static int[] axes(GoldenRun r) {
    Object axes = r.c().attrs().get("axes");
    return axes == null ? new int[0] : axes instanceof Number n ? new int[] {n.intValue()} : r.c().ints("axes");
  }

  private static int[] every(int rank) {
    return IntStream.range(0, rank).toArray();
  }

  /** Without an order the axes change places from the last to the first, as in numpy. */
  private static int[] order(GoldenRun r) {
    int rank = r.in("x").rank();
    return r.c().attrs().get("perm") == null
        ? IntStream.range(0, rank).map(i -> rank - 1 - i).toArray()
        : r.c().ints("perm");
  }

  /** Axes count in the result, so that their order does not matter. */
  private static Tensor unsqueeze(GoldenRun r) {
    int[] axes = axes(r);
    int rank = r.in("x").rank() + axes.length;
    Tensor y = r.in("x");
    for (int axis : Arrays.stream(axes).map(a -> a < 0 ? a + rank : a).sorted().toArray()) {
      y = y.expandDims(axis);
    }
    return y;
  }

  /** A length of -1 keeps the axis. */
  private static Shape expanded(GoldenRun r) {
    long[] dims = r.c().longs("shape");
    Shape from = r.in("x").shape();
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == -1) {
        dims[i] = from.dim(from.rank() - dims.length + i);
      }
    }
    return Shape.of(dims);
  }

  private static Tensor take(GoldenRun r) {
    boolean flat = r.c().attrs().containsKey("axis") && r.c().attrs().get("axis") == null;
    Tensor x = flat ? r.in("x").reshape(r.in("x").size()) : r.in("x");
    return Indexing.take(x, r.in("indices"), (int) r.c().number("axis", 0));
  }

  private static Indexing.Scatter mode(GoldenRun r) {
    String mode = r.c().text("reduction", "none");
    return switch (mode) {
      case "none" -> Indexing.Scatter.SET;
      case "add", "sum" -> Indexing.Scatter.ADD;
      case "mul", "prod" -> Indexing.Scatter.MULTIPLY;
      case "max", "amax" -> Indexing.Scatter.MAX;
      case "min", "amin" -> Indexing.Scatter.MIN;
      default -> throw new AssertionError("unknown reduction " + mode);
    };
  }

  /** Outputs are the inputs' names in capitals. */
  private static Map<String, Tensor> meshgrid(GoldenRun r) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    List<Tensor> grids = Shaping.meshgrid(r.c().text("indexing", "ij"), all(r).toArray(new Tensor[0]));
    for (String name : r.c().tensors("inputs").keySet()) {
      out.put(name.toUpperCase(Locale.ROOT), grids.get(out.size()));
    }
    return out;
  }

  /** One count or one for each entry; without an axis the flat tensor. */
  private static Tensor repeat(GoldenRun r) {
    boolean flat = r.c().attrs().get("axis") == null;
    Tensor x = flat ? r.in("x").reshape(r.in("x").size()) : r.in("x");
    int axis = flat ? 0 : (int) r.c().number("axis", 0);
    Object repeats = r.c().attrs().get("repeats");
    Object one = repeats instanceof List<?> list && list.size() == 1 ? list.get(0) : repeats;
    return one instanceof Number n
        ? Shaping.repeat(x, n.longValue(), axis)
        : Shaping.repeat(x, r.c().longs("repeats"), axis);
  }

  private static List<Tensor> all(GoldenRun r) {
    List<Tensor> parts = new ArrayList<>();
    r.c().tensors("inputs").keySet().forEach(name -> parts.add(r.in(name)));
    return parts;
  }

  private static Map<String, Tensor> split(GoldenRun r) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    int axis = (int) r.c().number("axis", 0);
    Object given = r.c().attrs().getOrDefault("sizes", r.c().attrs().get("sections"));
    long[] sizes;
    if (given instanceof Number sections) {
      sizes = new long[sections.intValue()];
      Arrays.fill(sizes, r.in("x").dim(axis) / sizes.length);
    } else {
      sizes = r.c().longs("sizes");
    }
    for (Tensor part : Shaping.split(r.in("x"), axis, sizes)) {
      out.put("y" + out.size(), part);
    }
    return out;
  }

  @SuppressWarnings("unchecked")
  private static Tensor slice(GoldenRun r) {
    List<Slice> ranges = new ArrayList<>();
    for (Object o : (List<Object>) r.c().attrs().get("slices")) {
      List<Number> range = (List<Number>) o;
      ranges.add(new Slice(
          whole(range.get(0)), whole(range.get(1)), range.get(2) == null ? 1 : range.get(2).longValue()));
    }
    return r.in("x").slice(ranges.toArray(new Slice[0]));
  }

  private static Long whole(Number d) {
    return d == null ? null : Long.valueOf(d.longValue());
  }

  private static Tensor roll(GoldenRun r) {
    Object shift = r.c().attrs().get("shift");
    Object axis = r.c().attrs().get("axis");
    if (axis == null) {
      return Shaping.roll(r.in("x"), ((Number) shift).longValue());
    }
    long[] axes = axis instanceof Number n ? new long[] {n.longValue()} : GoldenCase.longs(axis);
    long[] shifts = new long[axes.length];
    if (shift instanceof Number n) {
      Arrays.fill(shifts, n.longValue());
    } else {
      shifts = GoldenCase.longs(shift);
    }
    Tensor y = r.in("x");
    for (int i = 0; i < axes.length; i++) {
      y = Shaping.roll(y, shifts[i], (int) axes[i]);
    }
    return y;
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
    String mode = r.c().text("mode", "constant");
    return switch (mode) {
      case "constant" -> r.in("x").pad(before, after, r.c().number("value", 0));
      case "reflect" -> Shaping.pad(r.in("x"), before, after, Shaping.Border.REFLECT);
      case "symmetric" -> Shaping.pad(r.in("x"), before, after, Shaping.Border.SYMMETRIC);
      case "edge", "replicate" -> Shaping.pad(r.in("x"), before, after, Shaping.Border.EDGE);
      case "wrap", "circular" -> Shaping.pad(r.in("x"), before, after, Shaping.Border.WRAP);
      default -> throw new AssertionError("unknown padding mode " + mode);
    };
  }
}
