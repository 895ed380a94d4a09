package dev.neurite.nn;

/** How strictly stored values must fit a block. */
public enum Loading {
  /** Every entry must be there, none more, all of the right shape and type. */
  STRICT,
  /** As {@link #STRICT}, but floating values are converted to the parameter's type. */
  CONVERT,
  /** Entries whose path, shape and type fit are taken; the rest is left alone. */
  MATCHING
}
