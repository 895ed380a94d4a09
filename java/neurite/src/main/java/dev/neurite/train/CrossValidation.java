package dev.neurite.train;

import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.error.DTypeException;
import dev.neurite.nn.Model;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * K-fold cross-validation: k models, each trained on all but one part of the examples and measured on that part.
 *
 * <pre>{@code
 * CrossValidation.Result r = CrossValidation.kFold(5).stratified(42).run(data, () -> compiledModel(), Fit.epochs(20));
 * System.out.println(r.mean("accuracy") + " +- " + r.deviation("accuracy"));
 * }</pre>
 *
 * <p>As in scikit-learn the first {@code n % k} parts have one example more, and the parts are consecutive unless
 * {@link #shuffled} or {@link #stratified}.
 */
public final class CrossValidation {

  private enum Kind { CONSECUTIVE, SHUFFLED, STRATIFIED }

  private final int k;
  private final Kind kind;
  private final long seed;

  private CrossValidation(int k, Kind kind, long seed) {
    this.k = k;
    this.kind = kind;
    this.seed = seed;
  }

  /**
   * Row numbers of one fold, each in ascending order.
   *
   * @param train what is trained on
   * @param validation what is held out
   */
  public record Fold(long[] train, long[] validation) {}

  /**
   * What the folds gave.
   *
   * @param folds measured on the part held out
   * @param histories of the trainings
   */
  public record Result(List<Evaluation> folds, List<History> histories) {

    /** Copies the lists. */
    public Result {
      folds = List.copyOf(folds);
      histories = List.copyOf(histories);
    }

    private double[] values(String name) {
      return folds.stream().mapToDouble(f -> f.value(name)).toArray();
    }

    /** Mean over the folds of a value such as {@code loss}. */
    public double mean(String name) {
      return Arrays.stream(values(name)).average().orElseThrow();
    }

    /** Standard deviation over the folds, {@code sqrt(sum (v - mean)^2 / (k - 1))}. */
    public double deviation(String name) {
      double mean = mean(name);
      double sum = Arrays.stream(values(name)).map(v -> (v - mean) * (v - mean)).sum();
      return Math.sqrt(sum / (folds.size() - 1));
    }

    /** A line per fold, then mean and deviation of everything measured. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < folds.size(); i++) {
        text.append("fold ").append(i + 1).append(": ").append(folds.get(i)).append('\n');
      }
      List<String> means = new ArrayList<>();
      for (String name : folds.get(0).values().keySet()) {
        means.add(
            String.format(
                Locale.ROOT, "%s %s +- %s", name, History.number(mean(name)), History.number(deviation(name))));
      }
      return text.append("mean: ").append(String.join(", ", means)).toString();
    }
  }

  /**
   * Consecutive parts.
   *
   * @param k number of parts, 2 or more
   */
  public static CrossValidation kFold(int k) {
    if (k < 2) {
      throw new IllegalArgumentException("CrossValidation.kFold: expected 2 or more, given " + k);
    }
    return new CrossValidation(k, Kind.CONSECUTIVE, 0);
  }

  /** Parts of examples in a random order. */
  public CrossValidation shuffled(long itsSeed) {
    return new CrossValidation(k, Kind.SHUFFLED, itsSeed);
  }

  /** Parts in which every class has the same share, as far as whole examples allow; targets are class numbers. */
  public CrossValidation stratified(long itsSeed) {
    return new CrossValidation(k, Kind.STRATIFIED, itsSeed);
  }

  /**
   * The folds of n examples.
   *
   * @throws IllegalArgumentException for fewer examples than folds
   * @throws IllegalStateException when stratified: that takes labels
   */
  public List<Fold> folds(int n) {
    if (kind == Kind.STRATIFIED) {
      throw new IllegalStateException("CrossValidation: expected labels for stratified folds; call folds(long[])");
    }
    requireEnough(n);
    long[] order = kind == Kind.SHUFFLED ? permutation(n) : LongStream.range(0, n).toArray();
    int[] part = new int[n];
    for (int fold = 0, at = 0; fold < k; fold++) {
      int size = n / k + (fold < n % k ? 1 : 0);
      for (int i = 0; i < size; i++) {
        part[(int) order[at++]] = fold;
      }
    }
    return folds(part);
  }

  /** The folds of examples with class numbers. */
  public List<Fold> folds(long[] labels) {
    if (kind != Kind.STRATIFIED) {
      return folds(labels.length);
    }
    requireEnough(labels.length);
    Map<Long, List<Integer>> classes = new TreeMap<>();
    for (long row : permutation(labels.length)) {
      classes.computeIfAbsent(labels[(int) row], label -> new ArrayList<>()).add((int) row);
    }
    int[] part = new int[labels.length];
    int next = 0; // dealt on from class to class, so that the parts' sizes differ by one at most
    for (List<Integer> members : classes.values()) {
      for (int row : members) {
        part[row] = next++ % k;
      }
    }
    return folds(part);
  }

  private void requireEnough(int n) {
    if (n < k) {
      throw new IllegalArgumentException("CrossValidation: expected at least " + k + " examples, given " + n);
    }
  }

  private long[] permutation(int n) {
    try (Scope scope = Scope.open()) {
      return RandomOp.permutation(n, RandomStream.of(seed, "cross-validation")).toLongs();
    }
  }

  private List<Fold> folds(int[] part) {
    List<Fold> folds = new ArrayList<>();
    for (int fold = 0; fold < k; fold++) {
      int held = fold;
      folds.add(
          new Fold(
              IntStream.range(0, part.length).filter(i -> part[i] != held).asLongStream().toArray(),
              IntStream.range(0, part.length).filter(i -> part[i] == held).asLongStream().toArray()));
    }
    return folds;
  }

  /**
   * Trains and measures a new model per fold.
   *
   * @param data examples with targets; read once
   * @param compiled makes a compiled model; it is closed after its fold
   * @param fit how each is trained
   */
  public Result run(Dataset data, Supplier<Model> compiled, Fit fit) {
    List<Evaluation> measured = new ArrayList<>();
    List<History> histories = new ArrayList<>();
    try (Scope whole = Scope.open();
        Batch all = data.all()) {
      for (Fold fold : kind == Kind.STRATIFIED ? folds(labels(all)) : folds(Math.toIntExact(all.size()))) {
        try (Scope scope = Scope.open();
            Model model = compiled.get()) {
          histories.add(model.fit(Subsets.rows(data, all, fold.train), fit));
          measured.add(model.evaluate(Subsets.rows(data, all, fold.validation)));
        }
      }
    }
    return new Result(measured, histories);
  }

  private static long[] labels(Batch all) {
    if (all.y() == null || all.y().dtype() != DType.INT64 || all.y().rank() != 1) {
      throw new DTypeException(
          "CrossValidation.stratified: expected int64 class numbers [n] as targets, given "
              + (all.y() == null ? "none" : all.y().describe()));
    }
    return all.y().toLongs();
  }
}
