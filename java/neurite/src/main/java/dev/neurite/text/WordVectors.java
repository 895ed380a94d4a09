package dev.neurite.text;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Words and their vectors, with the questions a course asks of them: similarity, neighbours, analogies and debiasing.
 *
 * <pre>{@code
 * WordVectors glove = WordVectors.read(Path.of("glove.6B.50d.txt"));
 * glove.analogy("man", "woman", "king");      // queen
 * }</pre>
 */
public final class WordVectors {

  private final List<String> words;
  private final double[][] vectors;
  private final Map<String, Integer> places = new HashMap<>();

  private WordVectors(List<String> words, double[][] vectors) {
    this.words = List.copyOf(words);
    this.vectors = vectors;
    for (int i = 0; i < words.size(); i++) {
      places.putIfAbsent(words.get(i), i);
    }
  }

  /**
   * Vectors in memory.
   *
   * @param vectors one per word, all of one length
   */
  public static WordVectors of(List<String> words, double[][] vectors) {
    if (words.size() != vectors.length || Arrays.stream(vectors).anyMatch(v -> v.length != vectors[0].length)) {
      throw new IllegalArgumentException(
          "WordVectors: expected one vector per word, all of one length, given " + words.size() + " words and "
              + vectors.length + " vectors");
    }
    return new WordVectors(words, Arrays.stream(vectors).map(double[]::clone).toArray(double[][]::new));
  }

  /**
   * Reads GloVe's text, word2vec's text (a first line with count and width) or, from a name that ends with {@code
   * .bin}, word2vec's binary form.
   *
   * @throws dev.neurite.error.FormatException for a damaged file, with line or byte
   */
  public static WordVectors read(Path file) {
    return WordVectorFiles.read(file);
  }

  /** Number of words. */
  public int size() {
    return words.size();
  }

  /** Length of the vectors. */
  public int width() {
    return vectors.length == 0 ? 0 : vectors[0].length;
  }

  /** The words, in the file's order. */
  public List<String> words() {
    return words;
  }

  /** Whether the word is there. */
  public boolean contains(String word) {
    return places.containsKey(word);
  }

  /** The word's vector. @throws IllegalArgumentException for a word that is not there */
  public double[] vector(String word) {
    Integer i = places.get(word);
    if (i == null) {
      throw new IllegalArgumentException("WordVectors: expected one of " + size() + " words, given '" + word + "'");
    }
    return vectors[i].clone();
  }

  /** {@code u.v / (|u| |v|)}; 0 when one of them is 0. */
  public static double cosine(double[] u, double[] v) {
    double norms = Math.sqrt(dot(u, u)) * Math.sqrt(dot(v, v));
    return norms == 0 ? 0 : dot(u, v) / norms;
  }

  private static double dot(double[] u, double[] v) {
    double sum = 0;
    for (int i = 0; i < u.length; i++) {
      sum += u[i] * v[i];
    }
    return sum;
  }

  /** Cosine of two words. */
  public double similarity(String a, String b) {
    return cosine(vector(a), vector(b));
  }

  /** The cosine of every word's vector with the given one. */
  public double[] similarities(double[] v) {
    return Arrays.stream(vectors).mapToDouble(w -> cosine(v, w)).toArray();
  }

  /** The n words nearest by cosine, the word itself left out. */
  public List<String> nearest(String word, int n) {
    double[] s = similarities(vector(word));
    return IntStream.range(0, size()).filter(i -> !words.get(i).equals(word)).boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> s[i]).reversed())
        .limit(n).map(words::get).toList();
  }

  /** {@code a is to b as c is to ...}: the word nearest to {@code b - a + c} by cosine, the three left out. */
  public String analogy(String a, String b, String c) {
    return best(analogyScores(a, b, c), Set.of(a, b, c));
  }

  /** The cosine of every word with {@code b - a + c}. */
  public double[] analogyScores(String a, String b, String c) {
    double[] target = plus(minus(vector(b), vector(a)), vector(c), 1);
    return similarities(target);
  }

  /** The form of the course: the word w whose {@code w - c} points most like {@code b - a}; the three score -2. */
  public String analogyByDifference(String a, String b, String c) {
    return best(differenceScores(a, b, c), Set.of());
  }

  /** The scores of {@link #analogyByDifference}. */
  public double[] differenceScores(String a, String b, String c) {
    double[] difference = minus(vector(b), vector(a));
    Set<String> asked = Set.of(a, b, c);
    double[] origin = vector(c);
    return IntStream.range(0, size())
        .mapToDouble(i -> asked.contains(words.get(i)) ? -2 : cosine(difference, minus(vectors[i], origin)))
        .toArray();
  }

  private String best(double[] scores, Set<String> without) {
    int best = -1;
    for (int i = 0; i < scores.length; i++) {
      if (!without.contains(words.get(i)) && (best < 0 || scores[i] > scores[best])) {
        best = i;
      }
    }
    if (best < 0) {
      throw new IllegalStateException("WordVectors: no word is left to answer with");
    }
    return words.get(best);
  }

  private static double[] minus(double[] u, double[] v) {
    return plus(u, v, -1);
  }

  private static double[] plus(double[] u, double[] v, double factor) {
    double[] out = new double[u.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = u[i] + factor * v[i];
    }
    return out;
  }

  private static double[] times(double[] u, double factor) {
    return Arrays.stream(u).map(e -> e * factor).toArray();
  }

  /** The part of e along g. */
  private static double[] along(double[] e, double[] g) {
    return times(g, dot(e, g) / dot(g, g));
  }

  /** e without its part along the bias direction g (Bolukbasi et al. 2016, neutralise). */
  public static double[] neutralise(double[] e, double[] g) {
    return minus(e, along(e, g));
  }

  /**
   * Makes a pair such as grandmother and grandfather equally far from every neutralised word (Bolukbasi et al. 2016,
   * equalise): both get the mean's part across g and opposite parts along g, so that unit vectors keep length 1.
   *
   * @param courseForm whether the denominator is the one printed in the course's exercise, {@code |(e - mu_orth) -
   *     mu_B|}, instead of
   *     the paper's {@code |e_B - mu_B|}
   * @return the two vectors
   */
  public static double[][] equalise(double[] e1, double[] e2, double[] g, boolean courseForm) {
    double[] mean = times(plus(e1, e2, 1), 0.5);
    double[] meanAlong = along(mean, g);
    double[] across = minus(mean, meanAlong);
    double length = Math.sqrt(Math.abs(1 - dot(across, across)));
    List<double[]> out = new ArrayList<>();
    for (double[] e : List.of(e1, e2)) {
      double[] away = minus(along(e, g), meanAlong);
      double[] by = courseForm ? minus(minus(e, across), meanAlong) : away;
      double norm = Math.sqrt(dot(by, by));
      out.add(norm == 0 ? across : plus(across, away, length / norm));
    }
    return out.toArray(double[][]::new);
  }
}
