package dev.neurite.error;

/** A tensor was used after its memory had been given back. */
public final class TensorClosedException extends NeuriteException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message who, expected, given; details on further lines
   */
  public TensorClosedException(String message) {
    super(message, null);
  }

  /**
   * Creates the exception with its cause.
   *
   * @param message who, expected, given; details on further lines
   * @param cause what led to it
   */
  public TensorClosedException(String message, Throwable cause) {
    super(message, cause);
  }
}
