package dev.neurite.golden;

import dev.neurite.ops.Conv2d;
import dev.neurite.ops.Gather;
import dev.neurite.ops.MatMul;
import dev.neurite.ops.Pool2d;
import dev.neurite.ops.SoftmaxCrossEntropy;
import dev.neurite.ops.UnaryOp;
import dev.neurite.ops.Window;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Layers through the ops they are made of; golden is channels first, transposed here with public ops. */
final class LayerGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    convolutions(h);
    pooling(h);
    h.put("layer/dense", GoldenRun.y(r -> {
      Tensor w = r.c().text("weight_layout", "in_out").equals("in_out") ? r.in("weight") : r.in("weight").transpose();
      return MatMul.dense(r.in("x"), w, r.in("bias"), UnaryOp.IDENTITY);
    }));
    h.put("layer/mlp2", GoldenRun.op(LayerGolden::mlp));
    h.put("layer/embedding", GoldenRun.y(r -> Gather.apply(
        r.in("weight"), r.in("indices"), (long) r.c().number("padding_index", -1))));
  }

  /** Channels second to channels last. */
  private static Tensor last(Tensor x) {
    int[] order = new int[x.rank()];
    for (int i = 1; i < order.length - 1; i++) {
      order[i] = i + 1;
    }
    order[order.length - 1] = 1;
    return x.permute(order);
  }

  /** Channels last to channels second. */
  private static Tensor first(Tensor y) {
    int[] order = new int[y.rank()];
    for (int i = 2; i < order.length; i++) {
      order[i] = i - 1;
    }
    order[1] = order.length - 1;
    return y.permute(order);
  }

  private static void convolutions(Map<String, GoldenHandler> h) {
    h.put("layer/conv2d", GoldenRun.y(r -> first(conv(r, last(r.in("x")), r.in("weight"), (int) r.c().number("groups", 1)))));
    h.put("layer/depthwise_conv2d", GoldenRun.y(r ->
        first(conv(r, last(r.in("x")), r.in("weight"), (int) r.in("x").dim(1)))));
    h.put("layer/conv1d", GoldenRun.y(r -> {
      Tensor x = last(r.in("x").expandDims(2));
      Tensor w = r.in("weight").expandDims(2).permute(2, 3, 1, 0);
      long[] pads = pads(r).get(0);
      Window v = new Window(
          1, w.dim(1), 1, r.c().longs("strides")[0], 1, r.c().longs("dilation")[0], 0, 0, pads[0], pads[1]);
      return first(Conv2d.apply(x, w, r.in("bias"), v, (int) r.c().number("groups", 1), UnaryOp.IDENTITY)).squeeze(2);
    }));
    h.put("layer/separable_conv2d", GoldenRun.y(r -> {
      Tensor mid = conv(r, last(r.in("x")), r.in("depthwise"), (int) r.in("x").dim(1), null);
      Window one = Window.valid(1, 1, 1, 1, 1, 1);
      return first(Conv2d.apply(
          mid, r.in("pointwise").permute(2, 3, 1, 0), r.in("bias"), one, 1, UnaryOp.IDENTITY));
    }));
    h.put("layer/conv2d_nhwc", GoldenRun.y(r -> {
      Tensor x = r.in("x");
      Tensor w = r.in("weight");
      long[] s = r.c().longs("strides");
      Window v = Window.same(x.dim(1), x.dim(2), w.dim(0), w.dim(1), s[0], s[1], 1, 1);
      return Conv2d.apply(x, w, r.in("bias"), v, 1, UnaryOp.IDENTITY);
    }));
  }

  private static Tensor conv(GoldenRun r, Tensor x, Tensor weight, int groups) {
    return conv(r, x, weight, groups, r.in("bias"));
  }

  private static Tensor conv(GoldenRun r, Tensor x, Tensor weight, int groups, Tensor bias) {
    long[] s = r.c().longs("strides");
    long[] d = r.c().longs("dilation");
    List<long[]> p = pads(r);
    Window v = new Window(
        weight.dim(2), weight.dim(3), s[0], s[1], d[0], d[1], p.get(0)[0], p.get(0)[1], p.get(1)[0], p.get(1)[1]);
    return Conv2d.apply(x, weight.permute(2, 3, 1, 0), bias, v, groups, UnaryOp.IDENTITY);
  }

  @SuppressWarnings("unchecked")
  private static List<long[]> pads(GoldenRun r) {
    List<long[]> out = new ArrayList<>();
    for (Object o : (List<Object>) r.c().attrs().get("pads")) {
      out.add(GoldenCase.longs(o));
    }
    return out;
  }

  private static void pooling(Map<String, GoldenHandler> h) {
    h.put("layer/max_pool2d", GoldenRun.y(r -> first(Pool2d.max(last(r.in("x")), pool(r, 2), ceil(r)))));
    h.put("layer/avg_pool2d", GoldenRun.y(r -> first(average(r, last(r.in("x")), 2))));
    h.put("layer/max_pool1d", GoldenRun.y(r -> {
      Tensor x = r.in("x").expandDims(2);
      return first(Pool2d.max(last(x), pool(r, 1), ceil(r))).squeeze(2);
    }));
    h.put("layer/avg_pool1d", GoldenRun.y(r -> first(average(r, last(r.in("x").expandDims(2)), 1)).squeeze(2)));
    h.put("layer/max_pool2d_same", GoldenRun.y(r -> first(Pool2d.max(last(r.in("x")), same(r)))));
    h.put("layer/avg_pool2d_same", GoldenRun.y(r -> first(Pool2d.average(last(r.in("x")), same(r), false))));
    h.put("layer/global_avg_pool1d", GoldenRun.y(r -> r.in("x").mean(2)));
    h.put("layer/global_avg_pool2d", GoldenRun.y(r -> r.in("x").mean(2, 3)));
    h.put("layer/global_avg_pool3d", GoldenRun.y(r -> r.in("x").mean(2, 3, 4)));
    h.put("layer/global_max_pool2d", GoldenRun.y(r -> r.in("x").max(2, 3)));
  }

  private static Tensor average(GoldenRun r, Tensor x, int axes) {
    return Pool2d.average(x, pool(r, axes), r.c().flag("count_include_pad", true), ceil(r));
  }

  private static boolean ceil(GoldenRun r) {
    return r.c().flag("ceil_mode", false);
  }

  /** One spatial axis means the width. */
  private static Window pool(GoldenRun r, int axes) {
    long[] k = two(r.c().longs("kernel"), axes, 1);
    long[] s = two(r.c().longs("strides"), axes, 1);
    long[] p = two(r.c().longs("padding"), axes, 0);
    long[] d = r.c().attrs().get("dilation") == null ? new long[] {1, 1} : two(r.c().longs("dilation"), axes, 1);
    return new Window(k[0], k[1], s[0], s[1], d[0], d[1], p[0], p[0], p[1], p[1]);
  }

  private static long[] two(long[] v, int axes, long missing) {
    return axes == 2 ? v : new long[] {missing, v[0]};
  }

  private static Window same(GoldenRun r) {
    long[] k = r.c().longs("kernel");
    long[] s = r.c().longs("strides");
    List<long[]> p = pads(r);
    return new Window(k[0], k[1], s[0], s[1], 1, 1, p.get(0)[0], p.get(0)[1], p.get(1)[0], p.get(1)[1]);
  }

  private static Map<String, Tensor> mlp(GoldenRun r) {
    String name = r.c().text("hidden_activation", "relu");
    boolean softmax = name.equals("softmax");
    UnaryOp fused = softmax ? UnaryOp.IDENTITY : UnaryOp.valueOf(name.toUpperCase(java.util.Locale.ROOT));
    Tensor hidden = MatMul.dense(r.in("x"), r.in("W1"), r.in("b1"), fused);
    hidden = softmax ? hidden.softmax(-1) : hidden;
    Tensor logits = MatMul.dense(hidden, r.in("W2"), r.in("b2"), UnaryOp.IDENTITY);
    return Map.of("loss", SoftmaxCrossEntropy.sparse(logits, r.in("labels"), 0, SoftmaxCrossEntropy.NONE).mean());
  }
}
