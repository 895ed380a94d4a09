package dev.neurite.metric;

import dev.neurite.ops.ReduceOp;
import dev.neurite.tensor.Tensor;

/** Correlation of labels and predictions along the last axis, one value per row. */
final class Correlation {

  private static final double EPSILON = 1e-7;

  private Correlation() {}

  /** Pearson's: covariance over the product of the standard deviations. */
  static Tensor pearson(Tensor yTrue, Tensor yPred) {
    Tensor y = centred(HostBatch.like("pearsonCorrelation", yTrue, yPred));
    Tensor p = centred(yPred);
    Tensor norm = y.reduce(ReduceOp.L2, false, -1).mul(p.reduce(ReduceOp.L2, false, -1));
    return y.mul(p).sum(-1).div(norm.add(EPSILON));
  }

  /** Lin's: {@code 2*cov / (var(y) + var(p) + (mean(y) - mean(p))^2)}, 1 only when both are equal. */
  static Tensor concordance(Tensor yTrue, Tensor yPred) {
    Tensor labels = HostBatch.like("concordanceCorrelation", yTrue, yPred);
    Tensor covariance = centred(labels).mul(centred(yPred)).mean(-1);
    Tensor offset = labels.mean(-1).sub(yPred.mean(-1)).square();
    return covariance.mul(2).div(labels.variance(-1).add(yPred.variance(-1)).add(offset).add(EPSILON));
  }

  private static Tensor centred(Tensor x) {
    return x.sub(x.reduce(ReduceOp.MEAN, true, -1));
  }
}
