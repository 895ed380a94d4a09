package dev.neurite.loss;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.ops.Ctc;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Connectionist temporal classification (Graves et al. 2006): minus the log of the probability that a sequence of
 * outputs, with repeats merged and blanks taken out, reads as the target; all alignments are summed.
 *
 * <p><b>Shapes</b>: predictions {@code [batch, time, classes]}, logits or log-probabilities (softmax is applied, which
 * leaves log-probabilities as they are); targets {@code [batch, labels]}, integers without blanks; lengths
 * {@code [batch]}; per sample {@code [batch]}.
 *
 * <p>Defaults: blank 0, mean over the batch, a target without alignment has the loss +infinity and the gradient 0.
 * {@link #zeroInfinity} makes that loss 0; {@link #perLabel} gives PyTorch's mean.
 *
 * <p>As a loss of two tensors, in {@code fit}, there are two forms. Plain: targets padded at the end with the blank or
 * -1, all steps count. {@link #packed}: rows of {@code [input length, target length, label, label, ...]}, as {@link
 * #pack} makes them.
 *
 * <pre>{@code
 * Tensor loss = Losses.ctc().apply(targets, logits, inputLengths, targetLengths);
 * model.compile(Adam.of(1e-3), Losses.ctc().packed(true));
 * model.fit(x, CtcLoss.pack(targets, inputLengths, targetLengths), Fit.epochs(10));
 * }</pre>
 */
public final class CtcLoss implements ElementLoss {

  private static final String NAME = "ctc";
  private static final int LENGTHS = 2; // columns in front of packed labels

  private final long blank;
  private final boolean zeroInfinity;
  private final boolean perLabel;
  private final boolean packed;
  private final Reduction reduction;

  CtcLoss() {
    this(0, false, false, false, Reduction.SUM_OVER_BATCH);
  }

  private CtcLoss(long blank, boolean zeroInfinity, boolean perLabel, boolean packed, Reduction reduction) {
    this.blank = blank;
    this.zeroInfinity = zeroInfinity;
    this.perLabel = perLabel;
    this.packed = packed;
    this.reduction = reduction;
  }

  /**
   * Sets the class that stands for no label; default 0.
   *
   * @throws IllegalArgumentException below 0
   */
  public CtcLoss blank(long index) {
    if (index < 0) {
      throw new IllegalArgumentException(NAME + ": expected a blank of 0 or more, given " + index);
    }
    return new CtcLoss(index, zeroInfinity, perLabel, packed, reduction);
  }

  /** Gives targets without an alignment the loss 0 instead of infinity. */
  public CtcLoss zeroInfinity(boolean on) {
    return new CtcLoss(blank, on, perLabel, packed, reduction);
  }

  /** Divides each sample's loss by its number of labels, at least 1; with the mean that is PyTorch's "mean". */
  public CtcLoss perLabel(boolean on) {
    return new CtcLoss(blank, zeroInfinity, on, packed, reduction);
  }

  /** Takes labels whose first two columns are the lengths; see {@link #pack}. */
  public CtcLoss packed(boolean on) {
    return new CtcLoss(blank, zeroInfinity, perLabel, on, reduction);
  }

  @Override
  public CtcLoss reduction(Reduction to) {
    return new CtcLoss(blank, zeroInfinity, perLabel, packed, to);
  }

  @Override
  public Reduction reduction() {
    return reduction;
  }

  @Override
  public String name() {
    return NAME;
  }

  /** Always true. */
  @Override
  public boolean expectsLogits() {
    return true;
  }

  /**
   * Targets with their lengths in front: {@code [batch, 2 + labels]}, for {@link #packed}.
   *
   * @throws ShapeException when the batches differ
   */
  public static Tensor pack(Tensor targets, Tensor inputLengths, Tensor targetLengths) {
    Shape column = Shape.of(targets.dim(0));
    if (targets.rank() != 2 || !inputLengths.shape().equals(column) || !targetLengths.shape().equals(column)) {
      throw new ShapeException(
          NAME + ": expected targets [batch, labels] and lengths [batch], given " + targets.shape() + ", "
              + inputLengths.shape() + " and " + targetLengths.shape());
    }
    return Tensor.concat(
        1, List.of(whole(inputLengths).expandDims(1), whole(targetLengths).expandDims(1), whole(targets)));
  }

  /** The reduced loss with explicit lengths. */
  public Tensor apply(Tensor targets, Tensor predictions, Tensor inputLengths, Tensor targetLengths) {
    Tensor values = perSample(targets, predictions, inputLengths, targetLengths);
    return Reducing.reduce(NAME, values, null, null, reduction);
  }

  /**
   * The loss of each sample with explicit lengths.
   *
   * @param targets integers [batch, labels]; entries past the lengths are not read
   * @param predictions [batch, time, classes]
   * @param inputLengths integers [batch], steps that count
   * @param targetLengths integers [batch], labels that count
   * @return [batch]
   * @throws IllegalArgumentException for a label that is the blank or no class and for a length beyond its tensor,
   *     naming value and place
   */
  public Tensor perSample(Tensor targets, Tensor predictions, Tensor inputLengths, Tensor targetLengths) {
    Tensor counts = whole(targetLengths);
    Tensor loss = Ctc.apply(predictions, whole(targets), whole(inputLengths), counts, blank);
    if (zeroInfinity) {
      loss = loss.eq(Double.POSITIVE_INFINITY).where(Tensor.scalar(0, loss.dtype()), loss);
    }
    return perLabel ? loss.div(counts.cast(loss.dtype()).clamp(1, Double.POSITIVE_INFINITY)) : loss;
  }

  @Override
  public Tensor perSample(Tensor yTrue, Tensor yPred) {
    if (yPred.rank() != 3 || yTrue.rank() != 2) {
      throw new ShapeException(
          NAME + ": expected labels [batch, labels] and predictions [batch, time, classes], given " + yTrue.shape()
              + " and " + yPred.shape());
    }
    Tensor labels = whole(yTrue);
    if (packed) {
      if (labels.dim(1) < LENGTHS) {
        throw new ShapeException(
            NAME + ": expected packed labels [batch, 2 + labels], given " + yTrue.shape());
      }
      return perSample(labels.slice(1, LENGTHS, labels.dim(1)), yPred, labels.select(1, 0), labels.select(1, 1));
    }
    long[] steps = new long[(int) yPred.dim(0)];
    Arrays.fill(steps, yPred.dim(1));
    return perSample(labels, yPred, Tensor.of(steps, Shape.of(steps.length)), unpadded(labels));
  }

  /** Entries before the padding, which must reach to the end. */
  private Tensor unpadded(Tensor labels) {
    int width = (int) labels.dim(1);
    long[] values = labels.toLongs();
    long[] counts = new long[(int) labels.dim(0)];
    for (int b = 0; b < counts.length; b++) {
      int n = 0;
      while (n < width && !isPadding(values[b * width + n])) {
        n++;
      }
      counts[b] = n;
      for (int i = n; i < width; i++) {
        if (!isPadding(values[b * width + i])) {
          throw new IllegalArgumentException(
              NAME + ": expected padding (" + blank + " or -1) behind the labels only, given " + values[b * width + n]
                  + " before " + values[b * width + i] + " at [" + b + ", " + i + "]");
        }
      }
    }
    return Tensor.of(counts, Shape.of(counts.length));
  }

  private boolean isPadding(long label) {
    return label == blank || label == -1;
  }

  private static Tensor whole(Tensor t) {
    if (t.dtype().isFloating() || t.dtype() == DType.BOOL) {
      throw new DTypeException(NAME + ": expected integer labels and lengths, given " + t.describe());
    }
    return t.dtype() == DType.INT64 ? t : t.cast(DType.INT64);
  }
}
