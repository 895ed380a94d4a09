package dev.neurite.tensor;

/**
 * Complex numbers as two tensors of one shape.
 *
 * @param real real parts
 * @param imaginary imaginary parts
 */
public record Complex(Tensor real, Tensor imaginary) {

  /** {@code sqrt(real^2 + imaginary^2)}. */
  public Tensor magnitude() {
    return Elementwise.hypot(real, imaginary);
  }

  /** {@code real^2 + imaginary^2}. */
  public Tensor power() {
    return real.square().add(imaginary.square());
  }

  /** Angle in (-pi, pi]. */
  public Tensor phase() {
    return Elementwise.atan2(imaginary, real);
  }
}
