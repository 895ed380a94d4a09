package dev.neurite.error;

/** A device is absent, unusable, or two tensors live on different devices. */
public final class DeviceException extends NeuriteException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message who, expected, given; details on further lines
   */
  public DeviceException(String message) {
    super(message, null);
  }

  /**
   * Creates the exception with its cause.
   *
   * @param message who, expected, given; details on further lines
   * @param cause what led to it
   */
  public DeviceException(String message, Throwable cause) {
    super(message, cause);
  }
}
