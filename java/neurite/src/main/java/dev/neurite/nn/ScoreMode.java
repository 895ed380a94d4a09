package dev.neurite.nn;

/** How {@link Attention} scores a query q against a key k (Luong, Pham and Manning 2015). */
public enum ScoreMode {
  /** {@code q . k}. */
  DOT,
  /** {@code q . (kernel k)} with a trained kernel [query width, key width]. */
  GENERAL,
  /** {@code weight * sum(tanh(q + k))} with one trained weight, as in Keras. */
  CONCAT
}
