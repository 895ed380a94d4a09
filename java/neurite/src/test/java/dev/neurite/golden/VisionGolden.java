package dev.neurite.golden;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.vision.AnchorGrid;
import dev.neurite.vision.AnchorLabels;
import dev.neurite.vision.BoxFormat;
import dev.neurite.vision.Boxes;
import dev.neurite.vision.Images;
import dev.neurite.vision.MeanAveragePrecision;
import dev.neurite.vision.NonMaxSuppression;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** pipelines_vision: boxes, anchors, pictures; metrics_detection. */
final class VisionGolden implements GoldenTopic {

  private static final Pattern MAP = Pattern.compile("m?ap(\\d+)_(per_class|all_points|11_points|101_points)");

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("vision/iou", VisionGolden::iou);
    h.put("vision/giou", VisionGolden::giou);
    h.put("vision/box_convert", GoldenRun.op(VisionGolden::convert));
    h.put("vision/nms", VisionGolden::nms);
    h.put("vision/anchor_assignment", VisionGolden::assign);
    h.put("vision/rpn_labels", VisionGolden::labels);
    h.put("vision/gaussian_kernel", VisionGolden::gaussian);
    h.put("vision/normalise", GoldenRun.y(r -> onPictures(r, x -> Images.normalise(x, list(r, "mean"), list(r,
        "std")))));
    h.put("vision/hflip", GoldenRun.y(r -> onPictures(r, Images::flipHorizontal)));
    h.put("vision/vflip", GoldenRun.y(r -> onPictures(r, Images::flipVertical)));
    h.put("vision/center_crop", GoldenRun.y(r -> onPictures(r, x -> Images.centerCrop(x, size(r)[0], size(r)[1]))));
    h.put("vision/rgb_to_gray", GoldenRun.y(VisionGolden::gray));
    h.put("metric/mean_average_precision", VisionGolden::meanAveragePrecision);
  }

  private static double[][] boxes(GoldenRun r, String name) {
    GoldenTensor t = r.c().tensors("inputs").get(name);
    double[][] rows = new double[t.values().length / 4][];
    BoxFormat format = BoxFormat.valueOf(r.c().text("format", "xyxy").toUpperCase(Locale.ROOT));
    double[] flat = format == BoxFormat.XYXY || rows.length == 0
        ? t.values()
        : Boxes.convert(Tensor.of(t.values(), t.shape()), format, BoxFormat.XYXY).toDoubles();
    Arrays.setAll(rows, i -> Arrays.copyOfRange(flat, 4 * i, 4 * i + 4));
    return rows;
  }

  private static int[] ints(GoldenRun r, String name) {
    return Arrays.stream(r.values(name)).mapToInt(v -> (int) v).toArray();
  }

  private static double[] list(GoldenRun r, String key) {
    return ((List<?>) r.c().attrs().get(key)).stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray();
  }

  /** A number for both axes, or one per axis (height, width). */
  private static double[] pair(GoldenRun r, String key) {
    return r.c().attrs().get(key) instanceof List ? list(r, key) : new double[] {r.c().number(key, 0),
        r.c().number(key, 0)};
  }

  private static long[] size(GoldenRun r) {
    return Arrays.stream(pair(r, "size")).mapToLong(v -> (long) v).toArray();
  }

  private static void expectLongs(GoldenRun r, String name, int[] got) {
    long[] wide = Arrays.stream(got).asLongStream().toArray();
    r.expect(name, Tensor.ofLongs(wide), r.c().tensors("outputs").get(name));
  }

  private static void iou(GoldenRun r) {
    double[][] table = Boxes.iou(boxes(r, "a"), boxes(r, "b"));
    GoldenTensor want = r.c().tensors("outputs").get("iou");
    double[] flat = Arrays.stream(table).flatMapToDouble(Arrays::stream).toArray();
    r.expect("iou", Tensor.of(flat, Shape.of(table.length, boxes(r, "b").length)), want);
  }

  /** Pair by pair, or each with each where the file asks for a table. */
  private static void giou(GoldenRun r) {
    double[][] a = boxes(r, "a");
    double[][] b = boxes(r, "b");
    GoldenTensor want = r.c().tensors("outputs").get("giou");
    double[] got = new double[want.values().length];
    boolean table = want.shape().rank() == 2;
    for (int i = 0; i < got.length; i++) {
      got[i] = table ? Boxes.giou(a[i / b.length], b[i % b.length]) : Boxes.giou(a[i], b[i]);
    }
    r.expect("giou", Tensor.of(got, want.shape()), want);
  }

  private static Map<String, Tensor> convert(GoldenRun r) {
    String from = r.c().tensors("inputs").keySet().iterator().next();
    Map<String, Tensor> made = new HashMap<>();
    for (String to : r.c().tensors("outputs").keySet()) {
      made.put(to, Boxes.convert(r.in(from), format(from), format(to)));
    }
    return made;
  }

  private static BoxFormat format(String name) {
    return BoxFormat.valueOf(name.toUpperCase(Locale.ROOT));
  }

  private static void nms(GoldenRun r) {
    NonMaxSuppression nms =
        new NonMaxSuppression(
            r.c().number("iou_threshold", 0.5), r.c().number("score_threshold", Double.NEGATIVE_INFINITY),
            (int) r.c().number("max_output", Integer.MAX_VALUE));
    double[][] boxes = boxes(r, "boxes");
    for (String output : r.c().tensors("outputs").keySet()) {
      expectLongs(r, output, switch (output) {
        case "keep_agnostic", "keep" -> nms.keep(boxes, r.values("scores"));
        case "keep_per_class" -> nms.keep(boxes, r.values("scores"), ints(r, "classes"));
        default -> throw new AssertionError("unknown output " + output);
      });
    }
  }

  private static void assign(GoldenRun r) {
    double[] image = pair(r, "image_size");
    double[] cells = pair(r, "grid");
    double[][] anchors =
        ((List<?>) r.c().attrs().get("anchors_wh")).stream()
            .map(a -> ((List<?>) a).stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray())
            .toArray(double[][]::new);
    AnchorGrid grid = new AnchorGrid(image[1], image[0], (int) cells[0], (int) cells[1], anchors);
    List<AnchorGrid.Cell> found = Arrays.stream(boxes(r, "boxes")).map(grid::assign).toList();
    Map<String, ToDoubleFunction<AnchorGrid.Cell>> parts =
        Map.of(
            "anchor", AnchorGrid.Cell::anchor, "cell_row", AnchorGrid.Cell::row, "cell_col", AnchorGrid.Cell::column,
            "bx", AnchorGrid.Cell::x, "by", AnchorGrid.Cell::y, "bw", AnchorGrid.Cell::width, "bh",
            AnchorGrid.Cell::height);
    r.c().tensors("outputs").forEach((name, want) -> {
      double[] got = found.stream().mapToDouble(parts.get(name)).toArray();
      r.expect(name, Tensor.of(got, Shape.of(got.length)), want);
    });
  }

  private static void labels(GoldenRun r) {
    AnchorLabels made =
        AnchorLabels.of(boxes(r, "anchors"), boxes(r, "gt"), r.c().number("positive", 0.7), r.c().number("negative",
            0.3));
    expectLongs(r, "label", made.labels());
    expectLongs(r, "match", made.matches());
  }

  private static void gaussian(GoldenRun r) {
    double[][] k = Images.gaussianKernel((int) r.c().number("size", 0), r.c().number("sigma", 1));
    r.expect("k", Tensor.of(k), r.c().tensors("outputs").get("k"));
  }

  /** The file's layout (batch or not) to channels last, the step, and back. */
  private static Tensor onPictures(GoldenRun r, UnaryOperator<Tensor> step) {
    Tensor x = r.in("x");
    return switch (r.c().text("layout", "HWC")) {
      case "HWC", "NHWC" -> step.apply(x);
      case "CHW" -> step.apply(x.permute(1, 2, 0)).permute(2, 0, 1);
      case "NCHW" -> step.apply(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2);
      default -> throw new AssertionError("unknown layout " + r.c().text("layout", ""));
    };
  }

  private static Tensor gray(GoldenRun r) {
    Tensor y = onPictures(
        r, x -> r.c().attrs().get("weights") == null ? Images.grayscale(x) : Images.grayscale(x, list(r, "weights")));
    boolean kept = r.c().tensors("outputs").get("y").shape().rank() == y.rank();
    return kept ? y : y.squeeze(switch (r.c().text("layout", "HWC")) {
      case "CHW" -> 0;
      case "NCHW" -> 1;
      default -> -1;
    });
  }

  private static void meanAveragePrecision(GoldenRun r) {
    MeanAveragePrecision map = new MeanAveragePrecision((int) r.c().number("num_classes", 0));
    double[][] truths = boxes(r, "gt_box");
    for (int i = 0; i < truths.length; i++) {
      map.addTruth(ints(r, "gt_image")[i], ints(r, "gt_class")[i], truths[i]);
    }
    double[][] found = boxes(r, "det_box");
    for (int i = 0; i < found.length; i++) {
      map.addDetection(ints(r, "det_image")[i], ints(r, "det_class")[i], found[i], r.values("det_score")[i]);
    }
    r.c().tensors("outputs").forEach((name, want) -> {
      Matcher m = MAP.matcher(name);
      if (!m.matches()) {
        throw new AssertionError("unknown output " + name);
      }
      double threshold = Integer.parseInt(m.group(1)) / 100.0;
      double[] got = switch (m.group(2)) {
        case "per_class" -> map.perClass(threshold, MeanAveragePrecision.Interpolation.ALL_POINTS);
        case "all_points" -> one(map, threshold, MeanAveragePrecision.Interpolation.ALL_POINTS);
        case "11_points" -> one(map, threshold, MeanAveragePrecision.Interpolation.ELEVEN_POINTS);
        default -> one(map, threshold, MeanAveragePrecision.Interpolation.HUNDRED_AND_ONE_POINTS);
      };
      r.expect(name, Tensor.of(got, want.shape()), want);
    });
  }

  private static double[] one(MeanAveragePrecision map, double threshold, MeanAveragePrecision.Interpolation how) {
    return new double[] {map.result(threshold, how)};
  }
}
