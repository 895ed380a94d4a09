package dev.neurite.data;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The binary version of CIFAR-10 (Krizhevsky 2009): records of one label byte and 3072 pixel bytes, the red, green and
 * blue plane of a 32x32 picture, row by row.
 *
 * <p><b>Shapes</b> of a batch: x float32 [batch, 32, 32, 3] scaled to 0..1, y int64 [batch]. In memory the pixels stay
 * bytes; they are scaled batch by batch.
 *
 * @param train {@code data_batch_1.bin} to {@code data_batch_5.bin}
 * @param test {@code test_batch.bin}
 */
public record Cifar10(Dataset train, Dataset test) {

  private static final int SIDE = 32;
  private static final int PLANES = 3;
  private static final int PIXELS = SIDE * SIDE * PLANES;
  private static final int RECORD = 1 + PIXELS;
  private static final int CLASSES = 10;
  private static final int TRAIN_FILES = 5;
  private static final double WHITE = 255;

  /**
   * Reads a folder with the six files.
   *
   * @throws FormatException when a file is missing or damaged
   */
  public static Cifar10 load(Path folder) {
    List<Path> parts = new ArrayList<>();
    for (int i = 1; i <= TRAIN_FILES; i++) {
      parts.add(folder.resolve("data_batch_" + i + ".bin"));
    }
    return new Cifar10(read(parts), read(List.of(folder.resolve("test_batch.bin"))));
  }

  /**
   * Reads files of records, one after the other.
   *
   * @throws FormatException for a missing or empty file, a length that is no multiple of 3073, or a label above 9
   */
  public static Dataset read(List<Path> files) {
    List<Tensor> pictures = new ArrayList<>();
    List<Tensor> labels = new ArrayList<>();
    for (Path file : files) {
      readInto(file, pictures, labels);
    }
    Tensor x = Scope.run(() -> Tensor.concat(0, pictures).reshape(-1, PLANES, SIDE, SIDE).permute(0, 2, 3, 1).contiguous());
    Tensor y = Scope.run(() -> Tensor.concat(0, labels));
    pictures.forEach(Tensor::close);
    labels.forEach(Tensor::close);
    return Dataset.of(x, y).map(b -> b.withX(b.x().cast(DType.FLOAT32).mul(1 / WHITE)));
  }

  private static void readInto(Path file, List<Tensor> pictures, List<Tensor> labels) {
    byte[] bytes = bytes(file);
    int records = bytes.length / RECORD;
    byte[] pixels = new byte[records * PIXELS];
    long[] classes = new long[records];
    for (int r = 0; r < records; r++) {
      classes[r] = bytes[r * RECORD] & 0xff;
      if (classes[r] >= CLASSES) {
        throw new FormatException(
            file.toString(), (long) r * RECORD, "expected a label below " + CLASSES + ", given " + classes[r]);
      }
      System.arraycopy(bytes, r * RECORD + 1, pixels, r * PIXELS, PIXELS);
    }
    pictures.add(Tensor.of(pixels, Shape.of(records, PIXELS)));
    labels.add(Tensor.of(classes, Shape.of(records)));
  }

  private static byte[] bytes(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new FormatException(file.toString(), -1, "no such file");
    }
    try {
      long length = Files.size(file);
      if (length == 0) {
        throw new FormatException(file.toString(), -1, "0 bytes");
      }
      if (length % RECORD != 0) {
        throw new FormatException(
            file.toString(), length - length % RECORD,
            "expected records of " + RECORD + " bytes, given " + length + " bytes, " + length % RECORD + " left over");
      }
      if (length > Integer.MAX_VALUE - 8) {
        throw new FormatException(file.toString(), -1, "expected less than 2 GB, given " + length + " bytes");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new FormatException(file.toString(), -1, "cannot be read: " + e.getMessage(), e);
    }
  }
}
