package dev.neurite.vision;

import dev.neurite.data.Batch;
import dev.neurite.data.RandomStep;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Random changes of training pictures, drawn anew for every picture and epoch.
 *
 * <pre>{@code
 * Augment augment = Augment.of().flipHorizontal(0.5).shift(2, 2).rotate(10).brightness(0.2).cutout(8);
 * Dataset train = pictures.shuffle().batch(64).map(augment).prefetch(4, 2);
 * }</pre>
 *
 * <p>Steps not asked for do nothing. The geometric ones (flip, rotate, zoom, shift, crop, in this order) are one motion
 * and sampled once, bilinear; then come colours (brightness, contrast, saturation), cutout, and mixup or CutMix. Which
 * changes a picture gets depends on the seed, the epoch and its place in it, not on threads.
 *
 * <p><b>Shapes</b>: the batch's first input is float [batch, height, width, channels]; other inputs stay. With {@link
 * Targets#MASKS} y is [batch, height, width] or [batch, height, width, channels] and moves along, nearest pixel; with
 * {@link Targets#BOXES} it is float [batch, boxes, 4 or more] whose first four numbers, x1, y1, x2, y2 in pixels, move
 * along and are cut at the borders; boxes that leave the picture become zeros.
 *
 * <p>Instances are immutable.
 */
public final class Augment implements RandomStep {

  private static final int BOX = 4;
  private static final double MAX_ALPHA = 4;

  /** What y is. */
  public enum Targets {
    /** Labels and the like: they stay. */
    LABELS,
    /** A class or value per pixel. */
    MASKS,
    /** Boxes per picture. */
    BOXES
  }

  private final AugmentOptions o;

  private Augment(AugmentOptions options) {
    o = options;
  }

  /** Nothing yet. */
  public static Augment of() {
    return new Augment(new AugmentOptions());
  }

  // ---- geometry

  /** Exchanges left and right with a probability. */
  public Augment flipHorizontal(double probability) {
    AugmentOptions.probability("flipHorizontal", probability);
    return with(c -> c.flipX = probability);
  }

  /** Exchanges top and bottom with a probability. */
  public Augment flipVertical(double probability) {
    AugmentOptions.probability("flipVertical", probability);
    return with(c -> c.flipY = probability);
  }

  /** Turns by up to so many degrees either way, around the middle. */
  public Augment rotate(double degrees) {
    AugmentOptions.range("rotate", degrees, 0, 180);
    return with(c -> c.degrees = degrees);
  }

  /** Enlarges by a factor from {@code least} to {@code most}, around the middle; 1 leaves the size, below 1 shrinks. */
  public Augment zoom(double least, double most) {
    AugmentOptions.range("zoom", least, 1e-3, 1e3);
    AugmentOptions.range("zoom", most, least, 1e3);
    return with(c -> {
      c.zoomLeast = least;
      c.zoomMost = most;
    });
  }

  /** Moves by a whole number of pixels, up to so many down or up, right or left. */
  public Augment shift(int vertical, int horizontal) {
    AugmentOptions.range("shift", vertical, 0, 1 << 20);
    AugmentOptions.range("shift", horizontal, 0, 1 << 20);
    return with(c -> {
      c.down = vertical;
      c.right = horizontal;
    });
  }

  /** Cuts a part of this size out of a random place: what the pictures have from now on. */
  public Augment crop(int height, int width) {
    AugmentOptions.range("crop", height, 1, 1 << 20);
    AugmentOptions.range("crop", width, 1, 1 << 20);
    return with(c -> {
      c.height = height;
      c.width = width;
    });
  }

  /** The value of what comes in from outside, and of cut-out squares (default 0). */
  public Augment fill(double value) {
    AugmentOptions.range("fill", value, -Float.MAX_VALUE, Float.MAX_VALUE);
    return with(c -> c.fill = (float) value);
  }

  /** The value of masks outside the picture (default 0). */
  public Augment maskFill(double value) {
    AugmentOptions.range("maskFill", value, -Float.MAX_VALUE, Float.MAX_VALUE);
    return with(c -> c.maskFill = (float) value);
  }

  /** What y is, and whether it moves along (default {@link Targets#LABELS}). */
  public Augment targets(Targets kind) {
    return with(c -> c.targets = kind);
  }

  // ---- colours

  /** Adds a number from {@code -most} to {@code most}. */
  public Augment brightness(double most) {
    AugmentOptions.range("brightness", most, 0, 1e6);
    return with(c -> c.brightness = most);
  }

  /** Multiplies the distance from the picture's mean by a factor from {@code 1 - most} to {@code 1 + most}. */
  public Augment contrast(double most) {
    AugmentOptions.range("contrast", most, 0, 1);
    return with(c -> c.contrast = most);
  }

  /** Multiplies the distance from grey by a factor from {@code 1 - most} to {@code 1 + most}; needs 3 channels. */
  public Augment saturation(double most) {
    AugmentOptions.range("saturation", most, 0, 1);
    return with(c -> c.saturation = most);
  }

  /** The values colours are cut off at (default 0 and 1). */
  public Augment valueRange(double low, double high) {
    AugmentOptions.range("valueRange", high, low, Float.MAX_VALUE);
    return with(c -> {
      c.low = low;
      c.high = high;
    });
  }

  // ---- parts and mixtures

  /** Blanks a square with sides of so many pixels around a random pixel (DeVries 2017). */
  public Augment cutout(int side) {
    AugmentOptions.range("cutout", side, 0, 1 << 20);
    return with(c -> c.cutout = side);
  }

  /**
   * Mixes each picture with another one of the batch, {@code w x + (1 - w) x'}, and the targets likewise (Zhang
   * 2018); w is drawn from the beta distribution of {@code (alpha, alpha)}. y must be floating: one-hot labels.
   */
  public Augment mixup(double alpha) {
    AugmentOptions.range("mixup", alpha, 1e-3, MAX_ALPHA);
    return with(c -> {
      c.mixAlpha = alpha;
      c.cutMix = false;
    });
  }

  /**
   * Replaces a rectangle of each picture by that of another one of the batch, and mixes the targets by the areas (Yun
   * 2019); y must be floating: one-hot labels. Replaces mixup.
   */
  public Augment cutMix(double alpha) {
    AugmentOptions.range("cutMix", alpha, 1e-3, MAX_ALPHA);
    return with(c -> {
      c.mixAlpha = alpha;
      c.cutMix = true;
    });
  }

  private Augment with(Consumer<AugmentOptions> change) {
    AugmentOptions copy = o.copy();
    change.accept(copy);
    return new Augment(copy);
  }

  // ---- at work

  @Override
  public Batch apply(Batch batch, RandomStream random) {
    Tensor x = batch.x();
    requirePictures(batch);
    int n = (int) x.dim(0);
    int height = (int) x.dim(1);
    int width = (int) x.dim(2);
    int channels = (int) x.dim(3);
    int outHeight = o.height == 0 ? height : o.height;
    int outWidth = o.width == 0 ? width : o.width;
    float[] in = x.toFloats();
    float[] out = new float[n * outHeight * outWidth * channels];
    Motion[] motions = new Motion[n];
    RowRandom[] rows = new RowRandom[n];
    for (int i = 0; i < n; i++) {
      rows[i] = new RowRandom(random.seed(), random.stream(), i);
      motions[i] = o.motion(rows[i], height, width);
      Motion.Picture from = new Motion.Picture(in, i * height * width * channels, height, width, channels);
      Motion.Picture to = new Motion.Picture(out, i * outHeight * outWidth * channels, outHeight, outWidth, channels);
      motions[i].draw(from, to, o.fill, true);
      o.colour(rows[i], to);
      o.cut(rows[i], to);
    }
    Tensor y = moved(batch.y(), motions, outHeight, outWidth);
    if (o.mixAlpha > 0) {
      Mixing mixing = new Mixing(o.mixAlpha, o.cutMix, rows);
      out = mixing.pictures(out, outHeight, outWidth, channels);
      y = mixing.targets(y);
    }
    List<Tensor> inputs = new ArrayList<>(batch.inputs());
    inputs.set(0, Tensor.of(out, Shape.of(n, outHeight, outWidth, channels)).cast(x.dtype()));
    return new Batch(inputs, y, batch.weights());
  }

  private void requirePictures(Batch batch) {
    Tensor x = batch.x();
    if (x.rank() != 4 || !x.dtype().isDifferentiable()) {
      throw new ShapeException("Augment: expected floating pictures [batch, height, width, channels], given "
          + x.describe());
    }
    if (o.height > x.dim(1) || o.width > x.dim(2)) {
      throw new ShapeException("Augment: expected pictures of " + o.height + " x " + o.width
          + " or more to crop, given " + x.describe());
    }
    if (o.saturation > 0 && x.dim(3) != 3) {
      throw new ShapeException("Augment.saturation: expected 3 channels, given " + x.describe());
    }
    Tensor y = batch.y();
    if (o.mixAlpha > 0 && (y == null || !y.dtype().isDifferentiable() || o.targets != Targets.LABELS)) {
      throw new ShapeException(
          "Augment.mixup, cutMix: expected floating targets such as one-hot labels, given " + (y == null ? "none"
              : y.describe()));
    }
    boolean masks = o.targets != Targets.MASKS
        || y != null && (y.rank() == 3 || y.rank() == 4) && y.dim(1) == x.dim(1) && y.dim(2) == x.dim(2);
    boolean boxes = o.targets != Targets.BOXES
        || y != null && y.rank() == 3 && y.dim(2) >= BOX && y.dtype().isDifferentiable();
    if (!masks || !boxes) {
      throw new ShapeException(
          "Augment: expected " + (masks ? "boxes, float [batch, boxes, 4 or more]," : "masks [batch, height, width]")
              + " as targets, given " + (y == null ? "none" : y.describe()));
    }
  }

  private Tensor moved(Tensor y, Motion[] motions, int outHeight, int outWidth) {
    return switch (o.targets) {
      case LABELS -> y;
      case MASKS -> masks(y, motions, outHeight, outWidth);
      case BOXES -> boxes(y, motions, outHeight, outWidth);
    };
  }

  /** Floats hold class numbers up to 2^24 exactly. */
  private Tensor masks(Tensor y, Motion[] motions, int outHeight, int outWidth) {
    int height = (int) y.dim(1);
    int width = (int) y.dim(2);
    int channels = y.rank() == 4 ? (int) y.dim(3) : 1;
    float[] in = y.cast(DType.FLOAT32).toFloats();
    float[] out = new float[motions.length * outHeight * outWidth * channels];
    for (int i = 0; i < motions.length; i++) {
      motions[i].draw(
          new Motion.Picture(in, i * height * width * channels, height, width, channels),
          new Motion.Picture(out, i * outHeight * outWidth * channels, outHeight, outWidth, channels), o.maskFill,
              false);
    }
    return Tensor.of(out, y.shape().with(1, outHeight).with(2, outWidth)).cast(y.dtype());
  }

  private static Tensor boxes(Tensor y, Motion[] motions, int height, int width) {
    double[] values = y.toDoubles();
    int each = (int) y.dim(2);
    int perPicture = (int) y.dim(1);
    for (int i = 0; i < motions.length * perPicture; i++) {
      int at = i * each;
      double[] box = motions[i / perPicture].box(values[at], values[at + 1], values[at + 2], values[at + 3], height,
          width);
      System.arraycopy(box, 0, values, at, BOX);
    }
    return Tensor.of(values, y.shape(), y.dtype());
  }
}
