package dev.neurite.io;

import dev.neurite.error.DTypeException;
import dev.neurite.error.FormatException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named tensors in a file, in the safetensors format: 8 bytes length, a JSON header, the data.
 *
 * <p>Reading runs no code, never reads outside the file, takes no more memory than the file's size,
 * and refuses a file whose header is damaged before anything is allocated: see {@link
 * SafetensorsHeader}. F32, F64, I32, I64, U8 and BOOL become tensors of the same type; F16 and BF16
 * become float32, I8 and I16 become int32, all without loss. Other types are refused by name.
 *
 * @param tensors by name, in the file's order of data; they belong to the scope open while reading
 * @param metadata free texts
 */
public record Safetensors(Map<String, Tensor> tensors, Map<String, String> metadata) {

  private static final int PIECE = 1 << 20;

  /** Keeps the order. */
  public Safetensors {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  // ---- reading

  /**
   * Reads a file.
   *
   * @throws FormatException for a damaged file
   * @throws UncheckedIOException when it cannot be read
   */
  public static Safetensors read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return read(file.toString(), in, Files.size(file));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file + ": " + e.getClass().getSimpleName(), e);
    }
  }

  /**
   * Reads a stream of known length.
   *
   * @param name what messages call it
   * @param in positioned at the start
   * @param length bytes up to the end
   */
  public static Safetensors read(String name, InputStream in, long length) throws IOException {
    SafetensorsHeader header = SafetensorsHeader.read(name, in, length);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try {
      for (SafetensorsHeader.Entry e : header.entries()) {
        tensors.put(e.name(), readTensor(name, in, e));
      }
      if (in.read() >= 0) {
        throw new FormatException(name, length, "expected the end of the file");
      }
    } catch (IOException | RuntimeException | Error e) {
      tensors.values().forEach(Tensor::close);
      throw e;
    }
    return new Safetensors(tensors, header.metadata());
  }

  private static Tensor readTensor(String file, InputStream in, SafetensorsHeader.Entry e) throws IOException {
    int count = Math.toIntExact(e.shape().size());
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE, Math.max(e.end() - e.begin(), 1)))
        .order(ByteOrder.LITTLE_ENDIAN);
    Sink sink = Sink.of(e.type(), count);
    long left = e.end() - e.begin();
    while (left > 0) {
      int n = (int) Math.min(piece.capacity(), left);
      int got = in.readNBytes(piece.array(), 0, n);
      if (got < n) {
        throw new FormatException(
            file, -1, "tensor '" + e.name() + "': expected " + left + " more bytes, given " + got);
      }
      piece.clear().limit(n);
      sink.take(piece);
      left -= n;
    }
    return sink.tensor(e.shape());
  }

  /** Collects the elements of one tensor in a Java array of the type it gets. */
  private abstract static class Sink {
    int at;

    abstract void take(ByteBuffer bytes);

    abstract Tensor tensor(Shape shape);

    static Sink of(SafetensorsHeader.Type type, int count) {
      return switch (type) {
        case F32, F16, BF16 -> new Floats(type, count);
        case F64 -> new Doubles(count);
        case I64 -> new Longs(count);
        case I32, I16, I8 -> new Ints(type, count);
        case U8, BOOL -> new Bytes(type, count);
      };
    }
  }

  private static final class Floats extends Sink {
    private final SafetensorsHeader.Type type;
    private final float[] values;

    Floats(SafetensorsHeader.Type type, int count) {
      this.type = type;
      values = new float[count];
    }

    @Override
    void take(ByteBuffer bytes) {
      while (bytes.hasRemaining()) {
        values[at++] = switch (type) {
          case F16 -> HalfFloat.toFloat(bytes.getShort());
          case BF16 -> Float.intBitsToFloat(bytes.getShort() << 16);
          default -> bytes.getFloat();
        };
      }
    }

    @Override
    Tensor tensor(Shape shape) {
      return Tensor.of(values, shape);
    }
  }

  private static final class Doubles extends Sink {
    private final double[] values;

    Doubles(int count) {
      values = new double[count];
    }

    @Override
    void take(ByteBuffer bytes) {
      while (bytes.hasRemaining()) {
        values[at++] = bytes.getDouble();
      }
    }

    @Override
    Tensor tensor(Shape shape) {
      return Tensor.of(values, shape);
    }
  }

  private static final class Longs extends Sink {
    private final long[] values;

    Longs(int count) {
      values = new long[count];
    }

    @Override
    void take(ByteBuffer bytes) {
      while (bytes.hasRemaining()) {
        values[at++] = bytes.getLong();
      }
    }

    @Override
    Tensor tensor(Shape shape) {
      return Tensor.of(values, shape);
    }
  }

  private static final class Ints extends Sink {
    private final SafetensorsHeader.Type type;
    private final int[] values;

    Ints(SafetensorsHeader.Type type, int count) {
      this.type = type;
      values = new int[count];
    }

    @Override
    void take(ByteBuffer bytes) {
      while (bytes.hasRemaining()) {
        values[at++] = switch (type) {
          case I16 -> bytes.getShort();
          case I8 -> bytes.get();
          default -> bytes.getInt();
        };
      }
    }

    @Override
    Tensor tensor(Shape shape) {
      return Tensor.of(values, shape);
    }
  }

  private static final class Bytes extends Sink {
    private final SafetensorsHeader.Type type;
    private final byte[] values;

    Bytes(SafetensorsHeader.Type type, int count) {
      this.type = type;
      values = new byte[count];
    }

    @Override
    void take(ByteBuffer bytes) {
      int n = bytes.remaining();
      bytes.get(values, at, n);
      at += n;
    }

    @Override
    Tensor tensor(Shape shape) {
      if (type == SafetensorsHeader.Type.U8) {
        return Tensor.of(values, shape);
      }
      boolean[] truths = new boolean[values.length];
      for (int i = 0; i < truths.length; i++) {
        truths[i] = values[i] != 0;
      }
      return Tensor.of(truths, shape);
    }
  }

  // ---- writing

  /**
   * Writes a file, completely or not at all.
   *
   * @param tensors float32, float64, int32, int64, uint8 or bool
   * @throws DTypeException for another type
   * @throws UncheckedIOException when it cannot be written; an old file stays as it was
   */
  public static void write(Path file, Map<String, ? extends Tensor> tensors, Map<String, String> metadata) {
    AtomicFile.write(file, out -> write(out, tensors, metadata));
  }

  /** Writes to a stream. */
  public static void write(OutputStream out, Map<String, ? extends Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    out.write(SafetensorsHeader.write(tensors, metadata));
    for (Tensor t : tensors.values()) {
      writeTensor(out, t);
    }
  }

  /** Piece by piece, so that a large tensor is never held twice. */
  private static void writeTensor(OutputStream out, Tensor t) throws IOException {
    long rows = PIECE / t.dtype().bytes();
    try (dev.neurite.tensor.Scope scope = dev.neurite.tensor.Scope.open()) {
      Tensor flat = t.reshape(t.size());
      for (long from = 0; from < t.size(); from += rows) {
        out.write(bytes(flat.slice(0, from, Math.min(from + rows, t.size()))));
      }
    }
  }

  private static byte[] bytes(Tensor t) {
    if (t.dtype() == DType.UINT8 || t.dtype() == DType.BOOL) {
      return t.toBytes();
    }
    ByteBuffer b =
        ByteBuffer.allocate(Math.toIntExact(t.size() * t.dtype().bytes())).order(ByteOrder.LITTLE_ENDIAN);
    switch (t.dtype()) {
      case FLOAT32 -> b.asFloatBuffer().put(t.toFloats());
      case FLOAT64 -> b.asDoubleBuffer().put(t.toDoubles());
      case INT32 -> b.asIntBuffer().put(t.toInts());
      case INT64 -> b.asLongBuffer().put(t.toLongs());
      default -> throw new DTypeException("safetensors: cannot write " + t.describe());
    }
    return b.array();
  }
}
