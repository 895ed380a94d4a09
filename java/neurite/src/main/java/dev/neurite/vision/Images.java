package dev.neurite.vision;

import dev.neurite.error.ShapeException;
import dev.neurite.nn.Resize2D;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * What is done to pictures before a network sees them; differentiable.
 *
 * <p><b>Shapes</b> [..., height, width, channels] throughout.
 */
public final class Images {

  private static final double RED = 0.299;
  private static final double GREEN = 0.587;
  private static final double BLUE = 0.114;

  private Images() {}

  /**
   * {@code (x - mean) / std}, channel by channel.
   *
   * @param x floating point, [..., channels]
   * @param mean one per channel
   * @param std one per channel, not 0
   */
  public static Tensor normalise(Tensor x, double[] mean, double[] std) {
    long channels = x.rank() == 0 ? 0 : x.shape().last();
    if (mean.length != channels || std.length != channels || !x.dtype().isDifferentiable()) {
      throw new ShapeException(
          "Images.normalise: expected floating [..., " + mean.length + "] with a mean and a std per channel, given "
              + x.describe() + ", " + mean.length + " means, " + std.length + " stds");
    }
    for (double s : std) {
      if (!(Math.abs(s) > 0)) {
        throw new IllegalArgumentException("Images.normalise: expected stds other than 0, given " + s);
      }
    }
    Shape each = Shape.of(channels);
    return x.sub(Tensor.of(mean, each, x.dtype())).div(Tensor.of(std, each, x.dtype()));
  }

  /** Left and right exchanged. */
  public static Tensor flipHorizontal(Tensor x) {
    requirePicture("flipHorizontal", x);
    return x.flip(-2);
  }

  /** Top and bottom exchanged. */
  public static Tensor flipVertical(Tensor x) {
    requirePicture("flipVertical", x);
    return x.flip(-3);
  }

  /**
   * A part of the pictures.
   *
   * @param top first row
   * @param left first column
   */
  public static Tensor crop(Tensor x, long top, long left, long height, long width) {
    requirePicture("crop", x);
    long rows = x.dim(-3);
    long columns = x.dim(-2);
    boolean inside = top >= 0 && left >= 0 && height >= 0 && width >= 0 && height <= rows - top
        && width <= columns - left;
    if (!inside) {
      throw new ShapeException(
          "Images.crop: expected a part of " + rows + " x " + columns + " pixels, given " + height + " x " + width
              + " from "
              + top + ", " + left);
    }
    return x.slice(-3, top, top + height).slice(-2, left, left + width);
  }

  /** The middle; where it cannot be in the middle, half a pixel further up and to the left. */
  public static Tensor centerCrop(Tensor x, long height, long width) {
    requirePicture("centerCrop", x);
    return crop(x, Math.floorDiv(x.dim(-3) - height, 2), Math.floorDiv(x.dim(-2) - width, 2), height, width);
  }

  /**
   * Brightness by ITU-R BT.601, {@code 0.299 R + 0.587 G + 0.114 B}: [..., height, width, 3] to [..., height, width,
   * 1].
   */
  public static Tensor grayscale(Tensor x) {
    return grayscale(x, RED, GREEN, BLUE);
  }

  /**
   * The weighted sum of the channels, [..., height, width, 1].
   *
   * @param x floating point
   * @param weights one per channel
   */
  public static Tensor grayscale(Tensor x, double... weights) {
    requirePicture("grayscale", x);
    if (x.shape().last() != weights.length || !x.dtype().isDifferentiable()) {
      throw new ShapeException(
          "Images.grayscale: expected floating pictures with " + weights.length + " channels, given " + x.describe());
    }
    return x.mul(Tensor.of(weights, Shape.of(weights.length), x.dtype())).sum(true, -1);
  }

  /**
   * Pictures of another size, bilinear with half-pixel centres.
   *
   * @param x floating point, [height, width, channels] or [batch, height, width, channels]
   */
  public static Tensor resize(Tensor x, int height, int width) {
    requirePicture("resize", x);
    if (x.rank() > 4) {
      throw new ShapeException("Images.resize: expected [height, width, channels] or a batch of them, given "
          + x.describe());
    }
    return x.rank() == 4 ? resized(x, height, width) : resized(x.expandDims(0), height, width).squeeze(0);
  }

  private static Tensor resized(Tensor x, int height, int width) {
    return Resize2D.of(height, width).call(x);
  }

  /**
   * A blurring kernel: {@code exp(-(x^2 + y^2) / (2 sigma^2))} around the middle, divided by its sum.
   *
   * @param size rows and columns, 1 or more
   * @param sigma above 0
   */
  public static double[][] gaussianKernel(int size, double sigma) {
    if (size < 1 || !(sigma > 0)) {
      throw new IllegalArgumentException(
          "Images.gaussianKernel: expected 1 row or more and sigma above 0, given " + size + ", " + sigma);
    }
    double[] line = new double[size];
    double sum = 0;
    for (int i = 0; i < size; i++) {
      double distance = i - (size - 1) / 2.0;
      line[i] = Math.exp(-distance * distance / (2 * sigma * sigma));
      sum += line[i];
    }
    double[][] kernel = new double[size][size];
    for (int i = 0; i < size; i++) {
      for (int k = 0; k < size; k++) {
        kernel[i][k] = line[i] / sum * (line[k] / sum);
      }
    }
    return kernel;
  }

  static void requirePicture(String who, Tensor x) {
    if (x.rank() < 3) {
      throw new ShapeException("Images." + who + ": expected [..., height, width, channels], given " + x.describe());
    }
  }
}
