package dev.neurite.data;

import dev.neurite.error.FormatException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.zip.GZIPInputStream;

/**
 * A table of this jar's own resources: a header, numbers, a label in the last column. For tables of others there is the
 * CSV reader of {@code neurite-data}.
 */
final class BundledTable {

  private final float[] features;
  private final List<String> labels;

  private BundledTable(float[] features, List<String> labels) {
    this.features = features;
    this.labels = labels;
  }

  static BundledTable read(String resource, int columns) {
    try (InputStream raw = BundledTable.class.getResourceAsStream(resource)) {
      if (raw == null) {
        throw new FormatException(resource, -1, "not found beside the classes; the jar is incomplete");
      }
      InputStream in = resource.endsWith(".gz") ? new GZIPInputStream(raw) : raw;
      try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
        return parse(resource, reader, columns);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(resource + ": cannot be read", e);
    }
  }

  private static BundledTable parse(String resource, BufferedReader reader, int columns) throws IOException {
    List<float[]> rows = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    reader.readLine(); // header
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      String[] cells = line.split(",", -1);
      if (cells.length != columns + 1) {
        throw new FormatException(
            resource, -1, "expected " + (columns + 1) + " cells in row " + (rows.size() + 1) + ", given " + cells.length);
      }
      float[] row = new float[columns];
      for (int i = 0; i < columns; i++) {
        row[i] = Float.parseFloat(cells[i]);
      }
      rows.add(row);
      labels.add(cells[columns]);
    }
    float[] flat = new float[rows.size() * columns];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, flat, i * columns, columns);
    }
    return new BundledTable(flat, labels);
  }

  int rows() {
    return labels.size();
  }

  float[] features() {
    return features;
  }

  long[] labels(ToLongFunction<String> number) {
    return labels.stream().mapToLong(number).toArray();
  }
}
