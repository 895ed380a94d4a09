package dev.neurite.error;

/** The native library is missing, does not match, or failed inside. */
public final class NativeException extends NeuriteException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message who, expected, given; details on further lines
   */
  public NativeException(String message) {
    super(message, null);
  }

  /**
   * Creates the exception with its cause.
   *
   * @param message who, expected, given; details on further lines
   * @param cause what led to it
   */
  public NativeException(String message, Throwable cause) {
    super(message, cause);
  }
}
