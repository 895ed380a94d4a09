package dev.neurite.data.csv;

import dev.neurite.data.Dataset;
import dev.neurite.error.FormatException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The rows of a CSV file, as text until asked for as numbers. Immutable. */
public final class Table {

  private final String file;
  private final List<String> names;
  private final List<String[]> rows;
  private final List<Long> lines;
  private final Missing missing;
  private final Set<String> markers;

  Table(String file, List<String> names, List<String[]> rows, List<Long> lines, Missing missing, Set<String> markers) {
    this.file = file;
    this.names = names;
    this.rows = rows;
    this.lines = lines;
    this.missing = missing;
    this.markers = markers;
  }

  /** A missing or unexpected cell: row from 1 without the header, line of the file, column. */
  public record Cell(long row, long line, String column) {}

  /** Names of the columns, in order. */
  public List<String> names() {
    return names;
  }

  /** Number of rows, without the header. */
  public int rows() {
    return rows.size();
  }

  /** The text of a cell, as it stands in the file. */
  public String text(int row, String column) {
    return rows.get(row)[index(column)];
  }

  /** The texts of a column. */
  public List<String> texts(String column) {
    int c = index(column);
    return rows.stream().map(r -> r[c]).toList();
  }

  /** True when every cell of the column is a number or missing. */
  public boolean isNumeric(String column) {
    int c = index(column);
    return rows.stream().allMatch(r -> isMissing(r[c]) || parse(r[c]) != null);
  }

  /** The cells of the column that are missing, with their places in the file. */
  public List<Cell> missing(String column) {
    int c = index(column);
    List<Cell> found = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      if (isMissing(rows.get(i)[c])) {
        found.add(new Cell(i + 1, lines.get(i), column));
      }
    }
    return found;
  }

  /**
   * The numbers of a column; missing ones are NaN.
   *
   * @throws FormatException for text, or a number beyond double, with line and column
   */
  public double[] numbers(String column) {
    int c = index(column);
    double[] values = new double[rows.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = number(i, c);
    }
    return values;
  }

  private double number(int row, int column) {
    String cell = rows.get(row)[column];
    if (isMissing(cell)) {
      return Double.NaN;
    }
    Double value = parse(cell);
    if (value == null) {
      throw new FormatException(file, -1, place(row, column) + ": expected a number, given '" + shortened(cell) + "'");
    }
    if (value.isInfinite() || value.isNaN()) {
      throw new FormatException(
          file, -1, place(row, column) + ": expected a number within double's range, given '" + shortened(cell) + "'");
    }
    return value;
  }

  private static String shortened(String cell) {
    return cell.length() <= 40 ? cell : cell.substring(0, 40) + "...";
  }

  private String place(int row, int column) {
    return "line " + lines.get(row) + ", column '" + names.get(column) + "'";
  }

  private boolean isMissing(String cell) {
    return markers.contains(cell);
  }

  /** Decimal numbers only: no hexadecimal floats, no type suffixes, both of which Java's parser takes. */
  private static Double parse(String cell) {
    String trimmed = cell.trim();
    if (trimmed.isEmpty() || "fFdD".indexOf(trimmed.charAt(trimmed.length() - 1)) >= 0
        || trimmed.indexOf('x') >= 0 || trimmed.indexOf('X') >= 0) {
      return null;
    }
    try {
      return Double.valueOf(trimmed);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** The different texts of a column, sorted: class numbers are places in this list. */
  public List<String> categories(String column) {
    return List.copyOf(new TreeSet<>(texts(column)));
  }

  /** This table without some columns. */
  public Table drop(String... columns) {
    List<String> left = new ArrayList<>(names);
    for (String column : columns) {
      index(column);
      left.remove(column);
    }
    return select(left);
  }

  /** Some columns of this table, in the given order. */
  public Table select(List<String> columns) {
    int[] from = columns.stream().mapToInt(this::index).toArray();
    List<String[]> picked = new ArrayList<>(rows.size());
    for (String[] row : rows) {
      String[] cells = new String[from.length];
      for (int i = 0; i < from.length; i++) {
        cells[i] = row[from[i]];
      }
      picked.add(cells);
    }
    return new Table(file, List.copyOf(columns), picked, lines, missing, markers);
  }

  /** This table with a text column replaced by one column of zeros and ones per category, {@code column=category}. */
  public Table oneHot(String column) {
    int c = index(column);
    List<String> categories = categories(column);
    List<String> all = new ArrayList<>(names);
    all.remove(c);
    categories.forEach(category -> all.add(column + "=" + category));
    List<String[]> widened = new ArrayList<>(rows.size());
    for (String[] row : rows) {
      List<String> cells = new ArrayList<>(List.of(row));
      String category = cells.remove(c);
      categories.forEach(k -> cells.add(k.equals(category) ? "1" : "0"));
      widened.add(cells.toArray(new String[0]));
    }
    return new Table(file, List.copyOf(all), widened, lines, missing, markers);
  }

  /**
   * A data set that predicts a column from all others; text and whole numbers from 0 are taken as classes, other
   * numbers as values.
   */
  public Dataset dataset(String target) {
    return dataset(target, isNumeric(target) && !isWholeNumbers(target) ? Target.VALUES : Target.CLASSES);
  }

  private boolean isWholeNumbers(String column) {
    for (double v : numbers(column)) {
      if (!Double.isNaN(v) && (v < 0 || v != Math.rint(v) || v > Integer.MAX_VALUE)) {
        return false;
      }
    }
    return true;
  }

  /**
   * A data set that predicts a column from all others.
   *
   * <p><b>Shapes</b>: x float32 [n, columns - 1]; y int64 [n] for classes, float32 [n, 1] for values.
   *
   * @throws FormatException for text in a feature column (drop it, or use {@link #oneHot}), numbers beyond float32, or,
   *     under {@link Missing#REFUSE}, missing numbers, with line and column
   */
  public Dataset dataset(String target, Target kind) {
    int t = index(target);
    int width = names.size() - 1;
    boolean numericTarget = kind == Target.VALUES || isNumeric(target) && isWholeNumbers(target);
    double[][] columns = new double[names.size()][];
    for (int c = 0; c < columns.length; c++) {
      columns[c] = c == t && !numericTarget ? null : numbers(names.get(c));
    }
    BitSet kept = completeRows(columns, t);
    int n = kept.cardinality();
    float[] x = new float[Math.multiplyExact(n, width)];
    for (int row = kept.nextSetBit(0), at = 0; row >= 0; row = kept.nextSetBit(row + 1)) {
      for (int c = 0; c < columns.length; c++) {
        if (c != t) {
          x[at++] = narrowed(columns[c][row], row, c);
        }
      }
    }
    Tensor features = Tensor.of(x, Shape.of(n, width));
    return Dataset.of(features, target(kept, t, columns[t], kind));
  }

  private float narrowed(double value, int row, int column) {
    float narrow = (float) value;
    if (Float.isInfinite(narrow)) {
      throw new FormatException(
          file, -1, place(row, column) + ": expected a number within float32's range, given " + value);
    }
    return narrow;
  }

  private Tensor target(BitSet kept, int column, double[] numbers, Target kind) {
    int n = kept.cardinality();
    if (kind == Target.VALUES) {
      float[] y = new float[n];
      for (int row = kept.nextSetBit(0), at = 0; row >= 0; row = kept.nextSetBit(row + 1)) {
        y[at++] = narrowed(numbers[row], row, column);
      }
      return Tensor.of(y, Shape.of(n, 1));
    }
    List<String> categories = numbers == null ? categories(names.get(column)) : List.of();
    long[] y = new long[n];
    for (int row = kept.nextSetBit(0), at = 0; row >= 0; row = kept.nextSetBit(row + 1)) {
      y[at++] =
          numbers != null ? (long) numbers[row] : Collections.binarySearch(categories, rows.get(row)[column]);
    }
    return Tensor.ofLongs(y);
  }

  /** Applies the policy for missing numbers; a missing target is never made up. */
  private BitSet completeRows(double[][] columns, int target) {
    BitSet kept = new BitSet(rows.size());
    kept.set(0, rows.size());
    Cell first = null;
    int count = 0;
    for (int c = 0; c < columns.length; c++) {
      double mean = missing == Missing.MEAN && c != target ? meanOfPresent(columns[c], c) : Double.NaN;
      for (int row = 0; columns[c] != null && row < columns[c].length; row++) {
        if (!Double.isNaN(columns[c][row])) {
          continue;
        }
        if (missing == Missing.SKIP_ROW) {
          kept.clear(row);
        } else if (missing == Missing.REFUSE || c == target) {
          count++;
          first = first == null ? new Cell(row + 1, lines.get(row), names.get(c)) : first;
        } else {
          columns[c][row] = mean;
        }
      }
    }
    if (first != null) {
      throw new FormatException(
          file, -1,
          "line " + first.line + ", column '" + first.column + "': expected a number, given a missing value ("
              + count + " in all)\n  choose what to do with them: Csv.missing(SKIP_ROW, MEAN or NAN)");
    }
    return kept;
  }

  private double meanOfPresent(double[] values, int column) {
    double sum = 0;
    int count = 0;
    for (double v : values) {
      if (!Double.isNaN(v)) {
        sum += v;
        count++;
      }
    }
    if (count == 0 && values.length > 0) {
      throw new FormatException(
          file, -1, "column '" + names.get(column) + "': expected at least one number to take the mean of, given none");
    }
    return sum / count;
  }

  private int index(String column) {
    int c = names.indexOf(column);
    if (c < 0) {
      throw new IllegalArgumentException(file + ": expected one of the columns " + names + ", given '" + column + "'");
    }
    return c;
  }
}
