package dev.neurite.golden;

import dev.neurite.ops.BinaryOp;
import dev.neurite.ops.CompareOp;
import dev.neurite.ops.UnaryOp;
import dev.neurite.tensor.Tensor;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** tensor_elementwise and the element-wise part of activations. */
final class ElementwiseGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    for (BinaryOp op : BinaryOp.values()) {
      h.put("binary/" + op.name().toLowerCase(Locale.ROOT), GoldenRun.y(r -> r.in("a").binary(op, r.in("b"))));
    }
    h.put("binary/mod_floor", GoldenRun.y(r -> r.in("a").mod(r.in("b"))));
    h.put("binary/mod_trunc", GoldenRun.y(r -> r.in("a").rem(r.in("b"))));
    for (CompareOp op : CompareOp.values()) {
      h.put("compare/" + op.name().toLowerCase(Locale.ROOT), GoldenRun.y(r -> r.in("a").compare(op, r.in("b"))));
    }
    for (UnaryOp op : UnaryOp.values()) {
      h.put("unary/" + op.name().toLowerCase(Locale.ROOT), GoldenRun.y(r -> r.in("x").unary(op)));
    }
    h.put("unary/round_half_even", GoldenRun.y(r -> r.in("x").round()));
    h.put("unary/logit", GoldenRun.y(r -> r.in("x").div(r.in("x").rsub(1)).log()));
    h.put("clamp", GoldenRun.y(r -> r.in("x").clamp(
        r.c().number("min", Double.NEGATIVE_INFINITY), r.c().number("max", Double.POSITIVE_INFINITY))));
    h.put("where", GoldenRun.y(r -> r.in("cond").where(r.in("a"), r.in("b"))));
    h.put("lerp", GoldenRun.y(r -> r.in("a").add(r.in("b").sub(r.in("a")).mul(r.in("w")))));
    activations(h);
    softmaxFamily(h);
  }

  private static void activations(Map<String, GoldenHandler> h) {
    plain(h, "identity", UnaryOp.IDENTITY);
    plain(h, "sigmoid", UnaryOp.SIGMOID);
    plain(h, "log_sigmoid", UnaryOp.LOG_SIGMOID);
    plain(h, "tanh", UnaryOp.TANH);
    plain(h, "relu", UnaryOp.RELU);
    plain(h, "relu6", UnaryOp.RELU6);
    plain(h, "selu", UnaryOp.SELU);
    plain(h, "silu", UnaryOp.SILU);
    plain(h, "hard_swish", UnaryOp.HARD_SWISH);
    plain(h, "mish", UnaryOp.MISH);
    plain(h, "softsign", UnaryOp.SOFTSIGN);
    plain(h, "gaussian", UnaryOp.GAUSSIAN);
    plain(h, "tanh_shrink", UnaryOp.TANH_SHRINK);
    plain(h, "exponential", UnaryOp.EXP);
    with(h, "binary_step", r -> r.in("x").unary(UnaryOp.BINARY_STEP, r.c().number("threshold", 0)));
    with(h, "leaky_relu", r -> r.in("x").unary(UnaryOp.LEAKY_RELU, r.c().number("negative_slope", 0.01)));
    with(h, "elu", r -> r.in("x").unary(UnaryOp.ELU, r.c().number("alpha", 1)));
    with(h, "celu", r -> r.in("x").unary(UnaryOp.CELU, r.c().number("alpha", 1)));
    with(h, "swish", r -> r.in("x").unary(UnaryOp.SWISH, r.c().number("beta", 1)));
    with(h, "softplus", r -> r.in("x").unary(UnaryOp.SOFTPLUS, r.c().number("beta", 1)));
    with(h, "squareplus", r -> r.in("x").unary(UnaryOp.SQUAREPLUS, r.c().number("b", 4)));
    with(h, "soft_shrink", r -> r.in("x").unary(UnaryOp.SOFT_SHRINK, r.c().number("lambd", 0.5)));
    with(h, "hard_shrink", r -> r.in("x").unary(UnaryOp.HARD_SHRINK, r.c().number("lambd", 0.5)));
    with(h, "threshold", r -> r.in("x").unary(
        UnaryOp.THRESHOLD, r.c().number("threshold", 0), r.c().number("value", 0)));
    with(h, "hard_tanh", r -> r.in("x").unary(UnaryOp.HARD_TANH, r.c().number("min_val", -1), r.c().number("max_val", 1)));
    with(h, "hard_sigmoid", r -> r.in("x").unary(
        UnaryOp.HARD_SIGMOID, r.c().number("alpha", 1.0 / 6), r.c().number("beta", 0.5)));
    with(h, "gelu", r -> r.in("x").unary(
        r.c().text("approximate", "none").equals("tanh") ? UnaryOp.GELU_TANH : UnaryOp.GELU));
    with(h, "smht", r -> r.in("x").unary(
        UnaryOp.SMHT, r.c().number("a", 1), r.c().number("b", 1), r.c().number("c", 1), r.c().number("d", 1)));
    with(h, "relu_general", r -> r.in("x").unary(
        UnaryOp.RELU_GENERAL, r.c().number("negative_slope", 0),
        r.c().number("max_value", Double.POSITIVE_INFINITY), r.c().number("threshold", 0)));
    with(h, "rrelu_eval", r -> r.in("x").unary(
        UnaryOp.LEAKY_RELU, (r.c().number("lower", 0.125) + r.c().number("upper", 1.0 / 3)) / 2));
    with(h, "prelu_elementwise", r -> prelu(r.in("x"), r.in("weight")));
    with(h, "prelu", r -> {
      Tensor slope = r.in("weight");
      long[] dims = new long[r.in("x").rank()];
      java.util.Arrays.fill(dims, 1);
      dims[1] = slope.size();
      return prelu(r.in("x"), slope.reshape(dims));
    });
    with(h, "maxout", r -> {
      long pieces = (long) r.c().number("pieces", 2);
      Tensor x = r.in("x");
      return r.c().text("layout", "consecutive").equals("consecutive")
          ? x.reshape(x.dim(0), -1, pieces).max(-1)
          : x.reshape(x.dim(0), pieces, -1).max(1);
    });
    with(h, "glu", r -> half(r, 0).mul(half(r, 1).sigmoid()));
    with(h, "swiglu", r -> half(r, 0).unary(UnaryOp.SILU).mul(half(r, 1)));
  }

  private static void softmaxFamily(Map<String, GoldenHandler> h) {
    with(h, "softmax", r -> r.in("x").softmax((int) r.c().number("axis", -1)));
    with(h, "log_softmax", r -> r.in("x").logSoftmax((int) r.c().number("axis", -1)));
    with(h, "softmin", r -> r.in("x").neg().softmax((int) r.c().number("axis", -1)));
    with(h, "softmax_temperature", r -> r.in("x").div(r.c().number("temperature", 1)).softmax(
        (int) r.c().number("axis", -1)));
    with(h, "hardmax", r -> {
      int axis = (int) r.c().number("axis", -1);
      Tensor x = r.in("x");
      int last = x.rank() - 1;
      int a = x.shape().axis(axis);
      Tensor hot = x.argmax(axis).oneHot(x.dim(a), r.dtype());
      int[] order = new int[x.rank()];
      for (int i = 0; i < order.length; i++) {
        order[i] = i < a ? i : i == a ? last : i - 1;
      }
      return hot.permute(order);
    });
  }

  private static Tensor half(GoldenRun r, int which) {
    int axis = (int) r.c().number("axis", -1);
    long n = r.in("x").dim(axis) / 2;
    return r.in("x").slice(axis, which * n, (which + 1) * n);
  }

  private static Tensor prelu(Tensor x, Tensor alpha) {
    return x.relu().sub(x.neg().relu().mul(alpha));
  }

  private static void plain(Map<String, GoldenHandler> h, String name, UnaryOp op) {
    with(h, name, r -> r.in("x").unary(op));
  }

  private static void with(Map<String, GoldenHandler> h, String name, Function<GoldenRun, Tensor> f) {
    h.put("activation/" + name, GoldenRun.y(f));
  }

}
