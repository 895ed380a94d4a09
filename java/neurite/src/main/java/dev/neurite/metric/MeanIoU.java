package dev.neurite.metric;

import dev.neurite.tensor.Tensor;

/**
 * The mean over classes of {@code TP / (TP + FP + FN)}, the overlap of label and prediction regions; classes that occur
 * in neither are left out. Labels and predictions as for {@link ConfusionMatrix}.
 */
public final class MeanIoU implements Metric {

  private final ConfusionMatrix matrix;
  private final int classes;
  private final int[] targets;

  MeanIoU(int classes) {
    this(new ConfusionMatrix(classes), classes, new int[0]);
  }

  private MeanIoU(ConfusionMatrix matrix, int classes, int[] targets) {
    this.matrix = matrix;
    this.classes = classes;
    this.targets = targets;
  }

  /** The same mean over some classes only. */
  public MeanIoU ofClasses(int... indices) {
    return new MeanIoU(new ConfusionMatrix(classes), classes, indices.clone());
  }

  /** The same mean without samples of one label (any number, such as -1). */
  public MeanIoU ignoreClass(long label) {
    return new MeanIoU(matrix.ignoreClass(label), classes, targets);
  }

  @Override
  public String name() {
    return "meanIoU";
  }

  @Override
  public void update(Tensor yTrue, Tensor yPred, Tensor weights) {
    matrix.update(yTrue, yPred, weights);
  }

  @Override
  public double result() {
    double sum = 0;
    int present = 0;
    double[][] counts = matrix.counts();
    for (int i = 0; i < (targets.length == 0 ? classes : targets.length); i++) {
      int index = targets.length == 0 ? i : targets[i];
      if (occurs(counts, index)) {
        sum += matrix.intersectionOverUnion(index);
        present++;
      }
    }
    return BinaryCounts.ratio(sum, present);
  }

  private static boolean occurs(double[][] counts, int index) {
    for (int k = 0; k < counts.length; k++) {
      if (counts[index][k] > 0 || counts[k][index] > 0) {
        return true;
      }
    }
    return false;
  }

  @Override
  public double[] state() {
    return matrix.state();
  }

  @Override
  public void restore(double[] state) {
    matrix.restore(state);
  }

  @Override
  public void reset() {
    matrix.reset();
  }
}
