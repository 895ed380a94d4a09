package dev.neurite.golden;

import dev.neurite.nn.Layer;
import dev.neurite.nn.Padding;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What golden cases with spatial axes share: per-axis settings, padding, channels first and last. */
final class SpatialCase {

  private SpatialCase() {}

  /** Fails on a setting the handler would not look at. */
  static void only(GoldenRun r, String... known) {
    Set<String> given = new TreeSet<>(r.c().attrs().keySet());
    given.removeAll(Set.of(known));
    if (!given.isEmpty()) {
      throw new IllegalArgumentException("unknown settings " + given);
    }
  }

  /** Channels second to channels last. */
  static Tensor last(Tensor x) {
    int[] order = new int[x.rank()];
    for (int i = 1; i < order.length - 1; i++) {
      order[i] = i + 1;
    }
    order[order.length - 1] = 1;
    return x.permute(order);
  }

  /** Channels last to channels second. */
  static Tensor first(Tensor y) {
    int[] order = new int[y.rank()];
    for (int i = 2; i < order.length; i++) {
      order[i] = i - 1;
    }
    order[1] = order.length - 1;
    return y.permute(order);
  }

  /** One number per axis: a list, one number for all, or the default when absent or null. */
  static long[] perAxis(GoldenRun r, String key, int axes, long... otherwise) {
    Object given = r.c().attrs().get(key);
    if (given instanceof List<?>) {
      long[] values = GoldenCase.longs(given);
      if (values.length == axes) {
        return values;
      }
      given = values.length == 1 ? (Object) values[0] : given;
    }
    if (given instanceof Number n) {
      return Collections.nCopies(axes, n.longValue()).stream().mapToLong(Long::longValue).toArray();
    }
    if (given != null) {
      throw new IllegalArgumentException(key + ": expected a number or " + axes + ", given " + given);
    }
    return otherwise.length == axes ? otherwise : Collections.nCopies(axes, otherwise[0]).stream()
        .mapToLong(Long::longValue).toArray();
  }

  /** The padding: a rule by its name, widths in `pads`, or one width per axis. */
  static Padding padding(GoldenRun r, int axes) {
    Object rule = r.c().attrs().get("padding");
    Object pads = r.c().attrs().get("pads");
    if (rule instanceof String name && !name.equals("explicit")) {
      return switch (name) {
        case "valid" -> Padding.VALID;
        case "same" -> Padding.SAME;
        case "causal" -> Padding.CAUSAL;
        default -> throw new IllegalArgumentException("unknown padding " + name);
      };
    }
    if (pads instanceof List<?> list) {
      List<Long> widths = new ArrayList<>();
      for (Object pair : list) {
        for (long width : GoldenCase.longs(pair)) {
          widths.add(width);
        }
      }
      return widths(widths, axes);
    }
    List<Long> both = new ArrayList<>();
    for (long width : perAxis(r, "padding", axes, 0)) {
      both.addAll(List.of(width, width));
    }
    return widths(both, axes);
  }

  private static Padding widths(List<Long> w, int axes) {
    if (w.size() != 2 * axes) {
      throw new IllegalArgumentException("expected " + 2 * axes + " widths, given " + w);
    }
    return switch (axes) {
      case 1 -> Padding.of(w.get(0), w.get(1));
      case 2 -> Padding.of(w.get(0), w.get(1), w.get(2), w.get(3));
      default -> Padding.of(w.get(0), w.get(1), w.get(2), w.get(3), w.get(4), w.get(5));
    };
  }

  /** A parameter of a layer that is built here, for the input's shape. */
  static Param param(GoldenRun r, Layer layer, Tensor x, String name) {
    if (!layer.isBuilt()) {
      layer.call(Tensor.zeros(Shape.of(x.shape().dims()), r.dtype()));
    }
    return layer.ownParams().get(name);
  }

  /** Binds a bias where the case has one. */
  static void bias(GoldenRun r, Layer layer, Tensor x) {
    if (r.in("bias") != null) {
      r.bind("bias", param(r, layer, x, "bias"));
    }
  }

  /** The order that puts the first two of the axes last, the second one first of these. */
  static int[] kernelOrder(int rank) {
    int[] order = new int[rank];
    for (int i = 0; i < rank - 2; i++) {
      order[i] = i + 2;
    }
    order[rank - 2] = 1;
    order[rank - 1] = 0;
    return order;
  }
}
