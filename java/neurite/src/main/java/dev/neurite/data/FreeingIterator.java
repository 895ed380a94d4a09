package dev.neurite.data;

import java.util.Iterator;

/** What a loop over a data set uses: frees each batch when the next one is asked for. */
final class FreeingIterator implements Iterator<Batch> {

  private final BatchIterator source;
  private Batch last;

  FreeingIterator(BatchIterator source) {
    this.source = source;
  }

  @Override
  public boolean hasNext() {
    boolean more = source.hasNext();
    if (!more) {
      free();
      source.close();
    }
    return more;
  }

  @Override
  public Batch next() {
    free();
    last = source.next();
    return last;
  }

  private void free() {
    if (last != null) {
      last.close();
      last = null;
    }
  }
}
