package dev.neurite.tensor;

import java.lang.ref.Cleaner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The net beneath tensors that belong to no scope: freed once unreachable. */
final class Collector {

  static final Cleaner CLEANER = Cleaner.create();

  private static final long QUIET_MILLIS = 10;

  private Collector() {}

  /** What a collected loose tensor leaves behind. */
  record Leftover(Storage storage) implements Runnable {
    @Override
    public void run() {
      Storage.LOOSE.decrementAndGet();
      storage.release();
    }
  }

  /** One collection, as the allocator's last resort, then waits until the cleaner has run what it found. */
  static void collectOnce() {
    CountDownLatch done = new CountDownLatch(1);
    registerMarker(done);
    System.gc();
    try {
      done.await(2, TimeUnit.SECONDS);
      awaitTheRest();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The queue is worked on in no particular order: tensors found with the marker may come after it. */
  private static void awaitTheRest() throws InterruptedException {
    long before;
    do {
      before = Storage.LOOSE.get();
      TimeUnit.MILLISECONDS.sleep(QUIET_MILLIS);
    } while (Storage.LOOSE.get() != before);
  }

  /** An object that is garbage as soon as this returns: when its action runs, the queue has been worked on. */
  private static void registerMarker(CountDownLatch done) {
    CLEANER.register(new Object(), done::countDown);
  }
}
