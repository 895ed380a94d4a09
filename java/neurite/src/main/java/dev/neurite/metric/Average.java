package dev.neurite.metric;

/** How the scores of several classes become one. */
public enum Average {
  /** One score per class. */
  NONE,
  /** The score of all decisions together. */
  MICRO,
  /** The mean over classes. */
  MACRO,
  /** The mean over classes, weighed by how often each occurs in the labels. */
  WEIGHTED
}
