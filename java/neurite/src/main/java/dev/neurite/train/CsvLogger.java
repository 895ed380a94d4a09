package dev.neurite.train;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Writes a line per epoch into a CSV file as training goes; each line is in the file when the next epoch starts. The
 * columns are those of {@link History#toCsv} after the first epoch. An existing file is replaced, unless
 * {@link #append} is set; a training that goes on from a checkpoint keeps the lines of the epochs before it.
 */
public final class CsvLogger implements Callback {

  private final Path file;
  private final boolean append;
  private final char separator;
  private Writer out;
  private List<String> names;
  private int lines;

  private CsvLogger(Path file, boolean append, char separator) {
    this.file = file;
    this.append = append;
    this.separator = separator;
  }

  /** Writes to the given file; missing folders are made. */
  public static CsvLogger to(Path file) {
    return new CsvLogger(file, false, ',');
  }

  /** Whether lines are added to an existing file, under its header (default: it is replaced). */
  public CsvLogger append(boolean on) {
    return new CsvLogger(file, on, separator);
  }

  /** What stands between values (default: a comma). */
  public CsvLogger separator(char between) {
    return new CsvLogger(file, append, between);
  }

  @Override
  public void trainBegin(Run run) {
    names = null;
    lines = 0;
    writing(() -> {
      if (file.toAbsolutePath().getParent() != null) {
        Files.createDirectories(file.toAbsolutePath().getParent());
      }
      boolean goesOn = append || run.isResumed();
      open(goesOn ? append ? Integer.MAX_VALUE : run.history().size() + 1 : 0);
    });
  }

  /** Keeps so many lines of an existing file and goes on behind them; what follows is done again. */
  private void open(int most) throws IOException {
    List<String> kept = Files.exists(file) && most > 0 ? Files.readAllLines(file, StandardCharsets.UTF_8) : List.of();
    kept = kept.subList(0, Math.min(most, kept.size()));
    long bytes = 0;
    for (String line : kept) {
      bytes += line.getBytes(StandardCharsets.UTF_8).length + 1;
    }
    try (RandomAccessFile end = new RandomAccessFile(file.toFile(), "rw")) {
      boolean open = !kept.isEmpty() && bytes > end.length(); // a last line without its line feed
      end.setLength(Math.min(bytes, end.length()));
      if (open) {
        end.seek(end.length());
        end.write('\n');
      }
    }
    // A stream, as an interrupt of the thread would close a channel.
    out =
        new BufferedWriter(
            new OutputStreamWriter(Files.newOutputStream(file, StandardOpenOption.APPEND), StandardCharsets.UTF_8));
    lines = kept.size();
    if (lines > 0) {
      String[] header = kept.get(0).split(Pattern.quote(String.valueOf(separator)));
      names = new ArrayList<>(List.of(header).subList(1, header.length));
    }
  }

  @Override
  public CallbackState state() {
    return CallbackState.of(Map.of("lines", lines));
  }

  @Override
  public void restore(Run run, CallbackState state) {
    writing(() -> {
      out.close();
      open(state.count("lines"));
    });
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    writing(() -> {
      if (names == null) {
        names = new ArrayList<>(values.keySet());
        lines++;
        out.write("epoch" + separator + String.join(String.valueOf(separator), names) + "\n");
      }
      StringBuilder line = new StringBuilder(Integer.toString(run.epoch()));
      for (String name : names) {
        Double value = values.get(name);
        line.append(separator).append(value == null ? "" : value.toString());
      }
      lines++;
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
