package dev.neurite.golden;

import static dev.neurite.golden.SpatialCase.first;
import static dev.neurite.golden.SpatialCase.kernelOrder;
import static dev.neurite.golden.SpatialCase.last;
import static dev.neurite.golden.SpatialCase.only;
import static dev.neurite.golden.SpatialCase.padding;
import static dev.neurite.golden.SpatialCase.param;
import static dev.neurite.golden.SpatialCase.perAxis;

import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.ChannelShuffle;
import dev.neurite.nn.Conv1D;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.GlobalAvgPool2D;
import dev.neurite.nn.Input;
import dev.neurite.nn.Interpolation;
import dev.neurite.nn.Layer;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pad1D;
import dev.neurite.nn.Pad2D;
import dev.neurite.nn.Pad3D;
import dev.neurite.nn.PadMode;
import dev.neurite.nn.Padding;
import dev.neurite.nn.Pass;
import dev.neurite.nn.PixelShuffle;
import dev.neurite.nn.PixelUnshuffle;
import dev.neurite.nn.Resize2D;
import dev.neurite.nn.Unfold2D;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.vision.EdgeKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Resizing, borders, shuffles, blocks, patches and edge kernels; channels first in the files. */
final class SpatialGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("layer/resize_nearest", GoldenRun.y(r -> resize(r, nearest(r))));
    h.put("layer/resize_bilinear", GoldenRun.y(r -> resize(r, Interpolation.BILINEAR)));
    h.put("layer/resize_bicubic", GoldenRun.y(r -> resize(r, Interpolation.BICUBIC)));
    h.put("layer/resize_linear1d", GoldenRun.y(r -> resize(r, Interpolation.BILINEAR)));
    h.put("layer/resize_nearest1d", GoldenRun.y(r -> resize(r, nearest(r))));
    h.put("layer/pixel_shuffle", GoldenRun.y(r -> rearranged(r, PixelShuffle.of(factor(r, "factor")))));
    h.put("layer/pixel_unshuffle", GoldenRun.y(r -> rearranged(r, PixelUnshuffle.of(factor(r, "factor")))));
    h.put("layer/channel_shuffle", GoldenRun.y(r -> rearranged(r, ChannelShuffle.of(factor(r, "groups")))));
    for (int n = 1; n <= 3; n++) {
      int axes = n;
      h.put("layer/pad" + n + "d", GoldenRun.y(r -> border(r, axes)));
    }
    h.put("layer/residual_block", GoldenRun.y(SpatialGolden::residual));
    h.put("layer/squeeze_excite", GoldenRun.y(SpatialGolden::squeezeExcite));
    h.put("vision/im2col", GoldenRun.y(SpatialGolden::patches));
    h.put("vision/edge_filter", GoldenRun.op(SpatialGolden::edges));
    h.put("vision/conv_output_size", SpatialGolden::sizes);
  }

  private static Interpolation nearest(GoldenRun r) {
    String rule = r.c().text("rule", "floor(i*n/out)").replace(" ", "");
    return switch (rule) {
      case "floor(i*n/out)" -> Interpolation.NEAREST_FLOOR;
      case "floor((i+0.5)*n/out)" -> Interpolation.NEAREST;
      default -> throw new IllegalArgumentException("unknown rule " + rule);
    };
  }

  /** One axis is the width of images of height 1. */
  private static Tensor resize(GoldenRun r, Interpolation how) {
    only(r, "output", "rule", "align_corners", "a");
    int axes = r.in("x").rank() - 2;
    long[] size = perAxis(r, "output", axes, 1);
    Tensor x = last(r.in("x"));
    Resize2D layer = axes == 1 ? Resize2D.of(1, size[0]) : Resize2D.of(size[0], size[1]);
    layer.interpolation(how).alignCorners(r.c().flag("align_corners", false))
        .cubicCoefficient(r.c().number("a", -0.75));
    return first(axes == 1 ? layer.call(x.expandDims(1)).squeeze(1) : layer.call(x));
  }

  private static long factor(GoldenRun r, String key) {
    only(r, key);
    return (long) r.c().number(key, 1);
  }

  private static Tensor rearranged(GoldenRun r, Layer layer) {
    return first(layer.call(last(r.in("x"))));
  }

  private static Tensor border(GoldenRun r, int axes) {
    only(r, "mode", "value", "pads");
    List<Long> w = new ArrayList<>();
    for (Object pair : (List<?>) r.c().attrs().get("pads")) {
      for (long width : GoldenCase.longs(pair)) {
        w.add(width);
      }
    }
    PadMode mode = PadMode.valueOf(r.c().text("mode", "constant").toUpperCase(Locale.ROOT));
    double value = r.c().number("value", 0);
    Layer layer = switch (axes) {
      case 1 -> Pad1D.of(w.get(0), w.get(1)).mode(mode).value(value);
      case 2 -> Pad2D.of(w.get(0), w.get(1), w.get(2), w.get(3)).mode(mode).value(value);
      default -> Pad3D.of(w.get(0), w.get(1), w.get(2), w.get(3), w.get(4), w.get(5)).mode(mode).value(value);
    };
    return first(layer.call(last(r.in("x"))));
  }

  /** {@code relu(x + bn2(conv2(relu(bn1(conv1(x))))))}, batch statistics. */
  private static Tensor residual(GoldenRun r) {
    only(r, "epsilon");
    Tensor x = last(r.in("x"));
    return first(x.add(normalised(r, normalised(r, x, "1").relu(), "2")).relu());
  }

  private static Tensor normalised(GoldenRun r, Tensor x, String number) {
    Tensor w = r.in("w" + number);
    Conv2D conv = Conv2D.of(w.dim(0), w.dim(2), w.dim(3)).bias(false)
        .padding(Padding.of(w.dim(2) / 2, w.dim(2) / 2, w.dim(3) / 2, w.dim(3) / 2));
    r.bind("w" + number, param(r, conv, x, "kernel"), kernelOrder(w.rank()));
    Tensor y = conv.call(x);
    BatchNorm norm = BatchNorm.of().epsilon(r.c().number("epsilon", 1e-3));
    r.bind("g" + number, param(r, norm, y, "gamma"));
    r.bind("b" + number, param(r, norm, y, "beta"));
    return norm.call(y, Pass.training(0));
  }

  /** {@code x * sigmoid(w2 relu(w1 mean(x) + b1) + b2)}; weights are (out, in). */
  private static Tensor squeezeExcite(GoldenRun r) {
    only(r);
    Tensor x = last(r.in("x"));
    Tensor mean = GlobalAvgPool2D.of().call(x);
    Tensor gate = dense(r, dense(r, mean, "1").relu(), "2").sigmoid();
    return first(x.mul(gate.reshape(gate.dim(0), 1, 1, gate.dim(1))));
  }

  private static Tensor dense(GoldenRun r, Tensor x, String number) {
    Dense layer = Dense.of(r.in("w" + number).dim(0));
    r.bind("w" + number, param(r, layer, x, "kernel"), 1, 0);
    r.bind("b" + number, param(r, layer, x, "bias"));
    return layer.call(x);
  }

  /** Rows in the file are ordered channel, kernel row, kernel column; the layer has the channel last. */
  private static Tensor patches(GoldenRun r) {
    only(r, "kernel", "strides", "padding", "pads", "dilation");
    long[] k = perAxis(r, "kernel", 2, 1);
    Tensor x = last(r.in("x"));
    Tensor y = Unfold2D.of(k[0], k[1]).stride(perAxis(r, "strides", 2, 1)).dilation(perAxis(r, "dilation", 2, 1))
        .padding(padding(r, 2)).call(x);
    long places = y.dim(1) * y.dim(2);
    return y.reshape(y.dim(0), places, k[0] * k[1], x.dim(3)).permute(0, 3, 2, 1)
        .reshape(y.dim(0), x.dim(3) * k[0] * k[1], places);
  }

  private static Map<String, Tensor> edges(GoldenRun r) {
    only(r, "filter", "kernel_vertical");
    EdgeKernel kernel = EdgeKernel.valueOf(r.c().text("filter", "").toUpperCase(Locale.ROOT));
    List<?> rows = (List<?>) r.c().attrs().get("kernel_vertical");
    for (int i = 0; rows != null && i < rows.size(); i++) {
      List<?> row = (List<?>) rows.get(i);
      for (int j = 0; j < row.size(); j++) {
        if (((Number) row.get(j)).doubleValue() != kernel.matrix()[i][j]) {
          throw new AssertionError(kernel + ": expected " + rows);
        }
      }
    }
    Tensor x = r.in("x");
    Tensor image = x.reshape(1, x.dim(0), x.dim(1), 1);
    Tensor vertical = Conv2D.of(1, 3).bias(false).kernelInitializer(kernel.vertical()).call(image);
    Tensor horizontal = Conv2D.of(1, 3).bias(false).kernelInitializer(kernel.horizontal()).call(image);
    return Map.of("vertical", vertical.squeeze(0, 3), "horizontal", horizontal.squeeze(0, 3));
  }

  /** The table's last column is what a layer with the others as options makes of its input. */
  private static void sizes(GoldenRun r) {
    only(r, "columns");
    List<?> columns = (List<?>) r.c().attrs().get("columns");
    GoldenTensor table = r.c().tensors("outputs").get("table");
    double[] got = table.values().clone();
    int width = columns.size();
    for (int row = 0; row < got.length; row += width) {
      long[] v = new long[width];
      for (int i = 0; i < width; i++) {
        v[i] = (long) got[row + i];
      }
      Conv1D layer = Conv1D.of(1, v[columns.indexOf("kernel")]).stride(v[columns.indexOf("stride")])
          .dilation(v[columns.indexOf("dilation")]).padding(Padding.of(v[columns.indexOf("padding")]));
      try (Model model = Model.sequential(Input.of(v[columns.indexOf("n")], 1), layer)) {
        got[row + columns.indexOf("out")] = model.outputShapes().get(0).dim(1);
      }
    }
    r.expect("table", Tensor.of(got, Shape.of(got.length / width, width), r.dtype()), table);
  }
}
