package dev.neurite.nn;

/** What {@link Pad1D}, {@link Pad2D} and {@link Pad3D} put around their input {@code a b c d}. */
public enum PadMode {
  /** One value: {@code 0 0 | a b c d | 0 0}. */
  CONSTANT,
  /** The mirror image without the border cell: {@code c b | a b c d | c b}; widths below the length. */
  REFLECT,
  /** The border cell: {@code a a | a b c d | d d}. */
  REPLICATE,
  /** The other end: {@code c d | a b c d | a b}; widths up to the length. */
  CIRCULAR
}
