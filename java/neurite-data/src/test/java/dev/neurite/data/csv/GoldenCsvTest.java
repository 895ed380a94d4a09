package dev.neurite.data.csv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The CSV files of the golden folder, with the contents its files.json lists. */
class GoldenCsvTest {

  private static final List<List<String>> ROWS =
      List.of(
          List.of("1", "Ada, \"the first\"", "1.65", "a"),
          List.of("2", "Bob", "", "b"),
          List.of("3", "Zo\u00eb\nLine", "1.80", ""),
          List.of("4", "  spaced  ", "NA", "a"),
          List.of("5", "", "-2.5e-1", "c"));

  private static Path file(String name) {
    String golden = System.getProperty("neurite.golden", "");
    Path file = Path.of(golden, "files", name);
    boolean there = !golden.isEmpty() && Files.isRegularFile(file);
    if (!there) {
      System.out.println("golden CSV files skipped: no folder '" + golden + "' (-Dneurite.golden=DIR)");
    }
    Assumptions.assumeTrue(there, "no golden folder: " + golden);
    return file;
  }

  private static void expectRows(Table table) {
    assertEquals(List.of("id", "name", "height", "group"), table.names());
    assertEquals(ROWS.size(), table.rows());
    for (int row = 0; row < ROWS.size(); row++) {
      for (int column = 0; column < 4; column++) {
        assertEquals(ROWS.get(row).get(column), table.text(row, table.names().get(column)), "row " + row);
      }
    }
  }

  @Test
  void quotedFieldsComeOutAsListedWithoutTrimming() {
    expectRows(Csv.of(file("quoted.csv")).read());
  }

  @Test
  void semicolonsAByteOrderMarkAndCrlfMakeNoDifference() {
    expectRows(Csv.of(file("semicolon_bom.csv")).separator(';').read());
  }

  @Test
  void emptyNumericFieldsAreNaNWhenAskedFor() {
    Table table = Csv.of(file("numeric_missing.csv")).header(false).missing(Missing.NAN).read();

    double[][] want = {
      {0.28515625, -1.4140625, -1.578125, Double.NaN},
      {0.93359375, 1.10546875, 0.1953125, -0.02734375},
      {0.10546875, Double.NaN, 0.4453125, -0.60546875}
    };
    assertEquals(4, table.rows());
    for (int column = 0; column < 3; column++) {
      assertArrayEquals(want[column], table.numbers(table.names().get(column)));
    }
  }
}
