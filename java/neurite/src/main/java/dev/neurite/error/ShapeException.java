package dev.neurite.error;

/** A tensor has a shape an op, layer or loss cannot take. */
public final class ShapeException extends NeuriteException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message who, expected, given; details on further lines
   */
  public ShapeException(String message) {
    super(message, null);
  }

  /**
   * Creates the exception with its cause.
   *
   * @param message who, expected, given; details on further lines
   * @param cause what led to it
   */
  public ShapeException(String message, Throwable cause) {
    super(message, cause);
  }
}
