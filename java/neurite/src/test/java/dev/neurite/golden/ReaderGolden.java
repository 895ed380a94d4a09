package dev.neurite.golden;

import dev.neurite.data.csv.Csv;
import dev.neurite.data.csv.Missing;
import dev.neurite.data.csv.Table;
import dev.neurite.data.image.ImageFile;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** files: CSV and PNG, whose readers are neurite-data's. */
final class ReaderGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("file/csv", ReaderGolden::csv);
    h.put("file/csv_numeric", ReaderGolden::numbers);
    h.put("file/csv_error", r -> DataGolden.refused(() -> open(r).read()));
    h.put("file/png", ReaderGolden::png);
    h.put("file/png_error", r -> DataGolden.refused(() -> ImageFile.of(r.file()).read()));
  }

  private static Csv open(GoldenRun r) {
    String separator = r.c().text("delimiter", ",");
    if (separator.length() != 1) {
      throw new AssertionError("unknown delimiter '" + separator + "'");
    }
    return Csv.of(r.file()).separator(separator.charAt(0)).header(r.c().attrs().get("header") != null);
  }

  private static void requireHeader(GoldenRun r, Table table) {
    Object header = r.c().attrs().get("header");
    if (header != null && !header.equals(table.names())) {
      throw new AssertionError("expected the header " + header + ", got " + table.names());
    }
  }

  private static void csv(GoldenRun r) {
    Table table = open(r).read();
    requireHeader(r, table);
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < table.rows(); i++) {
      int row = i;
      rows.add(table.names().stream().map(name -> table.text(row, name)).toList());
    }
    if (!rows.equals(r.c().attrs().get("rows"))) {
      throw new AssertionError("expected the rows " + r.c().attrs().get("rows") + ", got " + rows);
    }
  }

  private static void numbers(GoldenRun r) {
    Table table = open(r).missing(Missing.NAN).read();
    requireHeader(r, table);
    int columns = table.names().size();
    double[] flat = new double[table.rows() * columns];
    for (int k = 0; k < columns; k++) {
      double[] column = table.numbers(table.names().get(k));
      for (int i = 0; i < column.length; i++) {
        flat[i * columns + k] = column[i];
      }
    }
    r.expect("data", Tensor.of(flat, Shape.of(table.rows(), columns)), r.c().tensors("outputs").get("data"));
  }

  private static void png(GoldenRun r) {
    GoldenTensor want = r.c().tensors("outputs").get("data");
    Tensor picture = ImageFile.of(r.file()).read();
    boolean grey = want.shape().rank() == 2 && picture.shape().last() == 1;
    r.expect("data", grey ? picture.squeeze(2) : picture, want);
  }
}
