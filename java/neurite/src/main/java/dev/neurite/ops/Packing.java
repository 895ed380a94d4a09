package dev.neurite.ops;

import dev.neurite.tensor.Param;

/**
 * One way of laying out a parameter for kernels. Parameters file their packed forms under it, so equality matters:
 * constants or records, and whatever changes the form (side, transposition, precision mode, ISA level where a process can
 * have several) belongs into it.
 */
public interface Packing {

  /** Bytes of the form. */
  long bytes(Param p);

  /** Writes the form of the parameter's present values to an address of the parameter's device. */
  void pack(Param p, long address);
}
