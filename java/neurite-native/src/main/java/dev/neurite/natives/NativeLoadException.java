package dev.neurite.natives;

/** The native library could not be found, loaded or used; the message lists what was tried. */
public final class NativeLoadException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message who, expected, given, and what to do
   * @param cause what the Java runtime or JavaCPP threw, or null
   */
  public NativeLoadException(String message, Throwable cause) {
    super(message, cause);
  }
}
