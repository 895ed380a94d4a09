package dev.neurite.text;

import java.util.Arrays;
import java.util.stream.IntStream;

/** From logits to the probabilities a next token is drawn with. */
public final class Sampling {

  private Sampling() {}

  /** {@code softmax(logits / temperature)}; below 1 sharper, above 1 flatter. */
  public static double[] temperature(double[] logits, double temperature) {
    if (!(temperature > 0)) {
      throw new IllegalArgumentException("Sampling: expected a temperature above 0, given " + temperature);
    }
    double largest = Arrays.stream(logits).max().orElse(0);
    double[] p = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.exp((logits[i] - largest) / temperature);
      sum += p[i];
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= sum;
    }
    return p;
  }

  /** Probabilities of the k most likely tokens, 0 for the others; at a tie the first. */
  public static double[] topK(double[] logits, int k) {
    if (k < 1) {
      throw new IllegalArgumentException("Sampling: expected k of at least 1, given " + k);
    }
    double[] p = temperature(logits, 1);
    return renormalised(p, Arrays.stream(byProbability(p)).limit(k).toArray());
  }

  /**
   * Probabilities of the smallest set of most likely tokens that together reach p (nucleus sampling, Holtzman et al.
   * 2020), 0 for the others.
   */
  public static double[] topP(double[] logits, double p) {
    if (!(p > 0 && p <= 1)) {
      throw new IllegalArgumentException("Sampling: expected p in (0, 1], given " + p);
    }
    double[] all = temperature(logits, 1);
    int[] order = byProbability(all);
    double sum = 0;
    int kept = 0;
    while (kept < order.length && sum < p) {
      sum += all[order[kept++]];
    }
    return renormalised(all, Arrays.copyOf(order, kept));
  }

  /** Which token a uniform number in [0, 1) draws. */
  public static int draw(double[] probabilities, double uniform) {
    double sum = 0;
    int last = 0;
    for (int i = 0; i < probabilities.length; i++) {
      if (probabilities[i] > 0) {
        sum += probabilities[i];
        last = i;
        if (uniform < sum) {
          return i;
        }
      }
    }
    return last; // rounding left the sum below 1
  }

  private static int[] byProbability(double[] p) {
    return IntStream.range(0, p.length).boxed()
        .sorted((a, b) -> Double.compare(p[b], p[a]))
        .mapToInt(Integer::intValue).toArray();
  }

  private static double[] renormalised(double[] p, int[] kept) {
    double sum = Arrays.stream(kept).mapToDouble(i -> p[i]).sum();
    double[] out = new double[p.length];
    for (int i : kept) {
      out[i] = p[i] / sum;
    }
    return out;
  }
}
