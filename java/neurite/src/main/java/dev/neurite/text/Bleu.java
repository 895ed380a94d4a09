package dev.neurite.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * BLEU (Papineni et al. 2002): {@code BP * exp(mean over n of ln p_n)} with clipped n-gram precisions over the whole
 * corpus and the brevity penalty {@code BP = 1} if the candidates are longer than the references, else {@code exp(1 -
 * r/c)}.
 *
 * <p>Defaults: up to 4-grams, the reference length closest to the candidate's (the shorter at a tie), no smoothing: one
 * precision of 0 makes the score 0.
 *
 * <pre>{@code
 * Bleu bleu = Bleu.of(List.of("the cat the cat on the mat"), List.of(List.of("the cat is on the mat")));
 * bleu.score();       // 4-grams
 * bleu.score(2);      // BLEU-2
 * }</pre>
 *
 * @param matches clipped matches of n-grams, n from 1
 * @param totals n-grams of the candidates
 * @param candidateLength tokens of all candidates
 * @param referenceLength tokens of the closest references
 */
public record Bleu(List<Long> matches, List<Long> totals, long candidateLength, long referenceLength) {

  private static final int ORDER = 4;
  private static final double LITTLE = 0.1;

  /** What is done about precisions of 0 in short texts. */
  public enum Smoothing {
    /** Nothing: the score is 0. */
    NONE,
    /** {@code (matches + 1) / (totals + 1)} from bigrams on (Lin and Och 2004). */
    ADD_ONE,
    /** {@code 0.1 / max(totals, 1)} where nothing matches (Chen and Cherry 2014, method 1). */
    EPSILON
  }

  /** Copies the counts. */
  public Bleu {
    matches = List.copyOf(matches);
    totals = List.copyOf(totals);
  }

  /**
   * Scores texts whose tokens stand between white space.
   *
   * @param candidates one text per sentence
   * @param references for each sentence the texts it may be
   * @throws IllegalArgumentException when their numbers differ or a sentence has no reference
   */
  public static Bleu of(List<String> candidates, List<List<String>> references) {
    return ofTokens(
        candidates.stream().map(Tokens::words).toList(),
        references.stream().map(texts -> texts.stream().map(Tokens::words).toList()).toList());
  }

  /** Scores tokens. */
  public static Bleu ofTokens(List<List<String>> candidates, List<List<List<String>>> references) {
    if (candidates.size() != references.size()) {
      throw new IllegalArgumentException(
          "Bleu: expected references for " + candidates.size() + " candidates, given " + references.size());
    }
    long[] matches = new long[ORDER];
    long[] totals = new long[ORDER];
    long length = 0;
    long closest = 0;
    for (int i = 0; i < candidates.size(); i++) {
      List<String> candidate = candidates.get(i);
      if (references.get(i).isEmpty()) {
        throw new IllegalArgumentException("Bleu: expected at least one reference for sentence " + i + ", given none");
      }
      length += candidate.size();
      closest += closestLength(candidate.size(), references.get(i));
      for (int n = 1; n <= ORDER; n++) {
        totals[n - 1] += Math.max(0, candidate.size() - n + 1);
        matches[n - 1] += clipped(candidate, references.get(i), n);
      }
    }
    return new Bleu(boxed(matches), boxed(totals), length, closest);
  }

  private static List<Long> boxed(long[] v) {
    return java.util.Arrays.stream(v).boxed().toList();
  }

  private static long closestLength(int length, List<List<String>> references) {
    long best = -1;
    for (List<String> r : references) {
      long away = Math.abs(r.size() - length);
      long known = Math.abs(best - length);
      if (best < 0 || away < known || away == known && r.size() < best) {
        best = r.size();
      }
    }
    return best;
  }

  /** Matches of n-grams, each counted at most as often as the reference that has it most often. */
  private static long clipped(List<String> candidate, List<List<String>> references, int n) {
    Map<List<String>, Integer> most = new HashMap<>();
    for (List<String> r : references) {
      grams(r, n).forEach((gram, count) -> most.merge(gram, count, Math::max));
    }
    long sum = 0;
    for (Map.Entry<List<String>, Integer> e : grams(candidate, n).entrySet()) {
      sum += Math.min(e.getValue(), most.getOrDefault(e.getKey(), 0));
    }
    return sum;
  }

  private static Map<List<String>, Integer> grams(List<String> tokens, int n) {
    Map<List<String>, Integer> counts = new HashMap<>();
    for (int i = 0; i + n <= tokens.size(); i++) {
      counts.merge(new ArrayList<>(tokens.subList(i, i + n)), 1, Integer::sum);
    }
    return counts;
  }

  /** 1 when the candidates are longer than the references, else {@code exp(1 - r/c)}; 0 for empty candidates. */
  public double brevityPenalty() {
    if (candidateLength == 0) {
      return referenceLength == 0 ? 1 : 0;
    }
    return candidateLength >= referenceLength ? 1 : Math.exp(1 - (double) referenceLength / candidateLength);
  }

  /** The precision of n-grams; 0 when the candidates have none. */
  public double precision(int n) {
    return totals.get(n - 1) == 0 ? 0 : (double) matches.get(n - 1) / totals.get(n - 1);
  }

  /** BLEU-4 without smoothing. */
  public double score() {
    return score(ORDER);
  }

  /** BLEU up to n-grams, without smoothing. */
  public double score(int n) {
    return score(n, Smoothing.NONE);
  }

  /**
   * BLEU up to n-grams.
   *
   * @throws IllegalArgumentException unless n is from 1 to 4
   */
  public double score(int n, Smoothing smoothing) {
    if (n < 1 || n > ORDER) {
      throw new IllegalArgumentException("Bleu: expected n from 1 to " + ORDER + ", given " + n);
    }
    double sum = 0;
    for (int k = 1; k <= n; k++) {
      double p = smoothed(k, smoothing);
      if (p == 0) {
        return 0;
      }
      sum += Math.log(p);
    }
    return brevityPenalty() * Math.exp(sum / n);
  }

  private double smoothed(int n, Smoothing smoothing) {
    long hit = matches.get(n - 1);
    long all = totals.get(n - 1);
    return switch (smoothing) {
      case NONE -> precision(n);
      case ADD_ONE -> n == 1 ? precision(1) : (hit + 1.0) / (all + 1.0);
      case EPSILON -> hit == 0 ? LITTLE / Math.max(all, 1) : precision(n);
    };
  }
}
