package dev.neurite.data;

import dev.neurite.ops.Access;
import dev.neurite.ops.Current;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** Makes the batches of an epoch in a loader thread, a few ahead of the one who takes them. */
final class Prefetcher implements BatchIterator {

  private static final System.Logger LOG = System.getLogger("neurite.data");
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final long POLL_MILLIS = 100;
  private static final long REPORT_AFTER_MILLIS = 30_000;

  /** What the loader puts into the queue: a batch, the reason why there is none, or (both null) the end. */
  private record Item(Batch batch, Throwable failure) {}

  private final Loader loader;
  private final Thread thread;
  private Item next;
  private boolean ended;

  /** What opens the epoch whose batches are fetched, in the loader's thread. */
  interface Source {
    BatchIterator epoch(long seed, int epoch);
  }

  Prefetcher(Source source, long seed, int epoch, int depth) {
    loader = new Loader(source, seed, epoch, depth, new WeakReference<>(this));
    thread = new Thread(loader, "neurite-loader-" + NUMBER.incrementAndGet());
    thread.setDaemon(true);
    thread.start();
  }

  /** The loader thread's work. It knows its taker weakly: when a loop was left in the middle, it ends too. */
  private static final class Loader implements Runnable {
    private final Source source;
    private final long seed;
    private final int epoch;
    private final BlockingQueue<Item> queue;
    private final WeakReference<Prefetcher> taker;
    private volatile boolean stopped;

    Loader(Source source, long seed, int epoch, int depth, WeakReference<Prefetcher> taker) {
      this.source = source;
      this.seed = seed;
      this.epoch = epoch;
      this.queue = new ArrayBlockingQueue<>(depth);
      this.taker = taker;
    }

    @Override
    public void run() {
      try (BatchIterator batches = source.epoch(seed, epoch)) {
        while (!stopped && batches.hasNext()) {
          put(new Item(batches.next(), null));
        }
        put(new Item(null, null));
      } catch (Throwable failure) { // whatever it is, the taker must see it instead of waiting for ever
        put(new Item(null, failure));
      } finally {
        if (stopped) {
          drain();
        }
      }
    }

    private void put(Item item) {
      boolean done = false;
      while (!done && !stopped) {
        try {
          done = queue.offer(item, POLL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
          stopped = true;
        }
        if (taker.get() == null) {
          stopped = true;
        }
      }
      if (!done && item.batch != null) {
        item.batch.close();
      }
    }

    void drain() {
      for (Item item = queue.poll(); item != null; item = queue.poll()) {
        if (item.batch != null) {
          item.batch.close();
        }
      }
    }
  }

  @Override
  public boolean hasNext() {
    if (next == null && !ended) {
      next = take();
      if (next.batch == null) {
        Throwable failure = next.failure;
        close();
        if (failure instanceof Error e) {
          throw e;
        }
        if (failure != null) {
          throw (RuntimeException) failure; // data sets throw no checked exceptions
        }
      }
    }
    return next != null;
  }

  private Item take() {
    long waited = 0;
    while (true) {
      try {
        Item item = loader.queue.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (item != null) {
          return item;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException("Dataset: interrupted while waiting for the next batch");
      }
      waited += POLL_MILLIS;
      if (waited % REPORT_AFTER_MILLIS == 0) {
        String stack = Arrays.stream(thread.getStackTrace()).map(f -> "\n    at " + f).collect(Collectors.joining());
        LOG.log(
            System.Logger.Level.WARNING,
            "no batch from {0} for {1} s; it is at{2}", thread.getName(), waited / 1000, stack);
      }
    }
  }

  @Override
  public Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("Dataset: the epoch has no more batches");
    }
    Batch batch = next.batch;
    next = null;
    Access tensors = Access.tensors();
    batch.tensors().forEach(t -> tensors.adopt(t, Current.get().scope));
    return batch;
  }

  @Override
  public void close() {
    ended = true;
    loader.stopped = true;
    if (next != null && next.batch != null) {
      next.batch.close();
    }
    next = null;
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      loader.drain();
      try {
        thread.join(POLL_MILLIS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    loader.drain();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
