package dev.neurite.io;

import dev.neurite.error.FormatException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Sound of a WAV file (RIFF): PCM of 8, 16, 24 or 32 bits and floats of 32 or 64 bits, any number of channels, also in
 * the extensible form. Other encodings are refused by name.
 *
 * <p>Sizes in the file are believed as far as the file goes: recorders that were cut off leave 0xFFFFFFFF or a wrong
 * number, and what is there is read in whole frames.
 *
 * <p><b>Shapes</b> samples [frames, channels], PCM scaled to {@code integer / 2^(bits - 1)} (8 bits: {@code (integer -
 * 128) / 128}); float64 for 32-bit PCM and 64-bit floats, else float32, exact in either case.
 *
 * @param samples the sound
 * @param sampleRate frames per second
 * @param bits per sample in the file
 * @param isFloat whether the file holds floats
 */
public record Wav(Tensor samples, int sampleRate, int bits, boolean isFloat) {

  private static final int PCM = 1;
  private static final int FLOAT = 3;
  private static final int EXTENSIBLE = 0xFFFE;
  private static final int RIFF_HEADER = 12;
  private static final int CHUNK_HEADER = 8;
  private static final int FORMAT_SIZE = 16;
  private static final int EXTENSIBLE_SIZE = 26;
  private static final int FILE_HEADER = 44;
  private static final int BYTE_CENTRE = 128;

  /** What the format chunk says. */
  private record Format(int code, int channels, int sampleRate, int bits) {}

  /**
   * Reads a file.
   *
   * @throws FormatException for a damaged file or an unsupported encoding
   * @throws UncheckedIOException when it cannot be read
   */
  public static Wav read(Path file) {
    try {
      return read(file.toString(), Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file + ": " + e.getClass().getSimpleName(), e);
    }
  }

  /**
   * Decodes the bytes of a file.
   *
   * @param name what messages call it
   */
  public static Wav read(String name, byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    requireRiff(name, in);
    Format format = null;
    int at = RIFF_HEADER;
    while (at + CHUNK_HEADER <= bytes.length) {
      String id = text(bytes, at);
      long size = Integer.toUnsignedLong(in.getInt(at + 4));
      int from = at + CHUNK_HEADER;
      int length = (int) Math.min(size, bytes.length - from);
      if (id.equals("fmt ")) {
        format = format(name, in, from, length);
      } else if (id.equals("data")) {
        if (format == null) {
          throw new FormatException(name, at, "expected a 'fmt ' chunk before 'data'");
        }
        return decode(name, format, in, from, length);
      }
      long next = from + size + (size & 1); // chunks of odd length are padded
      if (next > bytes.length) {
        break;
      }
      at = (int) next;
    }
    throw new FormatException(name, at, "expected a 'data' chunk, found the end of the file");
  }

  private static void requireRiff(String name, ByteBuffer in) {
    int n = in.capacity();
    if (n == 0) {
      throw new FormatException(name, 0, "0 bytes; expected a WAV file");
    }
    String head = n < RIFF_HEADER ? "" : text(in.array(), 0) + text(in.array(), CHUNK_HEADER);
    if (head.equals("RIFXWAVE") || head.equals("RF64WAVE")) {
      throw new FormatException(name, 0, "expected a RIFF file, given the unsupported form " + head.substring(0, 4));
    }
    if (!head.equals("RIFFWAVE")) {
      throw new FormatException(name, 0, "expected RIFF....WAVE, given other bytes; this is no WAV file");
    }
  }

  private static String text(byte[] bytes, int at) {
    return new String(bytes, at, 4, StandardCharsets.ISO_8859_1);
  }

  private static Format format(String name, ByteBuffer in, int at, int length) {
    if (length < FORMAT_SIZE) {
      throw new FormatException(name, at, "expected a format of " + FORMAT_SIZE + " bytes, given " + length);
    }
    int code = Short.toUnsignedInt(in.getShort(at));
    if (code == EXTENSIBLE && length >= EXTENSIBLE_SIZE) {
      code = Short.toUnsignedInt(in.getShort(at + EXTENSIBLE_SIZE - 2)); // the first bytes of the sub-format
    }
    int channels = Short.toUnsignedInt(in.getShort(at + 2));
    int rate = in.getInt(at + 4);
    int align = Short.toUnsignedInt(in.getShort(at + 12));
    int bits = Short.toUnsignedInt(in.getShort(at + 14));
    boolean known = code == PCM && (bits == 8 || bits == 16 || bits == 24 || bits == 32)
        || code == FLOAT && (bits == 32 || bits == 64);
    if (!known) {
      throw new FormatException(
          name, at,
          "expected PCM of 8, 16, 24 or 32 bits or floats of 32 or 64, given " + encoding(code) + " of " + bits
              + " bits");
    }
    if (channels == 0 || rate <= 0) {
      throw new FormatException(
          name, at, "expected 1 channel and 1 Hz or more, given " + channels + " channels, "
              + Integer.toUnsignedString(rate) + " Hz");
    }
    if (align != channels * bits / 8) {
      throw new FormatException(
          name, at, "expected frames of " + channels * bits / 8 + " bytes, given " + align);
    }
    return new Format(code, channels, rate, bits);
  }

  private static String encoding(int code) {
    return switch (code) {
      case PCM -> "PCM";
      case FLOAT -> "floats";
      case 2, 0x11 -> "ADPCM";
      case 6 -> "A-law";
      case 7 -> "mu-law";
      case 0x55 -> "MP3";
      default -> "encoding " + code;
    };
  }

  private static Wav decode(String name, Format f, ByteBuffer in, int at, int length) {
    int width = f.bits / 8;
    int frames = length / (width * f.channels);
    Shape shape = Shape.of(frames, f.channels);
    double[] values = new double[frames * f.channels];
    double scale = f.code == FLOAT ? 1 : 1 / Math.scalb(1.0, f.bits - 1);
    for (int i = 0; i < values.length; i++) {
      values[i] = sample(f, in, at + i * width) * scale;
      if (!Double.isFinite(values[i])) {
        throw new FormatException(name, at + (long) i * width, "expected finite samples, given " + values[i]);
      }
    }
    boolean wide = f.bits == 64 || f.bits == 32 && f.code == PCM;
    return new Wav(
        Tensor.of(values, shape, wide ? DType.FLOAT64 : DType.FLOAT32), f.sampleRate, f.bits, f.code == FLOAT);
  }

  private static double sample(Format f, ByteBuffer in, int at) {
    if (f.code == FLOAT) {
      return f.bits == 32 ? in.getFloat(at) : in.getDouble(at);
    }
    return switch (f.bits) {
      case 8 -> (in.get(at) & 0xff) - BYTE_CENTRE;
      case 16 -> in.getShort(at);
      case 24 -> (in.get(at + 2) << 16) | (in.getShort(at) & 0xffff);
      default -> in.getInt(at);
    };
  }

  /** Frames per channel. */
  public long frames() {
    return samples.dim(0);
  }

  /** Number of channels. */
  public int channels() {
    return (int) samples.dim(1);
  }

  /** Length of the sound. */
  public double seconds() {
    return frames() / (double) sampleRate;
  }

  /** The mean of the channels, [frames]. */
  public Tensor mono() {
    return samples.mean(1);
  }

  /**
   * The whole numbers of a PCM file as they stand in it, int64 [frames, channels]; 8-bit ones are 0 to 255.
   *
   * @throws IllegalStateException for a file of floats
   */
  public Tensor integers() {
    if (isFloat) {
      throw new IllegalStateException("Wav.integers: expected a PCM file, given one of floats");
    }
    return Scope.run(() -> {
      Tensor whole = samples.mul(Math.scalb(1.0, bits - 1)).cast(DType.INT64);
      return bits == 8 ? whole.add(Tensor.scalar(BYTE_CENTRE, DType.INT64)) : whole;
    });
  }

  /**
   * Writes 16-bit PCM, completely or not at all; samples beyond -1 and 1 are cut off.
   *
   * @param samples [frames] or [frames, channels]
   * @param sampleRate frames per second, 1 or more
   */
  public static void write(Path file, Tensor samples, int sampleRate) {
    if (samples.rank() < 1 || samples.rank() > 2 || sampleRate < 1) {
      throw new ShapeException(
          "Wav.write: expected [frames] or [frames, channels] at 1 Hz or more, given " + samples.describe() + " at "
              + sampleRate + " Hz");
    }
    int channels = samples.rank() == 1 ? 1 : (int) samples.dim(1);
    double[] values = samples.toDoubles();
    if (!Arrays.stream(values).allMatch(Double::isFinite)) {
      throw new IllegalArgumentException("Wav.write: expected finite samples, given NaN or infinity");
    }
    int length = Math.multiplyExact(values.length, 2);
    ByteBuffer out = ByteBuffer.allocate(Math.addExact(FILE_HEADER, length)).order(ByteOrder.LITTLE_ENDIAN);
    out.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(FILE_HEADER - CHUNK_HEADER + length);
    out.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(FORMAT_SIZE);
    out.putShort((short) PCM).putShort((short) channels).putInt(sampleRate).putInt(sampleRate * channels * 2);
    out.putShort((short) (channels * 2)).putShort((short) 16);
    out.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(length);
    for (double v : values) {
      out.putShort((short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, Math.rint(v * -Short.MIN_VALUE))));
    }
    AtomicFile.write(file, to -> to.write(out.array()));
  }
}
