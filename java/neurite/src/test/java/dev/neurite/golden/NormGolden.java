package dev.neurite.golden;

import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.GroupNorm;
import dev.neurite.nn.InstanceNorm;
import dev.neurite.nn.LayerNorm;
import dev.neurite.nn.LocalResponseNorm;
import dev.neurite.nn.Pass;
import dev.neurite.nn.RmsNorm;
import dev.neurite.nn.SpectralNorm;
import dev.neurite.nn.UnitNormalization;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** layers_norm: the normalisation layers, channels last here and on axis `axis` (default 1) in the files. */
final class NormGolden implements GoldenTopic {

  private static final Pass TRAINING = Pass.training(0);

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("layer/batch_norm_train", GoldenRun.y(r -> {
      BatchNorm layer = affine(r, batchNorm(r), shape(r, "x"));
      return back(r, layer.call(last(r, "x"), TRAINING));
    }));
    h.put("layer/batch_norm_eval", GoldenRun.y(r -> {
      BatchNorm layer = affine(r, batchNorm(r), shape(r, "x"));
      r.bind("mean", layer.movingMean());
      r.bind("var", layer.movingVariance());
      return back(r, layer.call(last(r, "x")));
    }));
    h.put("layer/batch_norm_running", GoldenRun.op(NormGolden::running));
    h.put("layer/layer_norm", GoldenRun.y(r -> {
      LayerNorm layer = LayerNorm.of().axis(normalised(r)).epsilon(epsilon(r, 1e-3)).scale(has(r, "gamma"))
          .center(has(r, "beta"));
      Tensor x = batched(r);
      layer.call(Tensor.zeros(x.shape(), r.dtype()));
      bind(r, "gamma", layer.gamma());
      bind(r, "beta", layer.beta());
      return layer.call(x).reshape(r.in("x").shape().dims());
    }));
    h.put("layer/rms_norm", GoldenRun.y(r -> {
      RmsNorm layer = RmsNorm.of().axis(normalised(r)).epsilon(epsilon(r, 1e-6)).scale(has(r, "gamma"));
      Tensor x = batched(r);
      layer.call(Tensor.zeros(x.shape(), r.dtype()));
      bind(r, "gamma", layer.gamma());
      return layer.call(x).reshape(r.in("x").shape().dims());
    }));
    h.put("layer/group_norm", GoldenRun.y(r -> {
      GroupNorm layer = GroupNorm.of((long) r.c().number("groups", 32)).epsilon(epsilon(r, 1e-3))
          .scale(has(r, "gamma")).center(has(r, "beta"));
      layer.call(Tensor.zeros(last(r, "x").shape(), r.dtype()));
      bind(r, "gamma", layer.gamma());
      bind(r, "beta", layer.beta());
      return back(r, layer.call(last(r, "x")));
    }));
    h.put("layer/instance_norm", GoldenRun.y(r -> {
      InstanceNorm layer =
          InstanceNorm.of().epsilon(epsilon(r, 1e-3)).scale(has(r, "gamma")).center(has(r, "beta"));
      layer.call(Tensor.zeros(last(r, "x").shape(), r.dtype()));
      bind(r, "gamma", layer.gamma());
      bind(r, "beta", layer.beta());
      return back(r, layer.call(last(r, "x")));
    }));
    h.put("layer/local_response_norm", GoldenRun.y(r -> back(r, LocalResponseNorm.of((long) r.c().number("size", 5))
        .alpha(r.c().number("alpha", 1e-4)).beta(r.c().number("beta", 0.75)).k(r.c().number("k", 1))
        .call(last(r, "x")))));
    h.put("layer/lp_normalize", GoldenRun.y(NormGolden::unit));
    h.put("layer/spectral_norm", GoldenRun.op(r -> {
      Tensor rows = r.in("weight").flatten(1); // PyTorch's weight has its outputs first
      SpectralNorm.Result s =
          SpectralNorm.normalize(rows.transpose(), r.in("u"), (int) r.c().number("iterations", 1));
      Tensor weight = s.weight().transpose().reshape(r.in("weight").shape());
      return Map.of("weight_sn", weight, "sigma", s.sigma(), "u", s.u(), "v", s.v());
    }));
  }

  private static double epsilon(GoldenRun r, double otherwise) {
    return r.c().number("epsilon", otherwise);
  }

  private static boolean has(GoldenRun r, String name) {
    return r.in(name) != null;
  }

  private static void bind(GoldenRun r, String name, Param param) {
    if (param != null) {
      r.bind(name, param);
    }
  }

  /** The last axes, as many as the normalised shape has. */
  private static int[] normalised(GoldenRun r) {
    long[] lengths = r.c().longs("normalized_shape");
    int[] axes = new int[lengths.length];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = i - axes.length;
      if (r.in("x").dim(r.in("x").rank() + axes[i]) != lengths[i]) {
        throw new IllegalArgumentException("normalized_shape is not the input's end");
      }
    }
    return axes;
  }

  /** PyTorch normalises over all axes if asked to; our layers want a batch axis that is left out. */
  private static Tensor batched(GoldenRun r) {
    Tensor x = r.in("x");
    return r.c().longs("normalized_shape").length == x.rank() ? x.expandDims(0) : x;
  }

  /** A layer never normalises over the batch axis, which the case may do: it gets a free axis in front. */
  private static Tensor unit(GoldenRun r) {
    Object given = r.c().attrs().get("axis");
    long[] axes = given instanceof List<?> ? GoldenCase.longs(given) : new long[] {(long) r.c().number("axis", -1)};
    int rank = r.in("x").rank();
    int[] shifted = new int[axes.length];
    for (int i = 0; i < axes.length; i++) {
      shifted[i] = (int) (axes[i] < 0 ? axes[i] + rank : axes[i]) + 1;
    }
    return UnitNormalization.of().axis(shifted).order(r.c().number("p", 2)).epsilon(r.c().number("epsilon", 1e-12))
        .call(r.in("x").expandDims(0)).squeeze(0);
  }

  // ---- channels

  private static int axis(GoldenRun r, int rank) {
    int axis = (int) r.c().number("axis", 1);
    return axis < 0 ? axis + rank : axis;
  }

  private static Tensor last(GoldenRun r, String name) {
    Tensor x = r.in(name);
    return x.permute(order(axis(r, x.rank()), x.rank()));
  }

  private static Shape shape(GoldenRun r, String name) {
    return last(r, name).shape();
  }

  private static Tensor back(GoldenRun r, Tensor y) {
    int[] order = order(axis(r, y.rank()), y.rank());
    int[] inverse = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      inverse[order[i]] = i;
    }
    return y.permute(inverse);
  }

  /** The axis moved to the end. */
  private static int[] order(int axis, int rank) {
    int[] order = new int[rank];
    for (int i = 0; i < rank - 1; i++) {
      order[i] = i < axis ? i : i + 1;
    }
    order[rank - 1] = axis;
    return order;
  }

  // ---- batch normalisation

  private static BatchNorm batchNorm(GoldenRun r) {
    return BatchNorm.of().epsilon(epsilon(r, 1e-3)).scale(has(r, "gamma")).center(has(r, "beta"));
  }

  private static BatchNorm affine(GoldenRun r, BatchNorm layer, Shape input) {
    layer.call(Tensor.zeros(input, r.dtype())); // inference: builds and changes nothing
    bind(r, "gamma", layer.gamma());
    bind(r, "beta", layer.beta());
    return layer;
  }

  private static BatchNorm moving(GoldenRun r) {
    String convention = r.c().text("convention", "keras");
    BatchNorm layer = batchNorm(r);
    return switch (convention) {
      case "keras" -> layer.momentum(r.c().number("momentum", 0.99));
      case "torch" -> r.c().attrs().get("momentum") == null
          ? layer.unbiased(true).cumulative(true)
          : layer.unbiased(true).momentum(1 - r.c().number("momentum", 0.1));
      case "torch_cumulative" -> layer.unbiased(true).cumulative(true);
      default -> throw new IllegalArgumentException("unknown convention " + convention);
    };
  }

  private static Map<String, Tensor> running(GoldenRun r) {
    BatchNorm layer = affine(r, moving(r), shape(r, "x1"));
    Map<String, Tensor> out = new LinkedHashMap<>();
    List<Tensor> means = new ArrayList<>();
    List<Tensor> variances = new ArrayList<>();
    for (int step = 1; r.in("x" + step) != null; step++) {
      out.put("y" + step, back(r, layer.call(last(r, "x" + step), TRAINING)));
      means.add(layer.movingMean().add(0));
      variances.add(layer.movingVariance().add(0));
    }
    out.put("running_mean", Tensor.stack(0, means));
    out.put("running_var", Tensor.stack(0, variances));
    out.put("eval_x1_after", back(r, layer.call(last(r, "x1"))));
    return out;
  }
}
