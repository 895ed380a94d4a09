package dev.neurite.io;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.Tensor;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A model file: a zip of {@value #CONFIG} and {@value #WEIGHTS}. The configuration carries the
 * weights' SHA-256; both entries' checksums are compared. Names inside the zip are never used as
 * paths, and entries are capped by size.
 *
 * @param config the configuration
 * @param weights the tensors; they belong to the scope open while reading
 */
public record ModelArchive(Map<String, Object> config, Map<String, Tensor> weights) {

  /** Name of the configuration's entry. */
  public static final String CONFIG = "config.json";

  /** Name of the weights' entry. */
  public static final String WEIGHTS = "weights.safetensors";

  private static final String HASH = "weights_sha256";
  private static final long MAX_CONFIG = 64 << 20;
  private static final int MAX_RATIO = 64; // no honest weights compress further

  /**
   * Writes a file, completely or not at all. The key {@code weights_sha256} is added to the
   * configuration.
   */
  public static void write(Path file, Map<String, Object> config, Map<String, ? extends Tensor> weights) {
    AtomicFile.write(
        file,
        out -> {
          ZipOutputStream zip = new ZipOutputStream(keptOpen(out));
          zip.setLevel(Deflater.NO_COMPRESSION);
          zip.putNextEntry(entry(WEIGHTS));
          MessageDigest hash = sha256();
          Safetensors.write(new DigestOutputStream(zip, hash), weights, Map.of());
          zip.closeEntry();
          Map<String, Object> all = new LinkedHashMap<>(config);
          all.put(HASH, HexFormat.of().formatHex(hash.digest()));
          zip.putNextEntry(entry(CONFIG));
          zip.write(Json.write(all, true));
          zip.closeEntry();
          zip.finish();
        });
  }

  /** With a fixed time, so that the same model gives the same file. */
  private static ZipEntry entry(String name) {
    ZipEntry e = new ZipEntry(name);
    e.setTimeLocal(java.time.LocalDateTime.of(1980, 1, 1, 0, 0));
    return e;
  }

  private static OutputStream keptOpen(OutputStream out) {
    return new FilterOutputStream(out) {
      @Override
      public void write(byte[] b, int off, int len) throws IOException {
        out.write(b, off, len);
      }

      @Override
      public void close() throws IOException {
        flush();
      }
    };
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Reads a file and checks all of it.
   *
   * @throws FormatException for a damaged file
   * @throws UncheckedIOException when it cannot be read
   */
  public static ModelArchive read(Path file) {
    String name = file.toString();
    try {
      long size = Files.size(file);
      if (size == 0) {
        throw new FormatException(name, 0, "expected a model file, given 0 bytes");
      }
      if (Files.isDirectory(file)) {
        throw new FormatException(name, -1, "expected a model file, given a directory");
      }
      try (ZipFile zip = new ZipFile(file.toFile())) {
        return read(name, zip, size);
      }
    } catch (ZipException | EOFException e) {
      throw new FormatException(name, -1, "expected a model file (a zip): " + e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw new UncheckedIOException("cannot read " + file + ": there is no such file", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static ModelArchive read(String name, ZipFile zip, long size) throws IOException {
    Map<String, Object> config;
    ZipEntry configEntry = find(name, zip, CONFIG, Math.min(MAX_CONFIG, limit(size)));
    try (Verified in = new Verified(name, zip, configEntry)) {
      byte[] text = in.readNBytes((int) configEntry.getSize());
      in.verify();
      config = Json.readObject(name + "!" + CONFIG, text);
    }
    if (!(config.remove(HASH) instanceof String expected)) {
      throw new FormatException(name + "!" + CONFIG, -1, "expected the key '" + HASH + "'");
    }
    ZipEntry weightsEntry = find(name, zip, WEIGHTS, limit(size));
    verifyHash(name, zip, weightsEntry, expected);
    try (Verified in = new Verified(name, zip, weightsEntry)) {
      Safetensors weights = Safetensors.read(name + "!" + WEIGHTS, in, weightsEntry.getSize());
      return new ModelArchive(config, weights.tensors());
    }
  }

  private static long limit(long fileSize) {
    return Math.multiplyExact(Math.min(fileSize, Long.MAX_VALUE / MAX_RATIO), MAX_RATIO);
  }

  private static ZipEntry find(String file, ZipFile zip, String name, long limit) {
    ZipEntry e = zip.getEntry(name);
    if (e == null) {
      throw new FormatException(file, -1, "expected an entry " + name);
    }
    if (e.getSize() < 0 || e.getSize() > limit) {
      throw new FormatException(
          file, -1, "entry " + name + ": expected at most " + limit + " bytes, given " + e.getSize());
    }
    return e;
  }

  /** A pass over the bytes before any tensor is made: a flipped bit is found first. */
  private static void verifyHash(String file, ZipFile zip, ZipEntry entry, String expected) throws IOException {
    MessageDigest hash = sha256();
    byte[] piece = new byte[1 << 16];
    try (Verified in = new Verified(file, zip, entry)) {
      long left = entry.getSize();
      for (int n; left > 0 && (n = in.read(piece, 0, (int) Math.min(piece.length, left))) > 0; left -= n) {
        hash.update(piece, 0, n);
      }
      in.verify();
    }
    String found = HexFormat.of().formatHex(hash.digest());
    if (!found.equals(expected)) {
      throw new FormatException(
          file, -1, "entry " + entry.getName() + ": expected SHA-256 " + expected + ", given " + found);
    }
  }

  /**
   * Reads an entry's bytes and compares length and CRC, which {@code ZipFile} by itself does not.
   */
  private static final class Verified extends FilterInputStream {
    private final String file;
    private final ZipEntry entry;
    private final CRC32 crc = new CRC32();

    Verified(String file, ZipFile zip, ZipEntry entry) throws IOException {
      super(null);
      this.file = file;
      this.entry = entry;
      in = new CheckedInputStream(zip.getInputStream(entry), crc);
    }

    void verify() throws IOException {
      if (in.read() >= 0) {
        throw new FormatException(file, -1, "entry " + entry.getName() + ": longer than its header says");
      }
      if (crc.getValue() != entry.getCrc()) {
        throw new FormatException(
            file, -1,
            String.format(
                java.util.Locale.ROOT, "entry %s: expected checksum %08x, given %08x", entry.getName(),
                entry.getCrc(), crc.getValue()));
      }
    }
  }
}
