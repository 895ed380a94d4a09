package dev.neurite.golden;

import static dev.neurite.golden.SpatialCase.bias;
import static dev.neurite.golden.SpatialCase.first;
import static dev.neurite.golden.SpatialCase.kernelOrder;
import static dev.neurite.golden.SpatialCase.last;
import static dev.neurite.golden.SpatialCase.only;
import static dev.neurite.golden.SpatialCase.padding;
import static dev.neurite.golden.SpatialCase.param;
import static dev.neurite.golden.SpatialCase.perAxis;

import dev.neurite.nn.Conv1D;
import dev.neurite.nn.Conv1DTranspose;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Conv2DTranspose;
import dev.neurite.nn.Conv3D;
import dev.neurite.nn.Conv3DTranspose;
import dev.neurite.nn.ConvolutionLayer;
import dev.neurite.nn.DepthwiseConv1D;
import dev.neurite.nn.DepthwiseConv2D;
import dev.neurite.nn.Padding;
import dev.neurite.nn.SeparableConv1D;
import dev.neurite.nn.SeparableConv2D;
import dev.neurite.nn.TransposedLayer;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/** layers_conv: convolutions as layers; channels first in the files unless the op says otherwise. */
final class ConvGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    for (int n = 1; n <= 3; n++) {
      int axes = n;
      h.put("layer/conv" + n + "d", GoldenRun.y(r -> {
        only(r, "strides", "dilation", "groups", "padding", "pads");
        return first(plain(r, axes, last(r.in("x")), kernelOrder(axes + 2)));
      }));
      h.put("layer/conv_transpose" + n + "d", GoldenRun.y(r -> transposed(r, axes)));
      h.put("layer/conv_transpose" + n + "d_keras", GoldenRun.y(r -> kerasTransposed(r, axes)));
    }
    h.put("layer/conv1d_nlc", GoldenRun.y(r -> channelsLast(r, 1)));
    h.put("layer/conv2d_nhwc", GoldenRun.y(r -> channelsLast(r, 2)));
    h.put("layer/conv3d_ndhwc", GoldenRun.y(r -> channelsLast(r, 3)));
    for (int n = 1; n <= 2; n++) {
      int axes = n;
      h.put("layer/depthwise_conv" + n + "d", GoldenRun.y(r -> depthwise(r, axes)));
      h.put("layer/separable_conv" + n + "d", GoldenRun.y(r -> separable(r, axes)));
    }
  }

  private static <L extends ConvolutionLayer<?>> L options(GoldenRun r, L layer, int axes) {
    layer.stride(perAxis(r, "strides", axes, 1));
    layer.dilation(perAxis(r, "dilation", axes, 1));
    layer.bias(r.in("bias") != null);
    return layer;
  }

  /** Keras' layouts in the file. */
  private static Tensor channelsLast(GoldenRun r, int axes) {
    only(r, "strides", "dilation", "groups", "padding", "pads");
    return plain(r, axes, r.in("x"));
  }

  private static Tensor plain(GoldenRun r, int axes, Tensor x, int... order) {
    Tensor w = order.length == 0 ? r.in("weight") : r.in("weight").permute(order);
    long filters = w.dim(-1);
    int groups = (int) r.c().number("groups", 1);
    ConvolutionLayer<?> layer = switch (axes) {
      case 1 -> options(r, Conv1D.of(filters, w.dim(0)).groups(groups), 1).padding(padding(r, 1));
      case 2 -> options(r, Conv2D.of(filters, w.dim(0), w.dim(1)).groups(groups), 2).padding(padding(r, 2));
      default -> options(r, Conv3D.of(filters, w.dim(0), w.dim(1), w.dim(2)).groups(groups), 3).padding(padding(r, 3));
    };
    r.bind(param(r, layer, x, "kernel"), w);
    bias(r, layer, x);
    return layer.call(x);
  }

  private static TransposedLayer<?> transposedLayer(GoldenRun r, int axes, Shape w, int groups) {
    long filters = w.dim(1) * groups;
    TransposedLayer<?> layer = switch (axes) {
      case 1 -> Conv1DTranspose.of(filters, w.dim(2));
      case 2 -> Conv2DTranspose.of(filters, w.dim(2), w.dim(3));
      default -> Conv3DTranspose.of(filters, w.dim(2), w.dim(3), w.dim(4));
    };
    options(r, layer, axes);
    return layer;
  }

  private static Tensor transposed(GoldenRun r, int axes) {
    only(r, "strides", "dilation", "groups", "padding", "output_padding");
    int groups = (int) r.c().number("groups", 1);
    TransposedLayer<?> layer = transposedLayer(r, axes, r.in("weight").shape(), groups);
    layer.groups(groups).padding(padding(r, axes));
    layer.outputPadding(perAxis(r, "output_padding", axes, 0));
    return first(run(r, layer));
  }

  private static Tensor run(GoldenRun r, TransposedLayer<?> layer) {
    Tensor x = last(r.in("x"));
    r.bind("weight", param(r, layer, x, "kernel"), kernelOrder(x.rank()));
    bias(r, layer, x);
    return layer.call(x);
  }

  private static Tensor kerasTransposed(GoldenRun r, int axes) {
    only(r, "strides", "dilation", "groups", "padding", "output_padding", "output_spatial", "crop_begin");
    int groups = (int) r.c().number("groups", 1);
    TransposedLayer<?> layer = transposedLayer(r, axes, r.in("weight").shape(), groups);
    Padding rule = padding(r, axes);
    layer.groups(groups).padding(rule);
    if (r.c().attrs().get("output_padding") != null) {
      layer.outputPadding(perAxis(r, "output_padding", axes, 0));
    }
    Tensor y = run(r, layer);
    if (r.c().attrs().get("output_spatial") != null) {
      long[] want = r.c().longs("output_spatial");
      if (!Arrays.equals(want, Arrays.copyOfRange(y.shape().dims(), 1, axes + 1))) {
        throw new AssertionError("expected the size " + Arrays.toString(want) + ", got " + y.shape());
      }
    }
    return first(y);
  }

  /** (channels * multiplier, 1, k...) to (k..., channels, multiplier). */
  private static Tensor depthwiseKernel(GoldenRun r, String name, int axes) {
    Tensor w = r.in(name);
    long[] dims = new long[axes + 2];
    dims[0] = r.in("x").dim(1);
    dims[1] = w.dim(0) / dims[0];
    long given = (long) r.c().number("multiplier", dims[1]);
    if (given != dims[1]) {
      throw new IllegalArgumentException("multiplier " + given + " does not fit the weight " + w.shape());
    }
    int[] order = new int[axes + 2];
    for (int i = 0; i < axes; i++) {
      dims[i + 2] = w.dim(i + 2);
      order[i] = i + 2;
    }
    order[axes + 1] = 1;
    return w.reshape(dims).permute(order);
  }

  private static Tensor depthwise(GoldenRun r, int axes) {
    only(r, "strides", "dilation", "multiplier", "padding", "pads");
    Tensor x = last(r.in("x"));
    Tensor w = depthwiseKernel(r, "weight", axes);
    int multiplier = (int) w.dim(-1);
    ConvolutionLayer<?> layer = axes == 1
        ? options(r, DepthwiseConv1D.of(w.dim(0)).multiplier(multiplier), 1).padding(padding(r, 1))
        : options(r, DepthwiseConv2D.of(w.dim(0), w.dim(1)).multiplier(multiplier), 2).padding(padding(r, 2));
    r.bind(param(r, layer, x, "kernel"), w);
    bias(r, layer, x);
    return first(layer.call(x));
  }

  private static Tensor separable(GoldenRun r, int axes) {
    only(r, "strides", "dilation", "multiplier", "padding", "pads");
    Tensor x = last(r.in("x"));
    Tensor w = depthwiseKernel(r, "depthwise", axes);
    int multiplier = (int) w.dim(-1);
    long filters = r.in("pointwise").dim(0);
    ConvolutionLayer<?> layer = axes == 1
        ? options(r, SeparableConv1D.of(filters, w.dim(0)).multiplier(multiplier), 1).padding(padding(r, 1))
        : options(r, SeparableConv2D.of(filters, w.dim(0), w.dim(1)).multiplier(multiplier), 2).padding(padding(r, 2));
    r.bind(param(r, layer, x, "depthwise_kernel"), w);
    r.bind("pointwise", param(r, layer, x, "pointwise_kernel"), kernelOrder(axes + 2));
    bias(r, layer, x);
    return first(layer.call(x));
  }
}
