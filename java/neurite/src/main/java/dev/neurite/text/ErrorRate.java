package dev.neurite.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Word or character error rate: insertions, deletions and substitutions that turn the hypotheses into the references,
 * summed over the corpus and divided by the references' length. It exceeds 1 when hypotheses are much too long.
 *
 * @param edits edits of each sentence
 * @param referenceLength tokens of all references
 */
public record ErrorRate(List<Long> edits, long referenceLength) {

  /** Copies the list. */
  public ErrorRate {
    edits = List.copyOf(edits);
  }

  /** Of words between white space. */
  public static ErrorRate ofWords(List<String> references, List<String> hypotheses) {
    return of(
        references.stream().map(Tokens::words).toList(), hypotheses.stream().map(Tokens::words).toList());
  }

  /** Of characters (code points), spaces included. */
  public static ErrorRate ofCharacters(List<String> references, List<String> hypotheses) {
    return of(
        references.stream().map(Tokens::characters).toList(), hypotheses.stream().map(Tokens::characters).toList());
  }

  /**
   * Of any tokens.
   *
   * @throws IllegalArgumentException when the numbers of sentences differ
   */
  public static <T> ErrorRate of(List<List<T>> references, List<List<T>> hypotheses) {
    if (references.size() != hypotheses.size()) {
      throw new IllegalArgumentException(
          "ErrorRate: expected " + references.size() + " hypotheses, given " + hypotheses.size());
    }
    List<Long> edits = new ArrayList<>();
    long length = 0;
    for (int i = 0; i < references.size(); i++) {
      edits.add(distance(references.get(i), hypotheses.get(i)));
      length += references.get(i).size();
    }
    return new ErrorRate(edits, length);
  }

  /** All edits over the references' length; 0 for empty references and no edits, infinite with edits. */
  public double rate() {
    long sum = edits.stream().mapToLong(Long::longValue).sum();
    return sum == 0 ? 0 : (double) sum / referenceLength;
  }

  /** Levenshtein's distance (1966), in memory for one row. */
  public static <T> long distance(List<T> a, List<T> b) {
    long[] row = new long[b.size() + 1];
    for (int j = 0; j <= b.size(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.size(); i++) {
      long corner = row[0];
      row[0] = i;
      for (int j = 1; j <= b.size(); j++) {
        long replaced = corner + (a.get(i - 1).equals(b.get(j - 1)) ? 0 : 1);
        corner = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.size()];
  }
}
