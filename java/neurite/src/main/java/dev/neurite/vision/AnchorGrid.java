package dev.neurite.vision;

import java.util.Arrays;

/**
 * YOLO's assignment of boxes (Redmon 2016): a box belongs to the grid cell its midpoint lies in, and there to the
 * anchor whose width and height fit best, by intersection over union at a common corner.
 *
 * <pre>{@code
 * AnchorGrid grid = new AnchorGrid(416, 416, 13, 13, new double[][] {{116, 90}, {156, 198}});
 * AnchorGrid.Cell cell = grid.assign(new double[] {120, 80, 200, 220});
 * }</pre>
 */
public final class AnchorGrid {

  /**
   * Where a box belongs, and how the network writes it down.
   *
   * @param anchor index of the anchor
   * @param row of the grid, from the top
   * @param column of the grid
   * @param x midpoint relative to the cell, 0 to 1
   * @param y midpoint relative to the cell, 0 to 1
   * @param width in cells, may exceed 1
   * @param height in cells, may exceed 1
   */
  public record Cell(int anchor, int row, int column, double x, double y, double width, double height) {}

  private final double imageWidth;
  private final double imageHeight;
  private final int rows;
  private final int columns;
  private final double[][] anchors;

  /**
   * A grid over pictures of one size.
   *
   * @param imageWidth above 0
   * @param imageHeight above 0
   * @param rows cells from top to bottom
   * @param columns cells from left to right
   * @param anchors width and height each, above 0
   */
  public AnchorGrid(double imageWidth, double imageHeight, int rows, int columns, double[][] anchors) {
    boolean sound = imageWidth > 0 && imageHeight > 0 && rows > 0 && columns > 0 && anchors.length > 0
        && Arrays.stream(anchors).allMatch(a -> a.length == 2 && a[0] > 0 && a[1] > 0);
    if (!sound) {
      throw new IllegalArgumentException(
          "AnchorGrid: expected sizes above 0 and anchors as width, height, given a picture of " + imageWidth + " x "
              + imageHeight + ", " + rows + " x " + columns + " cells, anchors " + Arrays.deepToString(anchors));
    }
    this.imageWidth = imageWidth;
    this.imageHeight = imageHeight;
    this.rows = rows;
    this.columns = columns;
    this.anchors = Arrays.stream(anchors).map(double[]::clone).toArray(double[][]::new);
  }

  /**
   * Where a box belongs; of anchors that fit alike the first.
   *
   * @param box x1, y1, x2, y2 with its midpoint in the picture (on its lower or right edge: the last cell)
   */
  public Cell assign(double[] box) {
    Boxes.require("AnchorGrid.assign", "", box);
    double x = (box[0] + box[2]) / 2 / imageWidth * columns;
    double y = (box[1] + box[3]) / 2 / imageHeight * rows;
    if (!(x >= 0 && x <= columns && y >= 0 && y <= rows)) {
      throw new IllegalArgumentException(
          "AnchorGrid.assign: expected a midpoint inside " + imageWidth + " x " + imageHeight + ", given "
              + Arrays.toString(box));
    }
    int column = Math.min((int) x, columns - 1);
    int row = Math.min((int) y, rows - 1);
    double width = box[2] - box[0];
    double height = box[3] - box[1];
    return new Cell(
        best(width, height), row, column, x - column, y - row, width / imageWidth * columns,
            height / imageHeight * rows);
  }

  private int best(double width, double height) {
    double[] box = {0, 0, width, height};
    int best = 0;
    double most = -1;
    for (int i = 0; i < anchors.length; i++) {
      double fit = Boxes.iou(box, new double[] {0, 0, anchors[i][0], anchors[i][1]});
      if (fit > most) {
        most = fit;
        best = i;
      }
    }
    return best;
  }

  /** The box a cell stands for: the reverse of {@link #assign}. */
  public double[] box(Cell cell) {
    double x = (cell.column() + cell.x()) / columns * imageWidth;
    double y = (cell.row() + cell.y()) / rows * imageHeight;
    double width = cell.width() / columns * imageWidth;
    double height = cell.height() / rows * imageHeight;
    return new double[] {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
  }
}
