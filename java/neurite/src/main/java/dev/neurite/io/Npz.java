package dev.neurite.io;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Named arrays in a file, in NumPy's .npz format: a zip of .npy files, plain or compressed.
 *
 * <p>Names are keys and never used as paths. What the entries expand to is capped before anything is read, each entry
 * is compared with its checksum, and a name that stands twice is refused; for the arrays see {@link Npy}.
 */
public final class Npz {

  private static final String SUFFIX = ".npy";
  private static final long SMALL = 1L << 26;
  private static final int MAX_RATIO = 64; // no honest numbers compress further

  private Npz() {}

  /**
   * Reads a file whose arrays have at most 64 MiB, or 64 times the file's length, together.
   *
   * @return the arrays by name, in the file's order; they belong to the scope open while reading
   * @throws FormatException for a damaged file, or one that expands to more
   * @throws UncheckedIOException when it cannot be read
   */
  public static Map<String, Tensor> read(Path file) {
    try {
      return read(file, Math.max(SMALL, Math.multiplyExact(Files.size(file), MAX_RATIO)));
    } catch (NoSuchFileException e) {
      throw new FormatException(file.toString(), -1, "no such file", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads a file.
   *
   * @param limit most bytes all arrays together may have
   */
  public static Map<String, Tensor> read(Path file, long limit) {
    try {
      if (Files.size(file) == 0) {
        throw new FormatException(file.toString(), 0, "0 bytes; expected a zip of .npy files");
      }
      try (ZipFile zip = new ZipFile(file.toFile());
          Scope scope = Scope.open()) {
        Map<String, Tensor> arrays = entries(file.toString(), zip, limit);
        arrays.values().forEach(scope::keep);
        return Collections.unmodifiableMap(arrays);
      }
    } catch (NoSuchFileException e) {
      throw new FormatException(file.toString(), -1, "no such file", e);
    } catch (ZipException | EOFException e) {
      throw new FormatException(file.toString(), -1, "damaged zip (" + e.getMessage() + ")", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, Tensor> entries(String file, ZipFile zip, long limit) throws IOException {
    List<? extends ZipEntry> found = Collections.list(zip.entries());
    long total = 0;
    for (ZipEntry e : found) {
      total += Math.max(0, e.getSize());
      if (e.getSize() < 0 || total > limit || total < 0) {
        throw new FormatException(
            file, -1,
            "expected arrays of at most " + limit + " bytes together, given an entry '" + e.getName()
                + "' that expands to "
                + e.getSize() + "; pass a higher limit if the file can be trusted");
      }
    }
    Map<String, Tensor> arrays = new LinkedHashMap<>();
    for (ZipEntry e : found) {
      if (!e.getName().endsWith(SUFFIX)) {
        throw new FormatException(file, -1, "expected entries that end in .npy, given '" + e.getName() + "'");
      }
      String name = e.getName().substring(0, e.getName().length() - SUFFIX.length());
      if (arrays.containsKey(name)) {
        throw new FormatException(file, -1, "the name '" + name + "' stands twice");
      }
      arrays.put(name, array(file, zip, e));
    }
    return arrays;
  }

  private static Tensor array(String file, ZipFile zip, ZipEntry e) throws IOException {
    CRC32 sum = new CRC32();
    try (CheckedInputStream in = new CheckedInputStream(zip.getInputStream(e), sum)) {
      Tensor t = Npy.read(file + " entry '" + e.getName() + "'", in, e.getSize());
      if (sum.getValue() != e.getCrc()) {
        throw new FormatException(file, -1, "entry '" + e.getName() + "' does not have its checksum");
      }
      return t;
    }
  }

  /**
   * Writes a file, completely or not at all; the same arrays give the same bytes.
   *
   * @param arrays by name: float32, float64, int32, int64, uint8 or bool
   */
  public static void write(Path file, Map<String, ? extends Tensor> arrays) {
    AtomicFile.write(
        file,
        out -> {
          ZipOutputStream zip = new ZipOutputStream(Archive.keptOpen(out));
          for (Map.Entry<String, ? extends Tensor> e : arrays.entrySet()) {
            zip.putNextEntry(Archive.entry(e.getKey() + SUFFIX));
            Npy.write(zip, e.getValue());
            zip.closeEntry();
          }
          zip.finish();
        });
  }
}
