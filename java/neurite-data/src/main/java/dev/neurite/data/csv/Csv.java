package dev.neurite.data.csv;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import dev.neurite.error.FormatException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Reads CSV files (RFC 4180, UTF-8 with or without byte order mark).
 *
 * <pre>{@code
 * Dataset data = Csv.of(Path.of("houses.csv")).missing(Missing.SKIP_ROW).read().dataset("price");
 * }</pre>
 *
 * <p>Ragged rows, quotes that never close, text among numbers, numbers beyond double and missing values are refused
 * with line and column; nothing turns silently into 0. Instances are immutable.
 */
public final class Csv {

  /** Longest cell unless {@link #cellLimit} says otherwise: 1 Mi characters. */
  public static final int DEFAULT_CELL_LIMIT = 1 << 20;

  private static final int MAX_COLUMNS = 1 << 20;
  private static final int BYTE_ORDER_MARK = 0xFEFF;
  private static final Set<String> DEFAULT_MARKERS = Set.of("", "NA", "N/A", "NaN", "nan", "null", "?");

  private final Path file;
  private final char separator;
  private final boolean header;
  private final Missing missing;
  private final Set<String> markers;
  private final int cellLimit;

  private Csv(Path file, char separator, boolean header, Missing missing, Set<String> markers, int cellLimit) {
    this.file = file;
    this.separator = separator;
    this.header = header;
    this.missing = missing;
    this.markers = markers;
    this.cellLimit = cellLimit;
  }

  /** A file with commas, a header line, and no tolerance for missing numbers. */
  public static Csv of(Path file) {
    return new Csv(file, ',', true, Missing.REFUSE, DEFAULT_MARKERS, DEFAULT_CELL_LIMIT);
  }

  /** What separates cells (default: comma). */
  public Csv separator(char c) {
    return new Csv(file, c, header, missing, markers, cellLimit);
  }

  /** Whether the first line names the columns (default: yes). Without, they are called {@code c0}, {@code c1}, ... */
  public Csv header(boolean on) {
    return new Csv(file, separator, on, missing, markers, cellLimit);
  }

  /** What to do with missing numbers (default: {@link Missing#REFUSE}). */
  public Csv missing(Missing policy) {
    return new Csv(file, separator, header, policy, markers, cellLimit);
  }

  /** What stands for a missing number (default: an empty cell, NA, N/A, NaN, nan, null, ?). */
  public Csv missingMarkers(String... texts) {
    return new Csv(file, separator, header, missing, Set.of(texts), cellLimit);
  }

  /**
   * Longest cell, in characters: what bounds the memory a damaged file can take.
   *
   * @param characters 1 or more
   */
  public Csv cellLimit(int characters) {
    if (characters < 1) {
      throw new IllegalArgumentException("Csv.cellLimit: expected 1 or more, given " + characters);
    }
    return new Csv(file, separator, header, missing, markers, characters);
  }

  /**
   * Reads the file.
   *
   * @throws FormatException when it is empty or damaged
   * @throws UncheckedIOException when it cannot be read
   */
  public Table read() {
    List<String[]> rows = new ArrayList<>();
    List<Long> lines = new ArrayList<>();
    String[] names = null;
    try {
      if (Files.size(file) == 0) {
        throw new FormatException(file.toString(), 0, "0 bytes; expected a table");
      }
      try (BufferedReader text = Files.newBufferedReader(file, StandardCharsets.UTF_8);
          CsvReader<CsvRecord> records = records(text)) {
        for (CsvRecord row : records) {
          String[] cells = row.getFields().toArray(new String[0]);
          if (names == null) {
            names = header ? uniqueNames(cells) : numberedNames(cells.length);
            if (header) {
              continue;
            }
          }
          requireWidth(names, cells, row.getStartingLineNumber());
          rows.add(cells);
          lines.add(row.getStartingLineNumber());
        }
      }
    } catch (CsvParseException e) {
      throw damaged(e);
    } catch (UncheckedIOException e) {
      throw unreadable(e.getCause());
    } catch (IOException e) {
      throw unreadable(e);
    }
    if (names == null) {
      throw new FormatException(file.toString(), 0, "expected a table, given empty lines only");
    }
    return new Table(file.toString(), List.of(names), rows, lines, missing, markers);
  }

  private CsvReader<CsvRecord> records(Reader text) throws IOException {
    text.mark(1);
    if (text.read() != BYTE_ORDER_MARK) {
      text.reset();
    }
    return CsvReader.builder()
        .fieldSeparator(separator)
        .extraFieldStrategy(FieldMismatchStrategy.IGNORE) // counted here, for a message with the line
        .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
        .allowUnclosedQuote(false)
        .skipEmptyLines(true)
        .maxBufferSize(cellLimit)
        .build(
            CsvRecordHandler.builder()
                .maxFields(MAX_COLUMNS)
                .maxFieldSize(cellLimit)
                .maxRecordSize(Integer.MAX_VALUE)
                .build(),
            text);
  }

  private RuntimeException unreadable(IOException e) {
    if (e instanceof MalformedInputException) {
      return new FormatException(file.toString(), -1, "expected UTF-8 text, given other bytes", e);
    }
    return new UncheckedIOException(file + ": cannot be read (" + e.getMessage() + ")", e);
  }

  private FormatException damaged(CsvParseException e) {
    Throwable reason = e;
    while (reason.getCause() != null && reason.getCause() != reason) {
      reason = reason.getCause();
    }
    String text = reason == e ? e.getMessage() : e.getMessage() + " (" + reason.getMessage() + ")";
    return new FormatException(file.toString(), -1, text, e);
  }

  private String[] uniqueNames(String[] cells) {
    for (int i = 0; i < cells.length; i++) {
      for (int k = 0; k < i; k++) {
        if (cells[k].equals(cells[i])) {
          throw new FormatException(
              file.toString(), -1, "expected a name of its own for each column, given '" + cells[i] + "' twice");
        }
      }
    }
    return cells;
  }

  private static String[] numberedNames(int count) {
    String[] names = new String[count];
    for (int i = 0; i < count; i++) {
      names[i] = "c" + i;
    }
    return names;
  }

  private void requireWidth(String[] names, String[] cells, long line) {
    if (cells.length != names.length) {
      throw new FormatException(
          file.toString(), -1,
          "line " + line + ": expected " + names.length + " cells, given " + cells.length);
    }
  }
}
