package dev.neurite.io;

import dev.neurite.error.FormatException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The portable any-map formats of Netpbm, which need no library: bitmaps (P1, P4), grey (P2, P5) and colour (P3, P6)
 * pictures, as text or bytes.
 *
 * <p><b>Shapes</b> grey [height, width], colour [height, width, 3]; uint8, or int32 where the file's largest value is
 * above 255. Values are those of the file; bitmaps have 0 for black and 255 for white.
 */
public final class Pnm {

  private static final int COLOURS = 3;
  private static final int BYTE = 255;
  private static final int LARGEST = 65535;

  private final String name;
  private final byte[] bytes;
  private int at;

  private Pnm(String name, byte[] bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  /**
   * Reads a file; the size in its header is checked against its length before anything is allocated.
   *
   * @throws FormatException for a damaged file
   * @throws UncheckedIOException when it cannot be read
   */
  public static Tensor read(Path file) {
    try {
      return new Pnm(file.toString(), Files.readAllBytes(file)).picture();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file + ": " + e.getClass().getSimpleName(), e);
    }
  }

  private Tensor picture() {
    if (bytes.length == 0) {
      throw new FormatException(name, 0, "0 bytes; expected a PNM picture");
    }
    if (bytes.length < 3 || bytes[0] != 'P' || bytes[1] < '1' || bytes[1] > '6') {
      throw new FormatException(name, 0, "expected P1 to P6, given other bytes; this is no PNM picture");
    }
    int kind = bytes[1] - '0';
    at = 2;
    int width = number("width", Integer.MAX_VALUE);
    int height = number("height", Integer.MAX_VALUE);
    boolean bitmap = kind == 1 || kind == 4;
    int largest = bitmap ? 1 : number("largest value", LARGEST);
    if (width == 0 || height == 0 || largest == 0) {
      throw new FormatException(name, at, "expected sizes and a largest value of 1 or more, given 0");
    }
    int channels = kind == 3 || kind == 6 ? COLOURS : 1;
    long count = (long) width * height; // two ints: no overflow
    if (kind > 3) {
      at++; // the one blank before the bytes
    }
    long needed = needed(kind, width, height, channels, largest);
    if (count > Integer.MAX_VALUE / COLOURS || needed > bytes.length - at) {
      throw new FormatException(
          name, at,
          "the header promises " + width + " x " + height + " pixels = " + needed + " bytes or more, the file has "
              + (bytes.length - at));
    }
    int[] values = new int[(int) count * channels];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(kind, i, width, largest);
      if (values[i] > (bitmap ? BYTE : largest)) {
        throw new FormatException(name, at, "expected values up to " + largest + ", given " + values[i]);
      }
    }
    Shape shape = channels == 1 ? Shape.of(height, width) : Shape.of(height, width, channels);
    return largest > BYTE ? Tensor.of(values, shape) : Tensor.of(narrow(values), shape);
  }

  private static long needed(int kind, int width, int height, int channels, int largest) {
    return switch (kind) {
      case 1 -> (long) width * height;
      case 2, 3 -> 2L * width * height * channels - 1;
      case 4 -> (width + 7L) / 8 * height;
      default -> (long) width * height * channels * (largest > BYTE ? 2 : 1);
    };
  }

  private int value(int kind, int i, int width, int largest) {
    switch (kind) {
      case 1 -> {
        blanks();
        if (at >= bytes.length || bytes[at] != '0' && bytes[at] != '1') {
          throw new FormatException(name, at, "expected 0 or 1");
        }
        return bytes[at++] == '1' ? 0 : BYTE;
      }
      case 2, 3 -> {
        return number("a value", LARGEST);
      }
      case 4 -> {
        int row = i / width;
        int column = i % width;
        int bit = bytes[at + row * ((width + 7) / 8) + column / 8] >> 7 - column % 8 & 1;
        return bit == 1 ? 0 : BYTE;
      }
      default -> {
        return largest > BYTE
            ? (bytes[at++] & 0xff) << 8 | bytes[at++] & 0xff
            : bytes[at++] & 0xff;
      }
    }
  }

  private static byte[] narrow(int[] values) {
    byte[] out = new byte[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (byte) values[i];
    }
    return out;
  }

  /** Skips blanks and comments. */
  private void blanks() {
    while (at < bytes.length && (bytes[at] == '#' || Character.isWhitespace(bytes[at]))) {
      if (bytes[at] == '#') {
        while (at < bytes.length && bytes[at] != '\n') {
          at++;
        }
      } else {
        at++;
      }
    }
  }

  private int number(String what, int most) {
    blanks();
    long value = 0;
    int from = at;
    while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9') {
      value = value * 10 + bytes[at++] - '0';
      if (value > most) {
        throw new FormatException(name, from, "expected " + what + " up to " + most + ", given more");
      }
    }
    if (at == from) {
      throw new FormatException(name, at, "expected " + what + ", a whole number");
    }
    return (int) value;
  }

  /**
   * Writes P5 or P6, completely or not at all.
   *
   * @param picture uint8 [height, width], [height, width, 1] or [height, width, 3]
   */
  public static void write(Path file, Tensor picture) {
    int rank = picture.rank();
    long channels = rank == COLOURS ? picture.dim(2) : 1;
    if (rank < 2 || rank > COLOURS || channels != 1 && channels != COLOURS || picture.dtype() != DType.UINT8) {
      throw new ShapeException(
          "Pnm.write: expected uint8 [height, width] or [height, width, 1 or 3], given " + picture.describe());
    }
    String head = "P" + (channels == 1 ? 5 : 6) + "\n" + picture.dim(1) + " " + picture.dim(0) + "\n" + BYTE + "\n";
    byte[] values;
    try (Scope scope = Scope.open()) {
      values = picture.toBytes();
    }
    AtomicFile.write(
        file,
        out -> {
          out.write(head.getBytes(StandardCharsets.US_ASCII));
          out.write(values);
        });
  }
}
