package dev.neurite.io;

import dev.neurite.error.DTypeException;
import dev.neurite.error.FormatException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One array in a file, in NumPy's .npy format (NEP 1; versions 1, 2 and 3).
 *
 * <p>Any byte order and both memory orders are read: what comes out is row-major. b1, u1, i4, i8, f4 and f8 become
 * tensors of the same type; i1, i2 and u2 int32, u4 int64, f2 float32, all without loss; u8 becomes int64 unless a
 * value is above {@code 2^63 - 1}. Python objects are refused, as reading them would mean running them; so are texts,
 * complex numbers, dates and dtypes with fields. The header is checked against the file's length before anything is
 * allocated.
 */
public final class Npy {

  private static final long PIECE = 1 << 24; // a multiple of every element's size
  private static final int ALIGNMENT = 64;
  private static final int VERSION_1 = 10; // bytes before the header's text

  private Npy() {}

  /**
   * Reads a file.
   *
   * @throws FormatException for a damaged file or a dtype that is no number
   * @throws UncheckedIOException when it cannot be read
   */
  public static Tensor read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return read(file.toString(), in, Files.size(file));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file + ": " + e.getClass().getSimpleName(), e);
    }
  }

  /**
   * Reads a stream to its end.
   *
   * @param name what messages call it
   * @param in positioned at the start
   * @param length bytes up to the end
   * @throws FormatException for damaged content
   */
  public static Tensor read(String name, InputStream in, long length) throws IOException {
    NpyHeader header = NpyHeader.read(name, in);
    long bytes = header.dataBytes();
    if (bytes != length - header.length) {
      throw new FormatException(
          name, header.length,
          "the header promises " + Arrays.toString(header.dims) + " elements of " + header.type.bytes + " bytes = "
              + bytes
              + " bytes, given " + (length - header.length));
    }
    return Scope.run(() -> {
      try {
        return rowMajor(header, elements(name, in, header, bytes));
      } catch (EOFException e) {
        throw new FormatException(name, -1, "truncated", e);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + name + ": " + e.getMessage(), e);
      }
    });
  }

  /** The first axis of Fortran's order runs fastest: the same elements with the axes turned round. */
  private static Tensor rowMajor(NpyHeader header, Tensor flat) {
    int rank = header.dims.length;
    if (!header.fortran || rank < 2) {
      return flat.reshape(header.dims);
    }
    long[] turned = new long[rank];
    int[] order = new int[rank];
    for (int i = 0; i < rank; i++) {
      turned[i] = header.dims[rank - 1 - i];
      order[i] = rank - 1 - i;
    }
    return flat.reshape(turned).permute(order).contiguous();
  }

  private static Tensor elements(String name, InputStream in, NpyHeader header, long bytes) throws IOException {
    List<Tensor> pieces = new ArrayList<>();
    for (long at = 0; at < bytes || pieces.isEmpty(); at += PIECE) {
      int count = (int) Math.min(PIECE, bytes - at);
      byte[] raw = in.readNBytes(count);
      if (raw.length < count) {
        throw new FormatException(
            name, header.length + at + raw.length, "expected " + bytes + " bytes of elements, given " + (at
                + raw.length));
      }
      pieces.add(piece(name, header, ByteBuffer.wrap(raw).order(header.order)));
    }
    if (in.read() >= 0) {
      throw new FormatException(name, header.length + bytes, "expected the end after " + bytes + " bytes of elements");
    }
    return pieces.size() == 1 ? pieces.get(0) : Tensor.concat(0, pieces);
  }

  private static Tensor piece(String name, NpyHeader header, ByteBuffer in) {
    int n = in.remaining() / header.type.bytes;
    Shape shape = Shape.of(n);
    return switch (header.type) {
      case UINT8 -> Tensor.of(in.array(), shape);
      case BOOL -> Tensor.of(booleans(in), shape);
      case FLOAT16, FLOAT32 -> Tensor.of(floats(header.type, in, n), shape);
      case FLOAT64 -> Tensor.of(doubles(in, n), shape);
      case UINT32, INT64, UINT64 -> Tensor.of(longs(name, header.type, in, n), shape);
      case INT8, INT16, UINT16, INT32 -> Tensor.of(ints(header.type, in, n), shape);
    };
  }

  private static boolean[] booleans(ByteBuffer in) {
    boolean[] values = new boolean[in.remaining()];
    for (int i = 0; i < values.length; i++) {
      values[i] = in.get() != 0;
    }
    return values;
  }

  private static float[] floats(NpyHeader.Type type, ByteBuffer in, int n) {
    float[] values = new float[n];
    if (type == NpyHeader.Type.FLOAT32) {
      in.asFloatBuffer().get(values);
      return values;
    }
    for (int i = 0; i < n; i++) {
      values[i] = HalfFloat.toFloat(in.getShort());
    }
    return values;
  }

  private static double[] doubles(ByteBuffer in, int n) {
    double[] values = new double[n];
    in.asDoubleBuffer().get(values);
    return values;
  }

  private static long[] longs(String name, NpyHeader.Type type, ByteBuffer in, int n) {
    long[] values = new long[n];
    for (int i = 0; i < n; i++) {
      values[i] = type == NpyHeader.Type.UINT32 ? Integer.toUnsignedLong(in.getInt()) : in.getLong();
      if (type == NpyHeader.Type.UINT64 && values[i] < 0) {
        throw new FormatException(
            name, -1, "expected uint64 values up to 2^63 - 1, given " + Long.toUnsignedString(values[i]));
      }
    }
    return values;
  }

  private static int[] ints(NpyHeader.Type type, ByteBuffer in, int n) {
    int[] values = new int[n];
    for (int i = 0; i < n; i++) {
      values[i] = switch (type) {
        case INT8 -> in.get();
        case INT16 -> in.getShort();
        case UINT16 -> Short.toUnsignedInt(in.getShort());
        default -> in.getInt();
      };
    }
    return values;
  }

  // ---- writing

  /**
   * Writes a file, completely or not at all: version 1, little-endian, row-major.
   *
   * @param t float32, float64, int32, int64, uint8 or bool
   * @throws DTypeException for another type
   * @throws UncheckedIOException when it cannot be written; an old file stays as it was
   */
  public static void write(Path file, Tensor t) {
    AtomicFile.write(file, out -> write(out, t));
  }

  /** Writes to a stream. */
  public static void write(OutputStream out, Tensor t) throws IOException {
    out.write(header(t));
    try (Scope scope = Scope.open()) {
      Tensor flat = t.reshape(t.size());
      long step = PIECE / t.dtype().bytes();
      for (long from = 0; from < t.size(); from += step) {
        out.write(bytes(flat.slice(0, from, Math.min(from + step, t.size()))));
      }
    }
  }

  private static byte[] header(Tensor t) {
    String code = switch (t.dtype()) {
      case FLOAT32 -> "<f4";
      case FLOAT64 -> "<f8";
      case INT32 -> "<i4";
      case INT64 -> "<i8";
      case UINT8 -> "|u1";
      case BOOL -> "|b1";
      default -> throw new DTypeException("npy: cannot write " + t.describe());
    };
    String dims = Arrays.stream(t.shape().dims()).mapToObj(d -> d + ",").collect(Collectors.joining(" "));
    String text = "{'descr': '" + code + "', 'fortran_order': False, 'shape': (" + dims + "), }";
    int padding = ALIGNMENT - (VERSION_1 + text.length() + 1) % ALIGNMENT;
    byte[] body = (text + " ".repeat(padding % ALIGNMENT) + "\n").getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(VERSION_1 + body.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
        .putShort((short) body.length)
        .put(body)
        .array();
  }

  private static byte[] bytes(Tensor t) {
    if (t.dtype() == DType.UINT8 || t.dtype() == DType.BOOL) {
      return t.toBytes();
    }
    ByteBuffer b = ByteBuffer.allocate((int) (t.size() * t.dtype().bytes())).order(ByteOrder.LITTLE_ENDIAN);
    switch (t.dtype()) {
      case FLOAT32 -> b.asFloatBuffer().put(t.toFloats());
      case FLOAT64 -> b.asDoubleBuffer().put(t.toDoubles());
      case INT32 -> b.asIntBuffer().put(t.toInts());
      default -> b.asLongBuffer().put(t.toLongs());
    }
    return b.array();
  }
}
