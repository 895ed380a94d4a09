package dev.neurite.data;

import java.util.ArrayDeque;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** An epoch of a mapped data set whose map functions run on several batches at a time; the order stays. */
final class ParallelMap implements BatchIterator {

  private final MappedDataset mapped;
  private final BatchIterator raw;
  private final long seed;
  private final int epoch;
  private final int threads;
  private final ExecutorService workers;
  private final Queue<Future<Batch>> started = new ArrayDeque<>();
  private long number;

  ParallelMap(MappedDataset mapped, long seed, int epoch, int threads) {
    this.mapped = mapped;
    this.seed = seed;
    this.epoch = epoch;
    this.threads = threads;
    raw = mapped.unmapped().epoch(seed, epoch);
    workers = Executors.newFixedThreadPool(threads, task -> {
      Thread t = new Thread(task, Thread.currentThread().getName() + "-map");
      t.setDaemon(true);
      return t;
    });
  }

  @Override
  public boolean hasNext() {
    while (started.size() < threads && raw.hasNext()) {
      Batch batch = raw.next();
      long position = number++;
      started.add(workers.submit(() -> mapped.applyAll(batch, seed, epoch, position)));
    }
    return !started.isEmpty();
  }

  @Override
  public Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("Dataset: the epoch has no more batches");
    }
    try {
      return started.remove().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) e.getCause(); // map functions throw no checked exceptions
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("Dataset: interrupted while waiting for a batch");
    }
  }

  /** Lets what has been started end, and frees it. */
  @Override
  public void close() {
    raw.close();
    workers.shutdown();
    boolean interrupted = false;
    while (!started.isEmpty()) {
      try {
        started.element().get().close();
        started.remove();
      } catch (ExecutionException e) {
        started.remove(); // the first failure has been reported
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    while (!workers.isTerminated()) {
      try {
        workers.awaitTermination(1, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
