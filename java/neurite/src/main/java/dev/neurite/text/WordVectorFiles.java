package dev.neurite.text;

import dev.neurite.error.FormatException;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Readers of the three usual files of word vectors. */
final class WordVectorFiles {

  private static final int LONGEST_WORD = 1 << 16; // bytes

  private WordVectorFiles() {}

  static WordVectors read(Path file) {
    try {
      if (Files.size(file) == 0) {
        throw new FormatException(file.toString(), 0, "expected word vectors, given 0 bytes");
      }
      return file.toString().endsWith(".bin") ? binary(file) : text(file);
    } catch (CharacterCodingException e) {
      throw new FormatException(file.toString(), 0, "expected UTF-8 text", e);
    } catch (IOException e) {
      throw new UncheckedIOException("WordVectors: cannot read " + file, e);
    }
  }

  private static WordVectors text(Path file) throws IOException {
    List<String> words = new ArrayList<>();
    List<double[]> vectors = new ArrayList<>();
    int line = 0;
    try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      for (String row = in.readLine(); row != null; row = in.readLine()) {
        line++;
        List<String> parts = Tokens.words(row);
        boolean header = line == 1 && parts.size() == 2 && parts.get(0).matches("\\d+") && parts.get(1).matches("\\d+");
        if (header || parts.isEmpty()) {
          continue;
        }
        double[] v = numbers(file, line, parts);
        if (!vectors.isEmpty() && v.length != vectors.get(0).length) {
          throw new FormatException(
              file.toString(), line,
              "line " + line + ": expected " + vectors.get(0).length + " numbers, given " + v.length);
        }
        words.add(parts.get(0));
        vectors.add(v);
      }
    }
    return WordVectors.of(words, vectors.toArray(double[][]::new));
  }

  private static double[] numbers(Path file, int line, List<String> parts) {
    double[] v = new double[parts.size() - 1];
    for (int i = 0; i < v.length; i++) {
      try {
        v[i] = Double.parseDouble(parts.get(i + 1));
      } catch (NumberFormatException e) {
        throw new FormatException(
            file.toString(), line, "line " + line + ": expected a number, given '" + parts.get(i + 1) + "'", e);
      }
    }
    return v;
  }

  private static WordVectors binary(Path file) throws IOException {
    try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      List<String> header = Tokens.words(until(in, '\n', file));
      if (header.size() != 2 || !header.get(0).matches("\\d{1,9}") || !header.get(1).matches("\\d{1,6}")) {
        throw new FormatException(file.toString(), 0, "expected a first line with count and width, given " + header);
      }
      int count = Integer.parseInt(header.get(0));
      int width = Integer.parseInt(header.get(1));
      if ((long) count * width * Float.BYTES > Files.size(file)) {
        throw new FormatException(
            file.toString(), 0, "expected " + count + " vectors of " + width + ", given " + Files.size(file) + " bytes");
      }
      List<String> words = new ArrayList<>();
      double[][] vectors = new double[count][width];
      for (int i = 0; i < count; i++) {
        words.add(until(in, ' ', file).strip()); // some writers put a line break before the word
        for (int k = 0; k < width; k++) {
          vectors[i][k] = Float.intBitsToFloat(Integer.reverseBytes(in.readInt()));
        }
      }
      return WordVectors.of(words, vectors);
    } catch (EOFException e) {
      throw new FormatException(file.toString(), Files.size(file), "expected more vectors, the file ends", e);
    }
  }

  private static String until(DataInputStream in, char stop, Path file) throws IOException {
    byte[] bytes = new byte[64];
    int n = 0;
    for (int b = in.readUnsignedByte(); b != stop; b = in.readUnsignedByte()) {
      if (n == LONGEST_WORD) {
        throw new FormatException(file.toString(), 0, "expected words of at most " + LONGEST_WORD + " bytes");
      }
      bytes = n == bytes.length ? java.util.Arrays.copyOf(bytes, 2 * n) : bytes;
      bytes[n++] = (byte) b;
    }
    return new String(bytes, 0, n, StandardCharsets.UTF_8);
  }
}
