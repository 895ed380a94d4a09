package dev.neurite.tensor;

/**
 * Where a tensor's memory is and its kernels run.
 *
 * @param kind CPU or CUDA
 * @param index number of the device of its kind, from 0
 */
public record Device(Kind kind, int index) {

  /** Kinds of devices. */
  public enum Kind {
    /** The host processor. */
    CPU,
    /** An NVIDIA GPU. */
    CUDA
  }

  /** The host processor. */
  public static final Device CPU = new Device(Kind.CPU, 0);

  /** The NVIDIA GPU with the given number. */
  public static Device cuda(int index) {
    return new Device(Kind.CUDA, index);
  }

  /** {@code cpu} or {@code cuda:0}. */
  @Override
  public String toString() {
    return kind == Kind.CPU ? "cpu" : "cuda:" + index;
  }
}
