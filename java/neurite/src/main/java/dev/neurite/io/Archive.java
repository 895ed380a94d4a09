package dev.neurite.io;

import dev.neurite.error.FormatException;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
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
import java.util.function.Function;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A zip whose last entry, a configuration, carries the SHA-256 of the others. Names inside the zip are never used as
 * paths, entries are capped by size, every byte read is compared with its checksum.
 */
final class Archive implements AutoCloseable {

  private static final int MAX_RATIO = 64; // no honest weights compress further

  private final String name;
  private final ZipFile zip;
  private final long limit;

  private Archive(String name, ZipFile zip, long size) {
    this.name = name;
    this.zip = zip;
    limit = Math.multiplyExact(Math.min(size, Long.MAX_VALUE / MAX_RATIO), MAX_RATIO);
  }

  // ---- writing

  /**
   * Writes a file, completely or not at all.
   *
   * @param entries contents by name, in order
   * @param last name of the configuration's entry
   * @param config makes the configuration from the hashes by entry
   */
  static void write(
      Path file, Map<String, AtomicFile.Contents> entries, String last, Function<Map<String, String>, byte[]> config) {
    AtomicFile.write(
        file,
        out -> {
          ZipOutputStream zip = new ZipOutputStream(keptOpen(out));
          zip.setLevel(Deflater.NO_COMPRESSION);
          Map<String, String> hashes = new LinkedHashMap<>();
          for (Map.Entry<String, AtomicFile.Contents> e : entries.entrySet()) {
            zip.putNextEntry(entry(e.getKey()));
            MessageDigest hash = sha256();
            e.getValue().writeTo(new DigestOutputStream(zip, hash));
            zip.closeEntry();
            hashes.put(e.getKey(), HexFormat.of().formatHex(hash.digest()));
          }
          zip.putNextEntry(entry(last));
          zip.write(config.apply(hashes));
          zip.closeEntry();
          zip.finish();
        });
  }

  /** With a fixed time, so that the same contents give the same file. */
  static ZipEntry entry(String name) {
    ZipEntry e = new ZipEntry(name);
    e.setTimeLocal(java.time.LocalDateTime.of(1980, 1, 1, 0, 0));
    return e;
  }

  /** A stream whose close flushes only. */
  static OutputStream keptOpen(OutputStream out) {
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

  // ---- reading

  /** What is done with an open archive. */
  interface Reading<T> {
    T from(Archive archive) throws IOException;
  }

  /**
   * Reads a file.
   *
   * @throws FormatException for a damaged file
   * @throws UncheckedIOException when it cannot be read
   */
  static <T> T read(Path file, Reading<T> reading) {
    String name = file.toString();
    try {
      long size = Files.size(file);
      if (size == 0) {
        throw new FormatException(name, 0, "expected a model file, given 0 bytes");
      }
      if (Files.isDirectory(file)) {
        throw new FormatException(name, -1, "expected a model file, given a directory");
      }
      try (Archive archive = new Archive(name, new ZipFile(file.toFile()), size)) {
        return reading.from(archive);
      }
    } catch (ZipException | EOFException e) {
      throw new FormatException(name, -1, "expected a model file (a zip): " + e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw new UncheckedIOException("cannot read " + file + ": there is no such file", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  boolean has(String entry) {
    return zip.getEntry(entry) != null;
  }

  /** A small entry as JSON object. */
  Map<String, Object> object(String entryName, long most) throws IOException {
    ZipEntry entry = find(entryName, Math.min(most, limit));
    try (Verified in = new Verified(entry)) {
      byte[] text = in.readNBytes((int) entry.getSize());
      in.verify();
      return Json.readObject(name + "!" + entryName, text);
    }
  }

  /** The tensors of an entry; they belong to the scope open while reading. */
  Safetensors tensors(String entryName) throws IOException {
    ZipEntry entry = find(entryName, limit);
    try (Verified in = new Verified(entry)) {
      return Safetensors.read(name + "!" + entryName, in, entry.getSize());
    }
  }

  /** A pass over the bytes before anything is made of them: a flipped bit is found first. */
  void verify(String entryName, String expected) throws IOException {
    ZipEntry entry = find(entryName, limit);
    MessageDigest hash = sha256();
    byte[] piece = new byte[1 << 16];
    try (Verified in = new Verified(entry)) {
      long left = entry.getSize();
      for (int n; left > 0 && (n = in.read(piece, 0, (int) Math.min(piece.length, left))) > 0; left -= n) {
        hash.update(piece, 0, n);
      }
      in.verify();
    }
    String found = HexFormat.of().formatHex(hash.digest());
    if (!found.equals(expected)) {
      throw new FormatException(
          name, -1, "entry " + entry.getName() + ": expected SHA-256 " + expected + ", given " + found);
    }
  }

  private ZipEntry find(String entry, long most) {
    ZipEntry e = zip.getEntry(entry);
    if (e == null) {
      throw new FormatException(name, -1, "expected an entry " + entry);
    }
    if (e.getSize() < 0 || e.getSize() > most) {
      throw new FormatException(
          name, -1, "entry " + entry + ": expected at most " + most + " bytes, given " + e.getSize());
    }
    return e;
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }

  /** Reads an entry's bytes and compares length and CRC, which {@code ZipFile} by itself does not. */
  private final class Verified extends FilterInputStream {
    private final ZipEntry entry;
    private final CRC32 crc = new CRC32();

    Verified(ZipEntry entry) throws IOException {
      super(null);
      this.entry = entry;
      in = new CheckedInputStream(zip.getInputStream(entry), crc);
    }

    void verify() throws IOException {
      if (in.read() >= 0) {
        throw new FormatException(name, -1, "entry " + entry.getName() + ": longer than its header says");
      }
      if (crc.getValue() != entry.getCrc()) {
        throw new FormatException(
            name, -1,
            String.format(
                java.util.Locale.ROOT, "entry %s: expected checksum %08x, given %08x", entry.getName(),
                entry.getCrc(), crc.getValue()));
      }
    }
  }
}
