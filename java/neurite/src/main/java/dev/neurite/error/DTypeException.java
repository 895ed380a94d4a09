package dev.neurite.error;

/** A tensor has an element type an op cannot take, or two tensors' types do not match. */
public final class DTypeException extends NeuriteException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message who, expected, given; details on further lines
   */
  public DTypeException(String message) {
    super(message, null);
  }

  /**
   * Creates the exception with its cause.
   *
   * @param message who, expected, given; details on further lines
   * @param cause what led to it
   */
  public DTypeException(String message, Throwable cause) {
    super(message, cause);
  }
}
