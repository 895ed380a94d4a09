package dev.neurite.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Finds likely sequences under a model that gives the next token's probabilities: in each step all live beginnings are
 * continued by every token and the {@code width} most likely survive; those that end leave the beam. Width 1 is greedy
 * search.
 *
 * <p>Hypotheses are ranked by {@code logProbability / length^alpha} with the number of generated tokens, the end token
 * included. What has not ended after {@code maxLength} tokens counts too and says so.
 *
 * <pre>{@code
 * List<BeamSearch.Hypothesis> best = BeamSearch.of(3).lengthPenalty(0.7).search(prefix -> decoder.logProbabilities(prefix), bos, eos);
 * }</pre>
 *
 * @param width beginnings kept in a step
 * @param alpha power of the length in the ranking; 0 for none
 * @param maxLength most tokens generated
 */
public record BeamSearch(int width, double alpha, int maxLength) {

  private static final int DEFAULT_LENGTH = 100;

  /** The model: natural logarithms of the next token's probabilities, given all tokens so far. */
  @FunctionalInterface
  public interface Model {
    /** One value per token of the vocabulary; negative infinity for impossible ones. */
    double[] logProbabilities(List<Integer> prefix);
  }

  /**
   * A sequence found.
   *
   * @param tokens begin token first, end token last if it ended
   * @param logProbability sum over the generated tokens
   * @param score what it is ranked by
   * @param ended false when the length limit cut it off
   */
  public record Hypothesis(List<Integer> tokens, double logProbability, double score, boolean ended) {}

  /** Checks the values. */
  public BeamSearch {
    if (width < 1 || maxLength < 1 || !(alpha >= 0)) {
      throw new IllegalArgumentException(
          "BeamSearch: expected a width and a length of at least 1 and alpha of at least 0, given width " + width
              + ", length " + maxLength + ", alpha " + alpha);
    }
  }

  /** A search of the given width, without length penalty, of at most 100 tokens. */
  public static BeamSearch of(int width) {
    return new BeamSearch(width, 0, DEFAULT_LENGTH);
  }

  /** This search ranked by {@code logProbability / length^alpha}. */
  public BeamSearch lengthPenalty(double power) {
    return new BeamSearch(width, power, maxLength);
  }

  /** This search with another limit of generated tokens. */
  public BeamSearch maxLength(int tokens) {
    return new BeamSearch(width, alpha, tokens);
  }

  private record Live(List<Integer> tokens, double logProbability) {}

  private record Step(int beam, int token, double logProbability) {}

  /**
   * All hypotheses, best first; equal ones in the order found.
   *
   * @param begin token every sequence starts with
   * @param end token that ends a sequence
   */
  public List<Hypothesis> search(Model model, int begin, int end) {
    List<Live> live = List.of(new Live(List.of(begin), 0));
    List<Hypothesis> found = new ArrayList<>();
    for (int length = 1; length <= maxLength && !live.isEmpty(); length++) {
      List<Live> next = new ArrayList<>();
      for (Step step : best(model, live)) {
        List<Integer> tokens = new ArrayList<>(live.get(step.beam).tokens);
        tokens.add(step.token);
        boolean ends = step.token == end;
        if (ends || length == maxLength) {
          double score = step.logProbability / Math.pow(length, alpha);
          found.add(new Hypothesis(List.copyOf(tokens), step.logProbability, score, ends));
        } else {
          next.add(new Live(tokens, step.logProbability));
        }
      }
      live = next;
    }
    found.sort(Comparator.comparingDouble(Hypothesis::score).reversed());
    return found;
  }

  /** The {@code width} best continuations of all beams; impossible ones are left out. */
  private List<Step> best(Model model, List<Live> live) {
    List<Step> all = new ArrayList<>();
    for (int b = 0; b < live.size(); b++) {
      double[] log = model.logProbabilities(live.get(b).tokens);
      for (int token = 0; token < log.length; token++) {
        if (Double.isNaN(log[token])) {
          throw new IllegalArgumentException(
              "BeamSearch: expected log-probabilities, given NaN for token " + token + " after " + live.get(b).tokens);
        }
        if (log[token] > Double.NEGATIVE_INFINITY) {
          all.add(new Step(b, token, live.get(b).logProbability + log[token]));
        }
      }
    }
    all.sort(Comparator.comparingDouble(Step::logProbability).reversed());
    return all.subList(0, Math.min(width, all.size()));
  }

  /**
   * What is to blame for wrong translations (Ng's error analysis): when the model likes the right answer better than
   * what the search found, the search is at fault, else the model.
   *
   * @param searchAtFault sentences where {@code P(right) > P(found)}: widen the beam
   * @param modelAtFault the other wrong ones: change or train the model
   * @param right sentences where the right answer was found
   */
  public record ErrorAnalysis(int searchAtFault, int modelAtFault, int right) {

    /** In words, with what to do next. */
    @Override
    public String toString() {
      int wrong = searchAtFault + modelAtFault;
      String advice = wrong == 0 ? "nothing to do"
          : searchAtFault > modelAtFault ? "widen the beam"
          : "work on the model: more data, regularisation or another architecture";
      return wrong + " of " + (wrong + right) + " wrong: the search is at fault in " + searchAtFault
          + ", the model in " + modelAtFault + "; " + advice;
    }
  }

  /** Compares the best hypotheses with the right answers; tokens with begin and end. */
  public ErrorAnalysis analyse(List<? extends Model> models, List<List<Integer>> answers, int begin, int end) {
    if (models.size() != answers.size()) {
      throw new IllegalArgumentException(
          "BeamSearch: expected an answer for each of " + models.size() + " sentences, given " + answers.size());
    }
    int[] counts = new int[3];
    for (int i = 0; i < answers.size(); i++) {
      List<Hypothesis> found = search(models.get(i), begin, end);
      List<Integer> answer = answers.get(i);
      if (!found.isEmpty() && found.get(0).tokens.equals(answer)) {
        counts[2]++;
        continue;
      }
      double score = logProbability(models.get(i), answer) / Math.pow(answer.size() - 1, alpha);
      counts[found.isEmpty() || score > found.get(0).score ? 0 : 1]++;
    }
    return new ErrorAnalysis(counts[0], counts[1], counts[2]);
  }

  /** The model's log-probability of a whole sequence, begin token first. */
  public static double logProbability(Model model, List<Integer> tokens) {
    double sum = 0;
    for (int i = 1; i < tokens.size(); i++) {
      sum += model.logProbabilities(tokens.subList(0, i))[tokens.get(i)];
    }
    return sum;
  }

  /** A model of first order, {@code logProbabilities[previous][next]}. */
  public static Model markov(double[][] logProbabilities) {
    double[][] copy = Arrays.stream(logProbabilities).map(double[]::clone).toArray(double[][]::new);
    return prefix -> copy[prefix.get(prefix.size() - 1)];
  }
}
