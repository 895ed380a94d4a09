package dev.neurite.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.GradCheck;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.vision.MeanAveragePrecision.Interpolation;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Boxes in their formats, anchors, and how good detections are. */
class DetectionTest {

  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void everyFormatOfBoxesGoesToEveryOtherAndBack() {
    Tensor corners = Tensor.of(new double[] {1, 2, 4, 8, 0, 0, 2, 1}, Shape.of(1, 2, 4));
    assertArrayEquals(
        new double[] {2.5, 5, 3, 6, 1, 0.5, 2, 1},
        Boxes.convert(corners, BoxFormat.XYXY, BoxFormat.CXCYWH).toDoubles());
    for (BoxFormat from : BoxFormat.values()) {
      Tensor start = Boxes.convert(corners, BoxFormat.XYXY, from);
      for (BoxFormat to : BoxFormat.values()) {
        Tensor there = Boxes.convert(start, from, to);
        assertArrayEquals(start.toDoubles(), Boxes.convert(there, to, from).toDoubles(), 1e-12);
      }
    }
    assertThrows(
        ShapeException.class, () -> Boxes.convert(Tensor.of(1f, 2), BoxFormat.XYXY, BoxFormat.XYWH));
    assertEquals(2, Boxes.rows(corners.select(0, 0)).length);
    assertThrows(ShapeException.class, () -> Boxes.rows(corners));
  }

  @Test
  void generalisedOverlapTellsHowFarBoxesAreApart() {
    double[] a = {0, 0, 1, 1};
    assertEquals(1, Boxes.giou(a, a));
    assertEquals(-1 / 3.0, Boxes.giou(a, new double[] {2, 0, 3, 1}), 1e-12);
    assertTrue(Boxes.giou(a, new double[] {9, 0, 10, 1}) < Boxes.giou(a, new double[] {2, 0, 3, 1}));
    assertEquals(0, Boxes.giou(new double[4], new double[4]), "no area at all");
    assertThrows(IllegalArgumentException.class, () -> Boxes.giou(a, new double[] {0, 0, Double.NaN, 1}));
  }

  @Test
  void aBoxBelongsToTheCellOfItsMidpointAndComesBack() {
    AnchorGrid grid = new AnchorGrid(200, 100, 5, 10, new double[][] {{10, 40}, {40, 10}});
    AnchorGrid.Cell cell = grid.assign(new double[] {30, 44, 70, 52});

    assertEquals(new AnchorGrid.Cell(1, 2, 2, 0.5, 0.4, 2, 0.4), new AnchorGrid.Cell(
        cell.anchor(), cell.row(), cell.column(), cell.x(), Math.rint(cell.y() * 1e9) / 1e9, cell.width(),
            cell.height()));
    assertArrayEquals(new double[] {30, 44, 70, 52}, grid.box(cell), 1e-9);
    assertEquals(9, grid.assign(new double[] {190, 90, 210, 110}).column(), "the last cell has the border");
    assertThrows(IllegalArgumentException.class, () -> grid.assign(new double[] {190, 90, 230, 110}));
    assertThrows(IllegalArgumentException.class, () -> new AnchorGrid(1, 1, 0, 1, new double[][] {{1, 1}}));
    assertThrows(IllegalArgumentException.class, () -> new AnchorGrid(1, 1, 1, 1, new double[][] {{1, 0}}));
  }

  @Test
  void anchorsAreLabelledByTheirOverlap() {
    double[][] anchors = {{0, 0, 10, 10}, {0, 0, 10, 5}, {0, 0, 10, 4}, {50, 50, 60, 60}, {20, 20, 21, 21}};
    double[][] truth = {{0, 0, 10, 10}, {20, 20, 30, 30}};
    AnchorLabels made = AnchorLabels.of(anchors, truth, 0.7, 0.45);

    assertArrayEquals(new int[] {1, -1, 0, 0, 1}, made.labels(), "the last is the best there is for its box");
    assertArrayEquals(new int[] {0, 0, 0, 0, 1}, made.matches());
    AnchorLabels none = AnchorLabels.of(anchors, new double[0][], 0.7, 0.3);
    assertArrayEquals(new int[5], none.labels());
    assertArrayEquals(new int[] {-1, -1, -1, -1, -1}, none.matches());
    assertThrows(IllegalArgumentException.class, () -> AnchorLabels.of(anchors, truth, 0.3, 0.7));
  }

  /** Two objects, found at the first and third of three detections. */
  @Test
  void averagePrecisionIsTheAreaUnderTheEnvelope() {
    MeanAveragePrecision map = new MeanAveragePrecision(2);
    double[] left = {0, 0, 10, 10};
    double[] right = {20, 0, 30, 10};
    map.addTruth(5, 0, left);
    map.addTruth(5, 0, right);
    map.addDetection(5, 0, left, 0.9);
    map.addDetection(5, 0, left, 0.8); // the object is taken
    map.addDetection(5, 0, new double[] {20, 0, 30, 8}, 0.7);

    assertEquals(0.5 + 0.5 * 2 / 3, map.result(0.5, Interpolation.ALL_POINTS), 1e-12);
    assertEquals((6 + 5 * 2 / 3.0) / 11, map.result(0.5, Interpolation.ELEVEN_POINTS), 1e-12);
    assertEquals((51 + 50 * 2 / 3.0) / 101, map.result(0.5, Interpolation.HUNDRED_AND_ONE_POINTS), 1e-12);
    assertEquals(0.5, map.result(0.85, Interpolation.ALL_POINTS), 1e-12, "the third fits only to 0.8");
    double loose = map.result(0.5, Interpolation.HUNDRED_AND_ONE_POINTS);
    double strict = map.result(0.95, Interpolation.HUNDRED_AND_ONE_POINTS);
    assertEquals((7 * loose + 3 * strict) / 10, map.coco(), 1e-12, "0.5 to 0.8, and 0.85 to 0.95");
    assertTrue(Double.isNaN(map.perClass(0.5, Interpolation.ALL_POINTS)[1]), "no object of that class");
    map.reset();
    assertTrue(Double.isNaN(map.result(0.5, Interpolation.ALL_POINTS)));
  }

  @Test
  void damagedDetectionsAreRefused() {
    MeanAveragePrecision map = new MeanAveragePrecision(1);
    assertThrows(IllegalArgumentException.class, () -> map.addTruth(0, 1, new double[4]));
    assertThrows(IllegalArgumentException.class, () -> map.addTruth(0, 0, new double[] {1, 0, 0, 0}));
    assertThrows(IllegalArgumentException.class, () -> map.addDetection(0, 0, new double[4], Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> map.result(0, Interpolation.ALL_POINTS));
    assertThrows(IllegalArgumentException.class, () -> new MeanAveragePrecision(0));
  }

  @Test
  void stepsOnPicturesAreDifferentiableAndCheckTheirShapes() {
    Tensor x = Tensor.range(0.1, 0.37, 2 * 4 * 5 * 3, DType.FLOAT64).reshape(2, 4, 5, 3);
    double[] mean = {0.1, 0.2, 0.3};
    double[] std = {1, 2, 3};
    Param p = Param.of("x", x);
    GradCheck.Report report =
        GradCheck.check(
            () -> Images.grayscale(Images.normalise(Images.flipVertical(p), mean, std)).square().sum(), List.of(p));
    assertTrue(report.passes(1e-6), report.toString());
    assertEquals(Shape.of(2, 2, 2, 3), Images.centerCrop(x, 2, 2).shape());
    assertEquals(x.get(0, 1, 1, 0), Images.centerCrop(x, 2, 2).get(0, 0, 0, 0));
    assertEquals(Shape.of(4, 5, 1), Images.grayscale(x.select(0, 0)).shape());
    assertEquals(Shape.of(8, 10, 3), Images.resize(x.select(0, 0), 8, 10).shape());
    assertThrows(ShapeException.class, () -> Images.centerCrop(x, 5, 5));
    assertThrows(ShapeException.class, () -> Images.normalise(x, mean, new double[2]));
    assertThrows(IllegalArgumentException.class, () -> Images.normalise(x, mean, new double[3]));
    assertThrows(ShapeException.class, () -> Images.grayscale(x, 1, 2));
    assertThrows(ShapeException.class, () -> Images.flipHorizontal(Tensor.of(1f)));
    assertThrows(IllegalArgumentException.class, () -> Images.gaussianKernel(0, 1));
    assertEquals(1, Images.gaussianKernel(1, 3)[0][0]);
  }
}
