package dev.neurite.data;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads IDX files, the format of MNIST: a type code, axis lengths, big-endian values. Gzip is recognised by its first
 * bytes and read transparently.
 *
 * <p>The lengths in the header are checked against the file's length (for gzip: against the most it can expand to)
 * before anything is allocated; a file with bytes missing or left over is refused.
 */
public final class Idx {

  private static final int HEADER = 4;
  private static final int MAX_RANK = 16;
  /** Deflate turns one byte into at most 1032. */
  private static final long MAX_EXPANSION = 1032;
  /** Bytes converted at a time. */
  private static final long PIECE = 1 << 26;

  private Idx() {}

  /** Element types of the format, by code. */
  private enum Type {
    UINT8(0x08, 1), INT8(0x09, 1), INT16(0x0B, 2), INT32(0x0C, 4), FLOAT32(0x0D, 4), FLOAT64(0x0E, 8);

    final int code;
    final int bytes;

    Type(int code, int bytes) {
      this.code = code;
      this.bytes = bytes;
    }

    static Type of(int code) {
      return Arrays.stream(values()).filter(t -> t.code == code).findFirst().orElse(null);
    }
  }

  /**
   * Reads a file.
   *
   * @return uint8 as UINT8; signed bytes, shorts and ints as INT32; floats as FLOAT32 and FLOAT64
   * @throws FormatException when the file is not what its header says
   * @throws UncheckedIOException when it cannot be read
   */
  public static Tensor read(Path file) {
    try {
      long length = Files.size(file);
      if (length == 0) {
        throw new FormatException(file.toString(), 0, "0 bytes; expected an IDX header");
      }
      try (InputStream raw = new BufferedInputStream(Files.newInputStream(file))) {
        raw.mark(2);
        boolean gzip = raw.read() == 0x1f && raw.read() == 0x8b;
        raw.reset();
        return gzip
            ? read(file.toString(), unzipped(file.toString(), raw), capped(length), false)
            : read(file.toString(), raw, length, true);
      }
    } catch (EOFException | ZipException e) {
      throw new FormatException(file.toString(), -1, "damaged gzip data (" + e.getMessage() + ")", e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  private static long capped(long length) {
    return length > Long.MAX_VALUE / MAX_EXPANSION ? Long.MAX_VALUE : length * MAX_EXPANSION;
  }

  private static InputStream unzipped(String name, InputStream raw) throws IOException {
    try {
      return new GZIPInputStream(raw, 1 << 16);
    } catch (EOFException e) {
      throw new FormatException(name, -1, "truncated gzip header", e);
    }
  }

  /**
   * Reads header and values.
   *
   * @param length bytes of the stream: all it has when exact, else the most it can have
   */
  private static Tensor read(String name, InputStream in, long length, boolean exact) throws IOException {
    byte[] magic = require(name, in, HEADER, 0, "the header");
    Type type = Type.of(magic[2]);
    int rank = magic[3] & 0xff;
    if (magic[0] != 0 || magic[1] != 0 || type == null || rank > MAX_RANK) {
      throw new FormatException(
          name, 0,
          "expected the IDX bytes 00 00 (08|09|0b|0c|0d|0e) rank, given " + HexFormat.ofDelimiter(" ").formatHex(magic));
    }
    ByteBuffer lengths = ByteBuffer.wrap(require(name, in, 4 * rank, HEADER, "the axis lengths"));
    long[] dims = new long[rank];
    for (int i = 0; i < rank; i++) {
      dims[i] = Integer.toUnsignedLong(lengths.getInt());
    }
    long start = HEADER + 4L * rank;
    long bytes = requireFits(name, dims, type, length - start, exact);
    Tensor values = values(name, in, dims, type, bytes, start);
    if (in.read() >= 0) {
      values.close();
      throw new FormatException(name, start + bytes, "expected the end after " + bytes + " bytes of values, given more");
    }
    return values;
  }

  private static long requireFits(String name, long[] dims, Type type, long available, boolean exact) {
    String shape = Arrays.toString(dims);
    long bytes;
    try {
      bytes = type.bytes;
      for (long d : dims) {
        bytes = Math.multiplyExact(bytes, d);
      }
    } catch (ArithmeticException e) {
      throw new FormatException(
          name, HEADER, "the header promises " + shape + " values, more than 2^63 bytes; the file has "
              + available, e);
    }
    boolean fits = exact ? bytes == available : bytes <= available;
    if (!fits) {
      throw new FormatException(
          name, HEADER,
          "the header promises " + shape + " values of " + type.bytes + " bytes = " + bytes + " bytes, the file has "
              + (exact ? "" : "at most ") + available);
    }
    return bytes;
  }

  private static byte[] require(String name, InputStream in, int count, long at, String what) throws IOException {
    byte[] read = in.readNBytes(count);
    if (read.length < count) {
      throw new FormatException(
          name, at, "expected " + count + " bytes of " + what + ", given " + read.length + " (truncated)");
    }
    return read;
  }

  private static Tensor values(String name, InputStream in, long[] dims, Type type, long bytes, long start)
      throws IOException {
    List<Tensor> pieces = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      for (long at = 0; at < bytes || pieces.isEmpty(); at += PIECE) {
        int count = (int) Math.min(PIECE, bytes - at);
        byte[] read = in.readNBytes(count);
        if (read.length < count) {
          throw new FormatException(
              name, start + at + read.length,
              "expected " + bytes + " bytes of values, given " + (at + read.length) + " (truncated)");
        }
        pieces.add(converted(read, type));
      }
      Tensor flat = pieces.size() == 1 ? pieces.get(0) : Tensor.concat(0, pieces);
      return scope.keep(flat.reshape(Shape.of(dims)));
    }
  }

  private static Tensor converted(byte[] raw, Type type) {
    int n = raw.length / type.bytes;
    ByteBuffer in = ByteBuffer.wrap(raw); // big-endian, as the format is
    switch (type) {
      case UINT8 -> {
        return Tensor.of(raw, Shape.of(n));
      }
      case FLOAT32 -> {
        float[] values = new float[n];
        in.asFloatBuffer().get(values);
        return Tensor.of(values, Shape.of(n));
      }
      case FLOAT64 -> {
        double[] values = new double[n];
        in.asDoubleBuffer().get(values);
        return Tensor.of(values, Shape.of(n));
      }
      default -> {
        int[] values = new int[n];
        for (int i = 0; i < n; i++) {
          values[i] = type == Type.INT8 ? in.get() : type == Type.INT16 ? in.getShort() : in.getInt();
        }
        return Tensor.of(values, Shape.of(n));
      }
    }
  }
}
