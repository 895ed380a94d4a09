package dev.neurite.data;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder of four IDX files as MNIST, Fashion-MNIST and their kin come: {@code train-images-idx3-ubyte}, {@code
 * train-labels-idx1-ubyte}, {@code t10k-images-idx3-ubyte}, {@code t10k-labels-idx1-ubyte}, each with or without {@code
 * .gz}. Debian's package {@code dataset-fashion-mnist} puts such a folder under {@code
 * /usr/share/datasets/fashion-mnist}.
 *
 * <p><b>Shapes</b> of a batch: x float32 [batch, height, width, 1] scaled to 0..1, y int64 [batch]. In memory the
 * pixels stay bytes; they are scaled batch by batch.
 *
 * @param train the training part
 * @param test the held-out part
 */
public record Mnist(Dataset train, Dataset test) {

  private static final double WHITE = 255;

  /**
   * Reads a folder.
   *
   * @throws FormatException when a file is missing, damaged, or the numbers of images and labels differ
   */
  public static Mnist load(Path folder) {
    return new Mnist(load(folder, "train"), load(folder, "t10k"));
  }

  private static Dataset load(Path folder, String part) {
    Path imageFile = find(folder, part + "-images-idx3-ubyte");
    Path labelFile = find(folder, part + "-labels-idx1-ubyte");
    return load(imageFile, labelFile);
  }

  /**
   * Reads one file of images and one of labels.
   *
   * @param images uint8 [n, height, width]
   * @param labels uint8 [n]
   * @throws FormatException when a file is damaged, or the numbers of images and labels differ
   */
  public static Dataset load(Path images, Path labels) {
    Tensor pixels = Idx.read(images);
    Tensor classes = Idx.read(labels);
    require(pixels, images, 3, "images [n, height, width]");
    require(classes, labels, 1, "labels [n]");
    if (pixels.dim(0) != classes.dim(0)) {
      throw new FormatException(
          labels.toString(), -1,
          "expected a label for each of " + pixels.dim(0) + " images, given " + classes.dim(0) + " labels");
    }
    return Dataset.of(pixels.expandDims(-1), classes.cast(DType.INT64))
        .map(b -> b.withX(b.x().cast(DType.FLOAT32).mul(1 / WHITE)));
  }

  private static void require(Tensor t, Path file, int rank, String what) {
    if (t.rank() != rank || t.dtype() != DType.UINT8) {
      throw new FormatException(file.toString(), 0, "expected " + what + " as bytes, given " + t.describe());
    }
  }

  private static Path find(Path folder, String name) {
    Path plain = folder.resolve(name);
    Path zipped = folder.resolve(name + ".gz");
    if (Files.isRegularFile(plain)) {
      return plain;
    }
    if (Files.isRegularFile(zipped)) {
      return zipped;
    }
    throw new FormatException(folder.toString(), -1, "expected a file " + name + " or " + name + ".gz, found neither");
  }
}
