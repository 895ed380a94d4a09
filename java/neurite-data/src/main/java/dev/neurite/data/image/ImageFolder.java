package dev.neurite.data.image;

import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.error.FormatException;
import dev.neurite.error.NeuriteException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.vision.Images;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * Labelled pictures in folders: one folder per class, whose name is the class's; sub-folders belong to it.
 *
 * <pre>{@code
 * ImageFolder flowers = ImageFolder.of(Path.of("flowers")).size(64, 64).scan();
 * Dataset train = flowers.dataset().shuffle().batch(32).prefetch(2);
 * }</pre>
 *
 * <p>Scanning lists the files; pictures are decoded when their batch is asked for, several at once. Files whose names
 * do not end like a picture's are left out and listed by {@link #skipped}. Bad files, classes without pictures and
 * loops of links are refused by name, or with {@link #skipBad} left out and listed.
 *
 * <p><b>Shapes</b> of a batch: x float32 [batch, height, width, channels] scaled to 0..1, y int64 [batch]: positions in
 * {@link #classes}, which are sorted by name.
 */
public final class ImageFolder {

  private static final int MAX_DEPTH = 32;
  private static final Set<String> ENDINGS =
      Arrays.stream(ImageIO.getReaderFileSuffixes())
          .map(s -> s.toLowerCase(Locale.ROOT))
          .filter(s -> !s.isEmpty())
          .collect(Collectors.toCollection(TreeSet::new));

  /** What is asked for; a side of 0 stands for the pictures' own size. */
  private record Options(int height, int width, int channels, boolean skipBad, long pixelLimit) {}

  private final Path root;
  private final Options options;
  private final List<String> classes = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();
  private final List<Long> labels = new ArrayList<>();
  private final Map<Path, String> skipped = new LinkedHashMap<>();

  private ImageFolder(Path root, Options options) {
    this.root = root;
    this.options = options;
  }

  /** A folder of class folders; colour pictures that are all of one size, nothing skipped. */
  public static ImageFolder of(Path root) {
    return new ImageFolder(root, new Options(0, 0, 3, false, ImageFile.DEFAULT_PIXEL_LIMIT));
  }

  /** The size all pictures are brought to, bilinear; without, they must have one size. */
  public ImageFolder size(int height, int width) {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException("ImageFolder.size: expected 1 x 1 or more, given " + height + " x " + width);
    }
    return new ImageFolder(root, new Options(height, width, options.channels, options.skipBad, options.pixelLimit));
  }

  /** 1 for grey, 3 for colours (default). */
  public ImageFolder channels(int n) {
    if (n != 1 && n != 3) {
      throw new IllegalArgumentException("ImageFolder.channels: expected 1 or 3, given " + n);
    }
    return new ImageFolder(root, new Options(options.height, options.width, n, options.skipBad, options.pixelLimit));
  }

  /** Leaves bad files and empty classes out instead of refusing them; scanning then decodes every file once. */
  public ImageFolder skipBad(boolean on) {
    return new ImageFolder(root, new Options(options.height, options.width, options.channels, on, options.pixelLimit));
  }

  /** Most pixels of a picture: see {@link ImageFile#pixelLimit}. */
  public ImageFolder pixelLimit(long pixels) {
    ImageFile.of(root).pixelLimit(pixels); // checks the number
    return new ImageFolder(root, new Options(options.height, options.width, options.channels, options.skipBad, pixels));
  }

  /**
   * Lists the classes and files.
   *
   * @throws FormatException when the folder, a class or (unless they are skipped) a file is bad
   * @throws UncheckedIOException when a folder cannot be read
   */
  public ImageFolder scan() {
    ImageFolder found = new ImageFolder(root, options);
    try (Stream<Path> list = Files.list(root)) {
      for (Path folder : list.filter(p -> Files.isDirectory(p) && !isHidden(p)).sorted().toList()) {
        found.addClass(folder);
      }
    } catch (IOException e) {
      throw new FormatException(root.toString(), -1, "expected a folder with one folder per class", e);
    }
    if (found.files.isEmpty()) {
      throw new FormatException(root.toString(), -1, "expected folders with pictures, found none");
    }
    return found;
  }

  private static boolean isHidden(Path p) {
    return p.getFileName().toString().startsWith(".");
  }

  private void addClass(Path folder) throws IOException {
    List<Path> pictures = new ArrayList<>();
    Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), MAX_DEPTH, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1))) {
          pictures.add(file);
        } else {
          skipped.put(file, "its name does not end like a picture's");
        }
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFileFailed(Path file, IOException e) {
        refuse(file, e instanceof FileSystemLoopException ? "a link that leads back to a folder above it"
            : e.toString());
        return FileVisitResult.CONTINUE;
      }
    });
    Collections.sort(pictures);
    if (options.skipBad) {
      pictures.removeIf(this::isBad);
    }
    if (pictures.isEmpty()) {
      refuse(folder, "a class without pictures");
      return;
    }
    for (Path p : pictures) {
      files.add(p);
      labels.add((long) classes.size());
    }
    classes.add(folder.getFileName().toString());
  }

  private void refuse(Path file, String reason) {
    if (!options.skipBad) {
      throw new FormatException(file.toString(), -1, reason);
    }
    skipped.put(file, reason);
  }

  private boolean isBad(Path file) {
    try {
      decode(file);
      return false;
    } catch (FormatException e) {
      skipped.put(file, e.reason());
      return true;
    }
  }

  private ImageFile.Pixels decode(Path file) {
    return ImageFile.of(file).channels(options.channels).pixelLimit(options.pixelLimit).pixels();
  }

  /** The names of the classes, sorted; y counts them from 0. */
  public List<String> classes() {
    return Collections.unmodifiableList(classes);
  }

  /** The pictures, class by class, sorted: row i of the data set is file i. */
  public List<Path> files() {
    return Collections.unmodifiableList(files);
  }

  /** What was left out, with the reason. */
  public Map<Path, String> skipped() {
    return Collections.unmodifiableMap(skipped);
  }

  /**
   * The pictures, decoded batch by batch.
   *
   * @throws IllegalStateException before {@link #scan}
   */
  public Dataset dataset() {
    if (files.isEmpty()) {
      throw new IllegalStateException("ImageFolder.dataset: call scan() first");
    }
    long[] ids = IntStream.range(0, files.size()).asLongStream().toArray();
    long[] classOf = labels.stream().mapToLong(Long::longValue).toArray();
    return Dataset.of(Tensor.ofLongs(ids), Tensor.ofLongs(classOf)).map(this::load);
  }

  /** Numbers of files to pictures; the first bad file in the batch's order is the one reported. */
  private Batch load(Batch rows) {
    long[] ids = rows.x().toLongs();
    Object[] decoded = Arrays.stream(ids).parallel().mapToObj(id -> decodedOrFailure(files.get((int) id))).toArray();
    List<Tensor> pictures = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      if (decoded[i] instanceof RuntimeException failure) {
        throw failure;
      }
      ImageFile.Pixels p = (ImageFile.Pixels) decoded[i];
      Tensor picture = sized(p);
      if (i > 0 && !picture.shape().equals(pictures.get(0).shape())) {
        throw new FormatException(
            files.get((int) ids[i]).toString(), -1,
            "expected a picture of " + pictures.get(0).dim(1) + " x " + pictures.get(0).dim(0)
                + " pixels like the others, given "
                + p.width() + " x " + p.height() + "; call size(height, width) to bring all to one size");
      }
      pictures.add(picture);
    }
    return rows.withX(Tensor.stack(0, pictures));
  }

  private Object decodedOrFailure(Path file) {
    try {
      return decode(file);
    } catch (NeuriteException | UncheckedIOException e) {
      return e; // thrown by the one who asked, the first in order
    }
  }

  private Tensor sized(ImageFile.Pixels p) {
    return Scope.run(() -> {
      Shape shape = Shape.of(p.height(), p.width(), p.channels());
      double largest = p.bits() > 8 ? 65535 : 255;
      Tensor x = Tensor.of(p.values(), shape).cast(DType.FLOAT32).mul(1 / largest);
      boolean same = options.height == 0 || options.height == p.height() && options.width == p.width();
      return same ? x : Images.resize(x, options.height, options.width);
    });
  }
}
