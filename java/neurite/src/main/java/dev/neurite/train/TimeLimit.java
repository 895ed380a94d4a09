package dev.neurite.train;

import java.time.Duration;

/**
 * Pauses the training once it has taken so long, after the batch in progress: the model keeps its weights, a
 * {@link BackupAndRestore} its backup, so that the same training can go on another time with the same bits.
 */
public final class TimeLimit implements Callback {

  private final Duration limit;
  private long start;

  private TimeLimit(Duration limit) {
    this.limit = limit;
  }

  /**
   * A limit counted from the start of {@code fit}.
   *
   * @throws IllegalArgumentException for a negative one
   */
  public static TimeLimit of(Duration limit) {
    if (limit.isNegative()) {
      throw new IllegalArgumentException("TimeLimit: expected 0 or more, given " + limit);
    }
    return new TimeLimit(limit);
  }

  @Override
  public void trainBegin(Run run) {
    start = System.nanoTime();
  }

  @Override
  public void batchEnd(Run run) {
    if (System.nanoTime() - start >= limit.toNanos()) {
      run.pause("the time limit of " + limit.toSeconds() + " s");
    }
  }
}
