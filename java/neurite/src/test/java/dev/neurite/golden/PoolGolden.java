package dev.neurite.golden;

import static dev.neurite.golden.SpatialCase.first;
import static dev.neurite.golden.SpatialCase.last;
import static dev.neurite.golden.SpatialCase.only;
import static dev.neurite.golden.SpatialCase.padding;
import static dev.neurite.golden.SpatialCase.perAxis;

import dev.neurite.nn.AdaptiveAvgPool1D;
import dev.neurite.nn.AdaptiveAvgPool2D;
import dev.neurite.nn.AdaptiveAvgPool3D;
import dev.neurite.nn.AdaptiveMaxPool1D;
import dev.neurite.nn.AdaptiveMaxPool2D;
import dev.neurite.nn.AdaptiveMaxPool3D;
import dev.neurite.nn.AvgPool1D;
import dev.neurite.nn.AvgPool2D;
import dev.neurite.nn.AvgPool3D;
import dev.neurite.nn.GlobalAvgPool1D;
import dev.neurite.nn.GlobalAvgPool2D;
import dev.neurite.nn.GlobalAvgPool3D;
import dev.neurite.nn.GlobalMaxPool1D;
import dev.neurite.nn.GlobalMaxPool2D;
import dev.neurite.nn.GlobalMaxPool3D;
import dev.neurite.nn.Layer;
import dev.neurite.nn.LpPool1D;
import dev.neurite.nn.LpPool2D;
import dev.neurite.nn.LpPool3D;
import dev.neurite.nn.MaxPool1D;
import dev.neurite.nn.MaxPool2D;
import dev.neurite.nn.MaxPool3D;
import dev.neurite.nn.Padding;
import dev.neurite.nn.PoolingLayer;
import java.util.List;
import java.util.Map;

/** layers_pool: poolings as layers; channels first in the files. */
final class PoolGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    for (int n = 1; n <= 3; n++) {
      int axes = n;
      String d = n + "d";
      h.put("layer/max_pool" + d, GoldenRun.y(r -> {
        only(r, "kernel", "strides", "padding", "pads", "dilation", "ceil_mode");
        return first(max(r, axes, padding(r, axes)).call(last(r.in("x"))));
      }));
      h.put("layer/avg_pool" + d, GoldenRun.y(r -> {
        only(r, "kernel", "strides", "padding", "pads", "ceil_mode", "count_include_pad");
        return first(average(r, axes, padding(r, axes)).call(last(r.in("x"))));
      }));
      h.put("layer/max_pool" + d + "_same", GoldenRun.y(r -> {
        only(r, "kernel", "strides", "pads", "dilation");
        return first(max(r, axes, Padding.SAME).call(last(r.in("x"))));
      }));
      h.put("layer/avg_pool" + d + "_same", GoldenRun.y(r -> {
        only(r, "kernel", "strides", "pads");
        return first(average(r, axes, Padding.SAME).call(last(r.in("x"))));
      }));
      h.put("layer/lp_pool" + d, GoldenRun.y(r -> {
        only(r, "p", "kernel", "strides", "padding", "pads", "ceil_mode");
        return first(power(r, axes).call(last(r.in("x"))));
      }));
      for (boolean max : new boolean[] {false, true}) {
        String kind = max ? "max" : "avg";
        h.put("layer/adaptive_" + kind + "_pool" + d, GoldenRun.y(r -> {
          only(r, "output");
          return first(adaptive(r, axes, max).call(last(r.in("x"))));
        }));
        h.put("layer/global_" + kind + "_pool" + d, GoldenRun.y(r -> {
          only(r);
          return global(axes, max).call(last(r.in("x")));
        }));
      }
    }
  }

  private static <L extends PoolingLayer<L>> L options(GoldenRun r, L layer, int axes, Padding padding) {
    return layer.stride(perAxis(r, "strides", axes, kernel(r, axes))).padding(padding)
        .ceil(r.c().flag("ceil_mode", false));
  }

  private static long[] kernel(GoldenRun r, int axes) {
    return perAxis(r, "kernel", axes, 1);
  }

  private static Layer max(GoldenRun r, int axes, Padding padding) {
    long[] k = kernel(r, axes);
    long[] d = perAxis(r, "dilation", axes, 1);
    return switch (axes) {
      case 1 -> options(r, MaxPool1D.of(k[0]).dilation(d), 1, padding);
      case 2 -> options(r, MaxPool2D.of(k[0], k[1]).dilation(d), 2, padding);
      default -> options(r, MaxPool3D.of(k[0], k[1], k[2]).dilation(d), 3, padding);
    };
  }

  private static Layer average(GoldenRun r, int axes, Padding padding) {
    long[] k = kernel(r, axes);
    boolean count = r.c().flag("count_include_pad", true);
    return switch (axes) {
      case 1 -> options(r, AvgPool1D.of(k[0]).countPadding(count), 1, padding);
      case 2 -> options(r, AvgPool2D.of(k[0], k[1]).countPadding(count), 2, padding);
      default -> options(r, AvgPool3D.of(k[0], k[1], k[2]).countPadding(count), 3, padding);
    };
  }

  private static Layer power(GoldenRun r, int axes) {
    long[] k = kernel(r, axes);
    double p = r.c().number("p", 2);
    Padding padding = padding(r, axes);
    return switch (axes) {
      case 1 -> options(r, LpPool1D.of(p, k[0]), 1, padding);
      case 2 -> options(r, LpPool2D.of(p, k[0], k[1]), 2, padding);
      default -> options(r, LpPool3D.of(p, k[0], k[1], k[2]), 3, padding);
    };
  }

  /** The wanted size; PyTorch's None on an axis keeps the input's. */
  private static long[] size(GoldenRun r, int axes) {
    if (r.c().attrs().get("output") instanceof List<?> list && list.size() == axes) {
      long[] size = new long[axes];
      for (int i = 0; i < axes; i++) {
        size[i] = list.get(i) == null ? r.in("x").dim(i + 2) : ((Number) list.get(i)).longValue();
      }
      return size;
    }
    return perAxis(r, "output", axes, 1);
  }

  private static Layer adaptive(GoldenRun r, int axes, boolean max) {
    long[] s = size(r, axes);
    return switch (axes) {
      case 1 -> max ? AdaptiveMaxPool1D.of(s[0]) : AdaptiveAvgPool1D.of(s[0]);
      case 2 -> max ? AdaptiveMaxPool2D.of(s[0], s[1]) : AdaptiveAvgPool2D.of(s[0], s[1]);
      default -> max ? AdaptiveMaxPool3D.of(s[0], s[1], s[2]) : AdaptiveAvgPool3D.of(s[0], s[1], s[2]);
    };
  }

  private static Layer global(int axes, boolean max) {
    return switch (axes) {
      case 1 -> max ? GlobalMaxPool1D.of() : GlobalAvgPool1D.of();
      case 2 -> max ? GlobalMaxPool2D.of() : GlobalAvgPool2D.of();
      default -> max ? GlobalMaxPool3D.of() : GlobalAvgPool3D.of();
    };
  }
}
