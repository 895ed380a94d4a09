package dev.neurite.loss;

/** How the values of single samples become the loss of a batch. Weights multiply the values first. */
public enum Reduction {
  /** The weighted sum divided by the number of samples (or steps), whatever the weights; the default. */
  SUM_OVER_BATCH,
  /** The weighted sum. */
  SUM,
  /** One weighted value per sample, not reduced. */
  NONE,
  /** The weighted sum divided by the sum of the weights. */
  WEIGHTED_MEAN
}
