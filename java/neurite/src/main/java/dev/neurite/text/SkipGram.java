package dev.neurite.text;

import java.util.ArrayList;
import java.util.List;

/** Training pairs and sampling rules of word2vec (Mikolov et al. 2013), and GloVe's counts (Pennington et al. 2014). */
public final class SkipGram {

  /** Power of the counts when negatives are drawn. */
  public static final double POWER = 0.75;

  private SkipGram() {}

  /** A word and one of its neighbours. */
  public record Pair<T>(T center, T context) {}

  /** Every token with each neighbour at most {@code window} places away, from left to right. */
  public static <T> List<Pair<T>> pairs(List<T> tokens, int window) {
    requireWindow(window);
    List<Pair<T>> out = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      for (int k = Math.max(0, i - window); k <= Math.min(tokens.size() - 1, i + window); k++) {
        if (k != i) {
          out.add(new Pair<>(tokens.get(i), tokens.get(k)));
        }
      }
    }
    return out;
  }

  private static void requireWindow(int window) {
    if (window < 1) {
      throw new IllegalArgumentException("SkipGram: expected a window of at least 1, given " + window);
    }
  }

  /** Probabilities of drawing negatives: {@code count^power}, divided by their sum. */
  public static double[] negativeProbabilities(double[] counts, double power) {
    double[] p = new double[counts.length];
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.pow(counts[i], power);
      sum += p[i];
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= sum;
    }
    return p;
  }

  /** Probabilities of keeping frequent words: {@code min(1, sqrt(threshold / frequency))}. */
  public static double[] keepProbabilities(double[] counts, double threshold) {
    double sum = 0;
    for (double c : counts) {
      sum += c;
    }
    double[] keep = new double[counts.length];
    for (int i = 0; i < keep.length; i++) {
      keep[i] = counts[i] == 0 ? 1 : Math.min(1, Math.sqrt(threshold * sum / counts[i]));
    }
    return keep;
  }

  /**
   * How often words stand near each other, in both directions.
   *
   * @param ids the text
   * @param vocabulary number of words
   * @param window largest distance
   * @param byDistance whether a neighbour at distance d counts 1/d (GloVe) instead of 1
   * @return [vocabulary][vocabulary], symmetric
   */
  public static double[][] cooccurrence(long[] ids, int vocabulary, int window, boolean byDistance) {
    requireWindow(window);
    double[][] counts = new double[vocabulary][vocabulary];
    for (int i = 0; i < ids.length; i++) {
      for (int k = i + 1; k <= Math.min(ids.length - 1, i + window); k++) {
        double weight = byDistance ? 1.0 / (k - i) : 1;
        int a = Math.toIntExact(ids[i]);
        int b = Math.toIntExact(ids[k]);
        counts[a][b] += weight;
        counts[b][a] += weight;
      }
    }
    return counts;
  }
}
