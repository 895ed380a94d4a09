package dev.neurite.io;

import dev.neurite.error.DTypeException;
import dev.neurite.error.FormatException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The header of a safetensors file, with every check before the first tensor is allocated: length
 * against file and cap; UTF-8; strict JSON without duplicate names; caps on count, name length and
 * rank; each tensor's bytes equal to its shape times its type (overflow-safe); offsets in range
 * and, sorted, without holes or overlap, up to the file's end.
 *
 * @param entries tensors in the order of their data
 * @param metadata texts under {@code __metadata__}
 */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {

  static final int MAX_HEADER = 100_000_000; // the format's own limit
  static final int MAX_TENSORS = 65_536;
  static final int MAX_NAME = 1_024;
  static final int MAX_RANK = 16;

  private static final int LENGTH_BYTES = 8;
  private static final int ALIGNMENT = 8;
  private static final String METADATA = "__metadata__";

  /** Element types that are read. */
  enum Type {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    I64(8),
    I32(4),
    I16(2),
    I8(1),
    U8(1),
    BOOL(1);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }
  }

  /**
   * One tensor.
   *
   * @param name its name
   * @param type type in the file
   * @param shape its shape
   * @param begin first byte, counted from the end of the header
   * @param end byte behind the last
   */
  record Entry(String name, Type type, Shape shape, long begin, long end) {}

  // ---- reading

  static SafetensorsHeader read(String file, InputStream in, long length) throws IOException {
    if (length < LENGTH_BYTES) {
      throw new FormatException(file, 0, "expected at least 8 bytes of header length, given " + length + " bytes");
    }
    byte[] size = in.readNBytes(LENGTH_BYTES);
    if (size.length < LENGTH_BYTES) {
      throw new FormatException(file, 0, "expected 8 bytes of header length, given " + size.length);
    }
    long n = ByteBuffer.wrap(size).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (n < 2 || n > MAX_HEADER || n > length - LENGTH_BYTES) {
      throw new FormatException(
          file, 0,
          "expected a header length from 2 to " + Math.min(MAX_HEADER, length - LENGTH_BYTES) + ", given "
              + Long.toUnsignedString(n));
    }
    byte[] text = in.readNBytes((int) n);
    if (text.length < n) {
      throw new FormatException(file, LENGTH_BYTES, "expected a header of " + n + " bytes, given " + text.length);
    }
    if (text[0] != '{') {
      throw new FormatException(file, LENGTH_BYTES, "expected a header that begins with '{'");
    }
    return parse(file, Json.readObject(file, text), length - LENGTH_BYTES - n);
  }

  private static SafetensorsHeader parse(String file, Map<String, Object> json, long dataBytes) {
    if (json.size() > MAX_TENSORS) {
      throw new FormatException(file, -1, "expected at most " + MAX_TENSORS + " tensors, given " + json.size());
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Entry> entries = new ArrayList<>();
    json.forEach((name, value) -> {
      if (name.equals(METADATA)) {
        metadata.putAll(metadata(file, value));
      } else {
        entries.add(entry(file, name, value));
      }
    });
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long at = 0;
    for (Entry e : entries) {
      if (e.begin() != at) {
        throw damaged(
            file, e.name(),
            "expected data from byte " + at + " (no hole, no overlap), given " + e.begin() + " to " + e.end());
      }
      at = e.end();
    }
    if (at != dataBytes) {
      throw new FormatException(
          file, -1, "expected " + at + " bytes of data behind the header, given " + dataBytes);
    }
    return new SafetensorsHeader(List.copyOf(entries), metadata);
  }

  private static FormatException damaged(String file, String name, String reason) {
    return new FormatException(file, -1, "tensor '" + name + "': " + reason);
  }

  private static Map<String, String> metadata(String file, Object value) {
    Map<String, String> texts = new LinkedHashMap<>();
    if (!(value instanceof Map<?, ?> map)) {
      throw new FormatException(file, -1, METADATA + ": expected an object of texts");
    }
    map.forEach((k, v) -> {
      if (!(v instanceof String text)) {
        throw new FormatException(file, -1, METADATA + ": expected a text for '" + k + "'");
      }
      texts.put((String) k, text);
    });
    return texts;
  }

  private static Entry entry(String file, String name, Object value) {
    if (name.length() > MAX_NAME) {
      throw damaged(
          file, name.substring(0, 40) + "...", "expected a name of at most " + MAX_NAME + " characters, given "
              + name.length());
    }
    if (!(value instanceof Map<?, ?> map)
        || map.size() != 3
        || !(map.get("dtype") instanceof String dtype)
        || !(map.get("shape") instanceof List<?> dims)
        || !(map.get("data_offsets") instanceof List<?> offsets)) {
      throw damaged(file, name, "expected exactly dtype, shape and data_offsets");
    }
    Type type = type(file, name, dtype);
    Shape shape = shape(file, name, dims);
    if (offsets.size() != 2
        || !(offsets.get(0) instanceof Long begin)
        || !(offsets.get(1) instanceof Long end)
        || begin < 0
        || end < begin) {
      throw damaged(file, name, "expected data_offsets [begin, end] with 0 <= begin <= end, given " + offsets);
    }
    long bytes = bytes(file, name, shape, type);
    if (end - begin != bytes) {
      throw damaged(
          file, name, "expected " + bytes + " bytes for " + type + shape + ", given " + (end - begin));
    }
    if (shape.size() > Integer.MAX_VALUE - 8) {
      throw damaged(file, name, "expected at most 2^31 - 9 elements, given " + shape.size());
    }
    return new Entry(name, type, shape, begin, end);
  }

  private static Type type(String file, String name, String dtype) {
    for (Type t : Type.values()) {
      if (t.name().equals(dtype)) {
        return t;
      }
    }
    throw damaged(
        file, name, "expected a type among " + List.of(Type.values()) + ", given '"
            + dtype.substring(0, Math.min(dtype.length(), 40)) + "'");
  }

  private static Shape shape(String file, String name, List<?> dims) {
    if (dims.size() > MAX_RANK) {
      throw damaged(file, name, "expected at most " + MAX_RANK + " axes, given " + dims.size());
    }
    long[] lengths = new long[dims.size()];
    for (int i = 0; i < lengths.length; i++) {
      if (!(dims.get(i) instanceof Long d) || d < 0) {
        throw damaged(file, name, "expected axis lengths of 0 or more, given " + dims);
      }
      lengths[i] = d;
    }
    try {
      return Shape.of(lengths);
    } catch (ShapeException e) {
      throw damaged(file, name, "expected fewer than 2^63 elements, given shape " + dims);
    }
  }

  private static long bytes(String file, String name, Shape shape, Type type) {
    if (shape.size() > Long.MAX_VALUE / type.bytes) {
      throw damaged(file, name, "expected fewer than 2^63 bytes, given shape " + shape);
    }
    return shape.size() * type.bytes;
  }

  // ---- writing

  static byte[] write(Map<String, ? extends Tensor> tensors, Map<String, String> metadata) {
    if (tensors.size() > MAX_TENSORS) {
      throw new IllegalArgumentException(
          "safetensors: expected at most " + MAX_TENSORS + " tensors, given " + tensors.size());
    }
    Map<String, Object> json = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      json.put(METADATA, metadata);
    }
    long at = 0;
    for (Map.Entry<String, ? extends Tensor> e : tensors.entrySet()) {
      if (e.getKey().length() > MAX_NAME || e.getKey().equals(METADATA)) {
        throw new IllegalArgumentException("safetensors: cannot use the name '" + e.getKey() + "'");
      }
      Tensor t = e.getValue();
      long end = at + t.size() * t.dtype().bytes();
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("dtype", typeOf(t.dtype()));
      entry.put("shape", java.util.Arrays.stream(t.shape().dims()).boxed().toList());
      entry.put("data_offsets", List.of(at, end));
      json.put(e.getKey(), entry);
      at = end;
    }
    String text = new String(Json.write(json, false), StandardCharsets.UTF_8);
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    int padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] padding = " ".repeat(padded - length).getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(LENGTH_BYTES + padded)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(padded)
        .put(text.getBytes(StandardCharsets.UTF_8))
        .put(padding)
        .array();
  }

  private static String typeOf(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> "F32";
      case FLOAT64 -> "F64";
      case INT32 -> "I32";
      case INT64 -> "I64";
      case UINT8 -> "U8";
      case BOOL -> "BOOL";
      case BFLOAT16 ->
          throw new DTypeException(
              "safetensors: cannot write " + dtype.name().toLowerCase(Locale.ROOT) + "; cast it to float32 first");
    };
  }
}
