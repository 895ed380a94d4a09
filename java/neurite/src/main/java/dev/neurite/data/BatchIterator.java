package dev.neurite.data;

import java.util.Iterator;

/**
 * The batches of one epoch. Each batch belongs to whoever takes it (to the innermost open scope, where there is one);
 * closing the iterator stops its loader threads.
 */
public interface BatchIterator extends Iterator<Batch>, AutoCloseable {

  /** Stops loading and frees what was loaded but not taken. Closing twice is harmless. */
  @Override
  void close();
}
