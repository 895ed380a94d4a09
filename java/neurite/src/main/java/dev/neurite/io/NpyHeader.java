package dev.neurite.io;

import dev.neurite.error.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The header of a .npy file: magic bytes, version, and a Python dictionary of three entries, of which only texts, True,
 * False and tuples of whole numbers are understood; nothing in it is evaluated.
 */
final class NpyHeader {

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int MAX_HEADER = 1 << 16; // plain arrays need about a hundred bytes
  private static final int MAX_RANK = 64;
  private static final Set<String> KEYS = Set.of("descr", "fortran_order", "shape");

  /** Element types, by numpy's letter and width. */
  enum Type {
    BOOL("b1", 1), UINT8("u1", 1), INT8("i1", 1), INT16("i2", 2), UINT16("u2", 2), INT32("i4", 4), UINT32("u4", 4),
    INT64("i8", 8), UINT64("u8", 8), FLOAT16("f2", 2), FLOAT32("f4", 4), FLOAT64("f8", 8);

    final String code;
    final int bytes;

    Type(String code, int bytes) {
      this.code = code;
      this.bytes = bytes;
    }
  }

  final Type type;
  final ByteOrder order;
  final boolean fortran;
  final long[] dims;
  final int length;

  private final String file;
  private final String text;
  private int at;

  private NpyHeader(String file, String text, int length) {
    this.file = file;
    this.text = text;
    this.length = length;
    Map<String, Object> entries = dictionary();
    if (!entries.keySet().equals(KEYS)) {
      throw damaged("expected the keys descr, fortran_order, shape, given " + entries.keySet());
    }
    String descr = expect(entries, "descr", String.class);
    order = descr.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    type = type(descr);
    fortran = expect(entries, "fortran_order", Boolean.class);
    dims = expect(entries, "shape", long[].class);
  }

  static NpyHeader read(String file, InputStream in) throws IOException {
    byte[] head = in.readNBytes(MAGIC.length + 2);
    if (head.length == 0) {
      throw new FormatException(file, 0, "0 bytes; expected a .npy header");
    }
    if (head.length < MAGIC.length + 2 || !Arrays.equals(head, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new FormatException(file, 0, "expected the bytes \\x93NUMPY and a version; this is no .npy file");
    }
    int major = head[MAGIC.length];
    if (major < 1 || major > 3 || head[MAGIC.length + 1] != 0) {
      throw new FormatException(
          file, MAGIC.length, "expected version 1.0, 2.0 or 3.0, given " + major + "." + head[MAGIC.length + 1]);
    }
    int width = major == 1 ? 2 : 4;
    byte[] size = in.readNBytes(width);
    if (size.length < width) {
      throw new FormatException(file, head.length, "truncated in the header's length");
    }
    ByteBuffer number = ByteBuffer.wrap(size).order(ByteOrder.LITTLE_ENDIAN);
    long length = major == 1 ? Short.toUnsignedLong(number.getShort()) : Integer.toUnsignedLong(number.getInt());
    if (length > MAX_HEADER) {
      throw new FormatException(
          file, head.length, "expected a header of at most " + MAX_HEADER + " bytes, given " + length);
    }
    byte[] text = in.readNBytes((int) length);
    if (text.length < length) {
      throw new FormatException(
          file, head.length + width, "expected a header of " + length + " bytes, given " + text.length);
    }
    return new NpyHeader(
        file, new String(text, major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1),
        head.length + width + text.length);
  }

  /** Bytes of all elements, by checked arithmetic. */
  long dataBytes() {
    long bytes = type.bytes;
    try {
      for (long d : dims) {
        bytes = Math.multiplyExact(bytes, d);
      }
    } catch (ArithmeticException e) {
      for (long d : dims) {
        if (d == 0) {
          return 0; // an empty axis further on
        }
      }
      throw new FormatException(file, -1, "the shape " + Arrays.toString(dims) + " has more than 2^63 bytes", e);
    }
    return bytes;
  }

  private Type type(String descr) {
    if (descr.contains("O")) {
      throw new FormatException(
          file, -1,
          "the elements are Python objects (dtype '" + descr
              + "'), stored as a program to run; expected numbers or booleans");
    }
    String code = descr.isEmpty() ? "" : descr.substring(1);
    for (Type t : Type.values()) {
      boolean ordered = descr.startsWith("<") || descr.startsWith(">");
      if (t.code.equals(code) && (ordered || descr.startsWith("|") && t.bytes == 1)) {
        return t;
      }
    }
    throw new FormatException(
        file, -1, "expected a dtype of b1 u1 i1 i2 u2 i4 u4 i8 u8 f2 f4 f8 in byte order < or >, given '" + descr
            + "'");
  }

  private <T> T expect(Map<String, Object> entries, String key, Class<T> kind) {
    Object value = entries.get(key);
    if (!kind.isInstance(value)) {
      boolean structured = key.equals("descr") && value instanceof List;
      throw damaged(
          structured ? "dtypes with fields are not supported: save each field by itself"
              : "entry '" + key + "' is not what it has to be");
    }
    return kind.cast(value);
  }

  // ---- the dictionary

  private Map<String, Object> dictionary() {
    Map<String, Object> entries = new LinkedHashMap<>();
    require('{');
    while (!accept('}')) {
      String key = string();
      require(':');
      if (entries.put(key, value()) != null) {
        throw damaged("key '" + key + "' twice");
      }
      if (!accept(',')) {
        require('}');
        break;
      }
    }
    skip();
    if (at < text.length()) {
      throw damaged("expected nothing after the dictionary");
    }
    return entries;
  }

  private Object value() {
    skip();
    char c = at < text.length() ? text.charAt(at) : 0;
    if (c == '\'' || c == '"') {
      return string();
    }
    if (text.startsWith("True", at)) {
      at += 4;
      return Boolean.TRUE;
    }
    if (text.startsWith("False", at)) {
      at += 5;
      return Boolean.FALSE;
    }
    if (c == '[') {
      throw damaged("dtypes with fields are not supported: save each field by itself");
    }
    return tuple();
  }

  private long[] tuple() {
    List<Long> numbers = new ArrayList<>();
    require('(');
    while (!accept(')')) {
      numbers.add(number());
      if (numbers.size() > MAX_RANK) {
        throw damaged("more than " + MAX_RANK + " axes");
      }
      if (!accept(',')) {
        require(')');
        break;
      }
    }
    return numbers.stream().mapToLong(Long::longValue).toArray();
  }

  private long number() {
    skip();
    int from = at;
    while (at < text.length() && Character.digit(text.charAt(at), 10) >= 0) {
      at++;
    }
    String digits = text.substring(from, at);
    if (at < text.length() && text.charAt(at) == 'L') {
      at++; // files of Python 2
    }
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw damaged("expected an axis length from 0 to 2^63 - 1, given '" + digits + "'");
    }
  }

  private String string() {
    skip();
    char quote = at < text.length() ? text.charAt(at) : 0;
    int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
    if (end < 0) {
      throw damaged("expected a quoted text");
    }
    String s = text.substring(at + 1, end);
    at = end + 1;
    return s;
  }

  private boolean accept(char c) {
    skip();
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private void require(char c) {
    if (!accept(c)) {
      throw damaged("expected '" + c + "'");
    }
  }

  private void skip() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private FormatException damaged(String reason) {
    return new FormatException(file, -1, "damaged header near character " + at + ": " + reason);
  }
}
