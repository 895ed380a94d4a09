package dev.neurite.ops;

import dev.neurite.tensor.Param;

/**
 * The packed form of a parameter at one version, lent to a kernel: it stays valid until {@link #close()}, also when the
 * parameter changes or is closed meanwhile.
 */
public interface Packed extends AutoCloseable {

  /** When a form is made. */
  enum When {
    /**
     * From the second request on for the same values: a training step that uses a weight once costs neither time nor
     * memory. The kernels must give the same bits without the form, or history would change results.
     */
    REPEATED,
    /** At the first request, for kernels that read nothing else. */
    ALWAYS
  }

  /**
   * The form of the parameter's present values, or null where {@link When#REPEATED} says not yet (or memory is short).
   * To be closed by the caller.
   */
  static Packed of(Param p, Packing packing, When when) {
    return Access.tensors().packed(p, packing, when);
  }

  /** Where the form begins. */
  long addr();

  @Override
  void close();
}
