package dev.neurite.error;

/** Device memory is used up: the message names the request, the memory in use and the limit. */
public final class OutOfMemoryException extends NeuriteException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message who, expected, given; details on further lines
   */
  public OutOfMemoryException(String message) {
    super(message, null);
  }

  /**
   * Creates the exception with its cause.
   *
   * @param message who, expected, given; details on further lines
   * @param cause what led to it
   */
  public OutOfMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
