package dev.neurite.data.csv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.error.FormatException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTest {

  private static final String HOUSES =
      """
      area,rooms,town,price
      50.5,2,Bonn,100000
      70,3,Aachen,150000.5
      ,4,Bonn,170000
      90,NA,Celle,180000
      """;

  @TempDir Path folder;
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private Path file(String text) {
    return file(text.getBytes(StandardCharsets.UTF_8));
  }

  private Path file(byte[] bytes) {
    try {
      return Files.write(folder.resolve("table.csv"), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Table read(String text) {
    return Csv.of(file(text)).read();
  }

  private static String reason(Runnable code) {
    return assertThrows(FormatException.class, code::run).reason();
  }

  // ---- texts

  @Test
  void fieldsAreExactlyAsTheyStand() {
    Table table = read("id,name\n1,\"Ada, \"\"the first\"\"\"\n2,\"Zoë\nLine\"\n3,  spaced  \n4,\n");

    assertEquals(List.of("id", "name"), table.names());
    assertEquals(List.of("Ada, \"the first\"", "Zoë\nLine", "  spaced  ", ""), table.texts("name"));
    assertEquals("3", table.text(2, "id"));
  }

  @Test
  void semicolonsByteOrderMarkAndMixedLineEndsAreRead() {
    Table table = Csv.of(file("\uFEFF\"a\";b\r\n1;2\n3;4\r\n5;6")).separator(';').read();

    assertEquals(List.of("a", "b"), table.names());
    assertArrayEquals(new double[] {1, 3, 5}, table.numbers("a"));
    assertArrayEquals(new double[] {2, 4, 6}, table.numbers("b"));
  }

  @Test
  void withoutAHeaderColumnsAreNumbered() {
    Table table = Csv.of(file("1,2\n3,4\n")).header(false).read();

    assertEquals(List.of("c0", "c1"), table.names());
    assertEquals(2, table.rows());
  }

  // ---- data sets

  @Test
  void wholeNumbersAndTextsAreClassesOtherNumbersAreValues() {
    Batch whole = read("x,label\n0.5,2\n1.5,0\n").dataset("label").all();
    Batch text = read("x,kind\n1,pear\n2,apple\n3,pear\n").dataset("kind").all();
    Batch values = read("x,y\n1,0.5\n2,-3\n").dataset("y").all();

    assertEquals(DType.INT64, whole.y().dtype());
    assertArrayEquals(new long[] {2, 0}, whole.y().toLongs());
    assertArrayEquals(new long[] {1, 0, 1}, text.y().toLongs());
    assertEquals(List.of("apple", "pear"), read("x,kind\n1,pear\n2,apple\n").categories("kind"));
    assertEquals(Shape.of(2, 1), values.y().shape());
    assertArrayEquals(new float[] {0.5f, -3}, values.y().toFloats());
    assertArrayEquals(new float[] {1, 2}, values.x().toFloats());
  }

  @Test
  void theKindOfTargetCanBeGiven() {
    Table table = read("x,y\n1,3\n2,5\n");

    assertEquals(DType.FLOAT32, table.dataset("y", Target.VALUES).all().y().dtype());
    assertArrayEquals(new long[] {0, 1}, read("x,y\n1,-2\n2,-3.5\n").dataset("y", Target.CLASSES).all().y().toLongs());
  }

  @Test
  void aTextColumnBecomesZerosAndOnes() {
    Table table = read("town,x,y\nBonn,1,0.5\nAachen,2,1.5\n").oneHot("town");

    assertEquals(List.of("x", "y", "town=Aachen", "town=Bonn"), table.names());
    assertArrayEquals(new float[] {1, 0, 1, 2, 1, 0}, table.dataset("y").all().x().toFloats());
  }

  // ---- missing values

  @Test
  void missingNumbersAreRefusedWithTheirPlace() {
    Table table = read(HOUSES).drop("town");

    assertEquals(
        "line 4, column 'area': expected a number, given a missing value (2 in all)\n"
            + "  choose what to do with them: Csv.missing(SKIP_ROW, MEAN or NAN)",
        reason(() -> table.dataset("price")));
    assertEquals(List.of(new Table.Cell(4, 5, "rooms")), table.missing("rooms"));
    assertTrue(table.isNumeric("area"));
    assertFalse(read(HOUSES).isNumeric("town"));
  }

  @Test
  void missingNumbersAreTreatedAsAskedFor() {
    Path houses = file(HOUSES);
    Dataset skipped = Csv.of(houses).missing(Missing.SKIP_ROW).read().drop("town").dataset("price");
    Dataset mean = Csv.of(houses).missing(Missing.MEAN).read().drop("town").dataset("price");
    Dataset nan = Csv.of(houses).missing(Missing.NAN).read().drop("town").dataset("price");

    assertArrayEquals(new float[] {50.5f, 2, 70, 3}, skipped.all().x().toFloats());
    assertArrayEquals(
        new float[] {50.5f, 2, 70, 3, 210.5f / 3, 4, 90, 3}, mean.all().x().toFloats());
    assertArrayEquals(
        new float[] {50.5f, 2, 70, 3, Float.NaN, 4, 90, Float.NaN}, nan.all().x().toFloats());
  }

  @Test
  void aMissingTargetIsNeverMadeUp() {
    Csv csv = Csv.of(file("x,y\n1,0.5\n2,\n"));

    assertEquals(
        "line 3, column 'y': expected a number, given a missing value (1 in all)",
        reason(() -> csv.missing(Missing.MEAN).read().dataset("y")).lines().findFirst().orElseThrow());
    assertEquals(1, csv.missing(Missing.SKIP_ROW).read().dataset("y").size());
  }

  @Test
  void whatStandsForAMissingNumberCanBeGiven() {
    Table table = Csv.of(file("x\n1\n-\n")).missingMarkers("-").read();

    assertArrayEquals(new double[] {1, Double.NaN}, table.numbers("x"));
    assertEquals(
        "line 3, column 'x': expected a number, given ''",
        reason(() -> Csv.of(file("x,y\n1,1\n,2\n")).missingMarkers("-").read().numbers("x")));
  }

  // ---- damage

  @Test
  void textAmongNumbersIsNamedWithLineAndColumn() {
    assertEquals(
        "line 3, column 'x': expected a number, given 'tall'",
        reason(() -> read("x,y\n1,0.5\ntall,1.5\n").dataset("y")));
    assertEquals(
        "line 2, column 'x': expected a number, given '0x1p3'", reason(() -> read("x,y\n0x1p3,1\n").numbers("x")));
    assertEquals("line 2, column 'x': expected a number, given '1f'", reason(() -> read("x,y\n1f,1\n").numbers("x")));
  }

  @Test
  void numbersBeyondTheirTypeAreRefused() {
    assertEquals(
        "line 2, column 'x': expected a number within double's range, given '1e400'",
        reason(() -> read("x,y\n1e400,0.5\n").dataset("y")));
    assertEquals(
        "line 2, column 'x': expected a number within double's range, given 'Infinity'",
        reason(() -> read("x,y\nInfinity,0.5\n").dataset("y")));
    assertEquals(
        "line 2, column 'x': expected a number within float32's range, given 1.0E300",
        reason(() -> read("x,y\n1e300,0.5\n").dataset("y")));
  }

  @Test
  void raggedRowsAreRefusedWithTheirLine() {
    assertEquals("line 3: expected 2 cells, given 3", reason(() -> read("a,b\n1,2\n1,2,3\n")));
    assertEquals("line 4: expected 2 cells, given 1", reason(() -> read("a,b\n\"1\n\",2\n1\n")));
  }

  @Test
  void aQuoteThatNeverClosesIsRefused() {
    String reason = reason(() -> read("a,b\n1,\"open\n2,3\n"));

    assertTrue(reason.toLowerCase(java.util.Locale.ROOT).contains("quote"), reason);
    assertTrue(reason.contains("2"), reason);
  }

  @Test
  void aCellWithoutEndIsCutOff() {
    Csv csv = Csv.of(file("a,b\n1," + "x".repeat(5000) + "\n")).cellLimit(1000);

    String reason = reason(csv::read);

    assertTrue(reason.contains("1000") || reason.contains("1,000") || reason.contains("maximum"), reason);
  }

  @Test
  void emptyFilesAreRefused() {
    assertEquals("0 bytes; expected a table", reason(() -> read("")));
    assertEquals("expected a table, given empty lines only", reason(() -> read("\n\n")));
  }

  @Test
  void bytesThatAreNoUtf8AreRefused() {
    Path latin = file("name\nZo\u00eb\n".getBytes(StandardCharsets.ISO_8859_1));

    assertEquals("expected UTF-8 text, given other bytes", reason(() -> Csv.of(latin).read()));
  }

  @Test
  void columnsMustHaveDifferentNames() {
    assertEquals("expected a name of its own for each column, given 'a' twice", reason(() -> read("a,b,a\n1,2,3\n")));
  }

  @Test
  void unknownColumnsAndFilesAreNamed() {
    Table table = read("a,b\n1,2\n");
    Path nothing = folder.resolve("nothing.csv");

    assertEquals(
        folder.resolve("table.csv") + ": expected one of the columns [a, b], given 'c'",
        assertThrows(IllegalArgumentException.class, () -> table.dataset("c")).getMessage());
    assertTrue(
        assertThrows(UncheckedIOException.class, () -> Csv.of(nothing).read())
            .getMessage().startsWith(nothing + ": cannot be read"));
  }
}
