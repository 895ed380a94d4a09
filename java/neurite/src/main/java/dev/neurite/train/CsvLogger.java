package dev.neurite.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes a line per epoch into a CSV file as training goes; each line is in the file when the next epoch starts. The
 * columns are those of {@link History#toCsv} after the first epoch. An existing file is replaced.
 */
public final class CsvLogger implements Callback {

  private final Path file;
  private Writer out;
  private List<String> names;

  private CsvLogger(Path file) {
    this.file = file;
  }

  /** Writes to the given file; missing folders are made. */
  public static CsvLogger to(Path file) {
    return new CsvLogger(file);
  }

  @Override
  public void trainBegin(Run run) {
    names = null;
    writing(() -> {
      if (file.toAbsolutePath().getParent() != null) {
        Files.createDirectories(file.toAbsolutePath().getParent());
      }
      out = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
    });
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    writing(() -> {
      if (names == null) {
        names = new ArrayList<>(values.keySet());
        out.write("epoch," + String.join(",", names) + "\n");
      }
      StringBuilder line = new StringBuilder(Integer.toString(run.epoch()));
      for (String name : names) {
        Double value = values.get(name);
        line.append(',').append(value == null ? "" : value.toString());
      }
      out.write(line.append('\n').toString());
      out.flush();
    });
  }

  @Override
  public void trainEnd(Run run) {
    if (out != null) {
      writing(out::close);
      out = null;
    }
  }

  private interface Write {
    void run() throws IOException;
  }

  private void writing(Write action) {
    try {
      action.run();
    } catch (IOException e) {
      throw new UncheckedIOException("CsvLogger: " + file + " cannot be written (" + e.getMessage() + ")", e);
    }
  }
}
