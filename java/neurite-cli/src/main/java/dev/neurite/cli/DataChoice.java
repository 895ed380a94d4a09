package dev.neurite.cli;

import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.data.Mnist;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Data a command works on.
 *
 * @param name as typed
 * @param train examples to learn from
 * @param test held-out examples
 * @param classes names of the classes, by label
 */
record DataChoice(String name, Dataset train, Dataset test, List<String> classes) {

  static final String DIGITS = "digits";
  static final String FASHION = "fashion-mnist";
  static final String MNIST = "mnist";
  private static final Path DEBIAN_FASHION = Path.of("/usr/share/datasets/fashion-mnist");

  private static final List<String> NUMBERS = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
  private static final List<String> CLOTHES =
      List.of("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");

  /**
   * Loads a data set.
   *
   * @param name digits, mnist or fashion-mnist
   * @param folder where the IDX files of the last two are, or null
   */
  static DataChoice load(String name, Path folder) {
    return switch (name) {
      case DIGITS -> {
        Digits digits = Digits.load();
        yield new DataChoice(name, digits.train(), digits.test(), NUMBERS);
      }
      case MNIST, FASHION -> {
        Mnist mnist = Mnist.load(folder(name, folder));
        yield new DataChoice(name, mnist.train(), mnist.test(), name.equals(FASHION) ? CLOTHES : NUMBERS);
      }
      default -> throw new IllegalArgumentException(
          "data: expected " + DIGITS + ", " + MNIST + " or " + FASHION + ", given " + name);
    };
  }

  private static Path folder(String name, Path folder) {
    if (folder != null) {
      return folder;
    }
    if (name.equals(FASHION) && Files.isDirectory(DEBIAN_FASHION)) {
      return DEBIAN_FASHION;
    }
    throw new IllegalArgumentException(
        name + ": expected --data DIR with the four IDX files (train-images-idx3-ubyte[.gz] ...)"
            + (name.equals(FASHION) ? "; on Debian: apt-get install dataset-fashion-mnist" : ""));
  }
}
