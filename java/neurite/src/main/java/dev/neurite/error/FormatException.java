package dev.neurite.error;

/** A file or stream is damaged or not of the expected format; carries the file, the offset and the reason. */
public final class FormatException extends NeuriteException {

  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offset;
  private final String reason;

  /**
   * Creates the exception.
   *
   * @param file the file's name or what stands for it
   * @param offset byte offset (or line number, where the reason says so) of the fault; -1 if it concerns the whole file
   * @param reason what is wrong, with the values seen and expected
   */
  public FormatException(String file, long offset, String reason) {
    this(file, offset, reason, null);
  }

  /**
   * Creates the exception with its cause.
   *
   * @param file the file's name or what stands for it
   * @param offset byte offset of the fault, or -1
   * @param reason what is wrong
   * @param cause what led to it
   */
  public FormatException(String file, long offset, String reason, Throwable cause) {
    super(file + (offset >= 0 ? " at " + offset : "") + ": " + reason, cause);
    this.file = file;
    this.offset = offset;
    this.reason = reason;
  }

  /** The file's name or what stands for it. */
  public String file() {
    return file;
  }

  /** Offset of the fault, or -1. */
  public long offset() {
    return offset;
  }

  /** What is wrong. */
  public String reason() {
    return reason;
  }
}
