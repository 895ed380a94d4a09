package dev.neurite.error;

/** A computation produced NaN or an infinity where that was to be reported. */
public final class NumericsException extends NeuriteException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message who, expected, given; details on further lines
   */
  public NumericsException(String message) {
    super(message, null);
  }

  /**
   * Creates the exception with its cause.
   *
   * @param message who, expected, given; details on further lines
   * @param cause what led to it
   */
  public NumericsException(String message, Throwable cause) {
    super(message, cause);
  }
}
