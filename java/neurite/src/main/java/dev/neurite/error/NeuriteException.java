package dev.neurite.error;

/**
 * Root of everything Neurite throws by itself. The first line of the message says who complains, what was expected
 * and what was given; details and a way out follow on further lines.
 *
 * <p>Wrong arguments that are not shapes stay {@link IllegalArgumentException}; a wrong order of calls stays
 * {@link IllegalStateException}.
 */
public abstract sealed class NeuriteException extends RuntimeException
    permits ShapeException,
        DTypeException,
        DeviceException,
        TensorClosedException,
        OutOfMemoryException,
        NumericsException,
        FormatException,
        NativeException {

  private static final long serialVersionUID = 1L;

  private String path = "";

  NeuriteException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * Puts an outer layer's name in front of the path at which the error happened; called while the exception passes
   * {@code Layer.call}, so that the good path pays nothing.
   *
   * @param name name of the layer or model the exception leaves
   */
  public final void leaving(String name) {
    path = path.isEmpty() ? name : name + "." + path;
  }

  /** Path of the layer in which the error happened ({@code head.fc2}), or an empty string. */
  public final String path() {
    return path;
  }

  /** The message, followed by a line with the layer path when the error passed a layer. */
  @Override
  public String getMessage() {
    return path.isEmpty() ? super.getMessage() : super.getMessage() + "\n  in layer '" + path + "'";
  }

  /** The message without the layer path. */
  public final String plainMessage() {
    return super.getMessage();
  }
}
