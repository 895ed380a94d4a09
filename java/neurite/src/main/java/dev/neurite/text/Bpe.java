package dev.neurite.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Byte-pair encoding of words (Sennrich et al. 2016): words are characters and an end mark {@value #END}; the most
 * frequent adjacent pair is merged, again and again. Equally frequent pairs: the smaller in code-point order. A new
 * word is encoded by applying the merges in the order they were learnt.
 */
public final class Bpe {

  /** Marks the end of a word. */
  public static final String END = "</w>";

  /** Two symbols side by side. */
  public record Pair(String left, String right) {
    String merged() {
      return left + right;
    }
  }

  private final List<Pair> merges;
  private final List<Long> counts;
  private final Map<Pair, Integer> ranks = new HashMap<>();

  private Bpe(List<Pair> merges, List<Long> counts) {
    this.merges = List.copyOf(merges);
    this.counts = List.copyOf(counts);
    for (int i = 0; i < merges.size(); i++) {
      ranks.putIfAbsent(merges.get(i), i);
    }
  }

  /** The merged pairs, in the order learnt. */
  public List<Pair> merges() {
    return merges;
  }

  /** How often each pair stood in the text when it was merged; empty for merges given from elsewhere. */
  public List<Long> counts() {
    return counts;
  }

  /** Merges learnt elsewhere. */
  public static Bpe of(List<Pair> merges) {
    return new Bpe(merges, List.of());
  }

  /**
   * Learns merges.
   *
   * @param words words and how often they occur
   * @param merges number of merges; fewer when no pair is left
   */
  public static Bpe learn(Map<String, Long> words, int merges) {
    if (merges < 0) {
      throw new IllegalArgumentException("Bpe: expected at least 0 merges, given " + merges);
    }
    Map<String, List<String>> split = new LinkedHashMap<>();
    words.keySet().forEach(w -> split.put(w, symbols(w)));
    List<Pair> learnt = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    for (int i = 0; i < merges; i++) {
      Map.Entry<Pair, Long> best = mostFrequent(words, split);
      if (best == null) {
        break;
      }
      learnt.add(best.getKey());
      counts.add(best.getValue());
      split.replaceAll((w, symbols) -> merge(symbols, best.getKey()));
    }
    return new Bpe(learnt, counts);
  }

  private static Map.Entry<Pair, Long> mostFrequent(Map<String, Long> words, Map<String, List<String>> split) {
    Map<Pair, Long> frequency = new HashMap<>();
    split.forEach((word, symbols) -> {
      for (int k = 0; k + 1 < symbols.size(); k++) {
        frequency.merge(new Pair(symbols.get(k), symbols.get(k + 1)), words.get(word), Long::sum);
      }
    });
    Map.Entry<Pair, Long> best = null;
    for (Map.Entry<Pair, Long> e : frequency.entrySet()) {
      if (best == null || e.getValue() > best.getValue()
          || e.getValue().equals(best.getValue()) && before(e.getKey(), best.getKey())) {
        best = e;
      }
    }
    return best;
  }

  private static boolean before(Pair a, Pair b) {
    int left = Vocabulary.CODE_POINTS.compare(a.left, b.left);
    return left < 0 || left == 0 && Vocabulary.CODE_POINTS.compare(a.right, b.right) < 0;
  }

  private static List<String> symbols(String word) {
    List<String> out = new ArrayList<>(Tokens.characters(word));
    out.add(END);
    return out;
  }

  /** All occurrences of a pair merged, from left to right. */
  private static List<String> merge(List<String> symbols, Pair pair) {
    List<String> out = new ArrayList<>(symbols.size());
    for (int i = 0; i < symbols.size(); i++) {
      boolean here = i + 1 < symbols.size() && symbols.get(i).equals(pair.left) && symbols.get(i + 1).equals(pair.right);
      out.add(here ? pair.merged() : symbols.get(i));
      i += here ? 1 : 0;
    }
    return out;
  }

  /** The symbols of a word. */
  public List<String> encode(String word) {
    List<String> symbols = symbols(word);
    while (true) {
      Pair best = null;
      for (int k = 0; k + 1 < symbols.size(); k++) {
        Pair pair = new Pair(symbols.get(k), symbols.get(k + 1));
        if (ranks.containsKey(pair) && (best == null || ranks.get(pair) < ranks.get(best))) {
          best = pair;
        }
      }
      if (best == null) {
        return symbols;
      }
      symbols = merge(symbols, best);
    }
  }
}
