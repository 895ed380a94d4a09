package dev.neurite.train;

import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How the values of a tensor are spread: counts in intervals of one width between the smallest and the largest. Values
 * that are not finite are left out and counted by themselves.
 *
 * @param min smallest finite value; 0 when there is none
 * @param max largest finite value
 * @param sum of the finite values
 * @param sumSquares of the finite values
 * @param limits right end of each interval, included; the last one is max
 * @param counts values in each interval
 * @param notFinite NaN and infinities
 */
public record Histogram(
    double min, double max, double sum, double sumSquares, List<Double> limits, List<Long> counts, long notFinite) {

  /** Intervals unless said otherwise. */
  public static final int INTERVALS = 30;

  /** Copies the lists. */
  public Histogram {
    limits = List.copyOf(limits);
    counts = List.copyOf(counts);
  }

  /** The histogram of a tensor's values, in {@value #INTERVALS} intervals. */
  public static Histogram of(Tensor t) {
    return of(t.toDoubles(), INTERVALS);
  }

  /**
   * The histogram of numbers.
   *
   * @param intervals 1 or more; equal numbers make one
   */
  public static Histogram of(double[] all, int intervals) {
    if (intervals < 1) {
      throw new IllegalArgumentException("Histogram: expected 1 interval or more, given " + intervals);
    }
    double[] values = Arrays.stream(all).filter(Double::isFinite).toArray();
    if (values.length == 0) {
      return new Histogram(0, 0, 0, 0, List.of(), List.of(), all.length);
    }
    double min = Arrays.stream(values).min().getAsDouble();
    double max = Arrays.stream(values).max().getAsDouble();
    int n = min == max ? 1 : intervals;
    long[] counts = new long[n];
    double sum = 0;
    double squares = 0;
    for (double v : values) {
      sum += v;
      squares += v * v;
      counts[Math.max(0, Math.min(n - 1, (int) ((v - min) / (max - min) * n)))]++;
    }
    List<Double> limits = new ArrayList<>();
    for (int i = 1; i <= n; i++) {
      limits.add(i == n ? max : min + (max - min) * i / n);
    }
    return new Histogram(
        min, max, sum, squares, limits, Arrays.stream(counts).boxed().toList(), all.length - values.length);
  }

  /** Finite values counted. */
  public long count() {
    return counts.stream().mapToLong(Long::longValue).sum();
  }
}
