package dev.neurite.text;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads labels out of the outputs of a network trained with {@code Losses.ctc()}: runs of the same class are merged,
 * then blanks are taken out.
 *
 * <p><b>Shapes</b>: scores {@code [time, classes]} of one sequence, or {@code [batch, time, classes]} with the number
 * of steps that count of each.
 *
 * <p>Defaults: blank 0; scores are logits (or log-probabilities), through softmax in double. {@link
 * #fromProbabilities} takes probabilities as they are.
 *
 * <pre>{@code
 * long[] labels = CtcDecoder.of().greedy(logits).labels();
 * List<CtcDecoder.Labelling> best = CtcDecoder.of().beam(logits, 25, 3);
 * }</pre>
 */
public final class CtcDecoder {

  private static final double NEVER = Double.NEGATIVE_INFINITY;

  private final long blank;
  private final boolean probabilities;

  /**
   * The likeliest path.
   *
   * @param path the class of each step
   * @param labels what the path reads as
   * @param logProbability of this one path
   */
  public record Path(long[] path, long[] labels, double logProbability) {}

  /**
   * A labelling and what the search knows of its probability.
   *
   * @param labels the labels
   * @param logProbability of all its paths that the beam has kept; exact when the beam is wide enough
   */
  public record Labelling(long[] labels, double logProbability) {}

  private CtcDecoder(long blank, boolean probabilities) {
    this.blank = blank;
    this.probabilities = probabilities;
  }

  /** A decoder of logits with blank 0. */
  public static CtcDecoder of() {
    return new CtcDecoder(0, false);
  }

  /** Sets the class that stands for no label. */
  public CtcDecoder blank(long index) {
    return new CtcDecoder(index, probabilities);
  }

  /** Takes scores as probabilities (true) instead of logits. */
  public CtcDecoder fromProbabilities(boolean on) {
    return new CtcDecoder(blank, on);
  }

  // ---- greedy

  /** The likeliest class of each step; the first one of equals. Fast, but not the likeliest labelling. */
  public Path greedy(Tensor scores) {
    return greedy(logs(scores));
  }

  /** The same for each sequence of a batch; {@code lengths} are integers [batch], or null when all steps count. */
  public List<Path> greedy(Tensor scores, Tensor lengths) {
    return sequences(scores, lengths).stream().map(this::greedy).toList();
  }

  private Path greedy(double[][] logs) {
    long[] path = new long[logs.length];
    long[] labels = new long[logs.length];
    int count = 0;
    double sum = 0;
    for (int t = 0; t < logs.length; t++) {
      int best = 0;
      for (int k = 1; k < logs[t].length; k++) {
        best = logs[t][k] > logs[t][best] ? k : best;
      }
      path[t] = best;
      sum += logs[t][best];
      if (best != blank && (t == 0 || path[t - 1] != best)) {
        labels[count++] = best;
      }
    }
    return new Path(path, Arrays.copyOf(labels, count), sum);
  }

  // ---- beam search

  /**
   * Prefix beam search (Hannun et al. 2014, without a language model): labellings instead of paths are kept, so that
   * what different alignments say about the same labels is added up.
   *
   * @param scores [time, classes]
   * @param width labellings kept after each step, from 1
   * @param best labellings returned at most, from 1, the likeliest first
   */
  public List<Labelling> beam(Tensor scores, int width, int best) {
    return beam(logs(scores), width, best);
  }

  /** The same for each sequence of a batch; {@code lengths} are integers [batch], or null when all steps count. */
  public List<List<Labelling>> beam(Tensor scores, Tensor lengths, int width, int best) {
    return sequences(scores, lengths).stream().map(s -> beam(s, width, best)).toList();
  }

  private List<Labelling> beam(double[][] logs, int width, int best) {
    if (width < 1 || best < 1) {
      throw new IllegalArgumentException(
          "CtcDecoder: expected a beam and a number of results of at least 1, given " + width + " and " + best);
    }
    Prefix root = new Prefix(null, -1, 0);
    root.endsBlank = 0;
    List<Prefix> beam = List.of(root);
    for (double[] step : logs) {
      List<Prefix> touched = new ArrayList<>();
      for (Prefix p : beam) {
        extend(p, step, touched);
      }
      touched.forEach(Prefix::advance);
      touched.sort(Comparator.comparingDouble(Prefix::total).reversed()); // stable: equals stay in order
      beam = keep(touched, width);
    }
    return beam.stream().limit(best).map(p -> new Labelling(p.labels(), p.total())).toList();
  }

  private static List<Prefix> keep(List<Prefix> sorted, int width) {
    for (int i = 0; i < sorted.size(); i++) {
      sorted.get(i).inBeam = i < width;
    }
    if (sorted.size() <= width) {
      return sorted;
    }
    sorted.subList(width, sorted.size()).forEach(Prefix::dropUnlessNeeded);
    return new ArrayList<>(sorted.subList(0, width));
  }

  private void extend(Prefix p, double[] step, List<Prefix> touched) {
    double total = p.total();
    p.addBlank(total + step[(int) blank], touched);
    if (p.parent != null) {
      p.addLabel(p.endsLabel + step[(int) p.label], touched);
    }
    for (int k = 0; k < step.length; k++) {
      double from = k == p.label ? p.endsBlank : total; // a repeat needs a blank between
      if (k != blank && from + step[k] > NEVER) {
        p.child(k).addLabel(from + step[k], touched);
      }
    }
  }

  /** A labelling in the tree of all that were tried, with the log-probabilities of its paths by their last class. */
  private static final class Prefix {
    final Prefix parent;
    final long label;
    final int length;
    boolean inBeam;
    private final Map<Long, Prefix> children = new HashMap<>(2);
    double endsBlank = NEVER;
    double endsLabel = NEVER;
    private double nextBlank = NEVER;
    private double nextLabel = NEVER;
    private boolean isTouched;

    Prefix(Prefix parent, long label, int length) {
      this.parent = parent;
      this.label = label;
      this.length = length;
    }

    double total() {
      return add(endsBlank, endsLabel);
    }

    Prefix child(long next) {
      return children.computeIfAbsent(next, k -> new Prefix(this, k, length + 1));
    }

    /** Takes a prefix out of the tree that is neither in the beam nor the beginning of one that is. */
    void dropUnlessNeeded() {
      Prefix p = this;
      while (!p.inBeam && p.children.isEmpty() && p.parent != null) {
        p.parent.children.remove(p.label);
        p = p.parent;
      }
    }

    void addBlank(double log, List<Prefix> touched) {
      touch(touched);
      nextBlank = add(nextBlank, log);
    }

    void addLabel(double log, List<Prefix> touched) {
      touch(touched);
      nextLabel = add(nextLabel, log);
    }

    private void touch(List<Prefix> touched) {
      if (!isTouched) {
        isTouched = true;
        touched.add(this);
      }
    }

    void advance() {
      endsBlank = nextBlank;
      endsLabel = nextLabel;
      nextBlank = NEVER;
      nextLabel = NEVER;
      isTouched = false;
    }

    long[] labels() {
      long[] out = new long[length];
      Prefix p = this;
      for (int i = length - 1; i >= 0; i--) {
        out[i] = p.label;
        p = p.parent;
      }
      return out;
    }
  }

  // ---- exact

  /**
   * The exact log-probability of a labelling: the sum over all its paths, by the forward algorithm.
   *
   * @param scores [time, classes]
   * @param labels without blanks
   * @throws IllegalArgumentException for a label that is the blank or no class
   */
  public double logProbability(Tensor scores, long... labels) {
    double[][] logs = logs(scores);
    long classes = scores.shape().last();
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes || labels[i] == blank) {
        throw new IllegalArgumentException(
            "CtcDecoder: expected labels in [0, " + classes + ") other than the blank " + blank + ", given "
                + labels[i] + " at index " + i);
      }
    }
    double[] ways = new double[2 * labels.length + 2]; // one in front, so that a state below always exists
    Arrays.fill(ways, NEVER);
    ways[0] = 0;
    for (double[] step : logs) {
      for (int s = ways.length - 1; s >= 1; s--) {
        boolean isLabel = s % 2 == 0;
        double sum = add(ways[s], ways[s - 1]);
        if (isLabel && s > 2 && labels[s / 2 - 1] != labels[s / 2 - 2] || s == 2) {
          sum = add(sum, ways[s - 2]);
        }
        ways[s] = sum + step[(int) (isLabel ? labels[s / 2 - 1] : blank)];
      }
      ways[0] = NEVER; // the start is left with the first step
    }
    int last = ways.length - 1;
    double ended = last >= 2 ? add(ways[last], ways[last - 1]) : ways[last];
    return logs.length == 0 ? (labels.length == 0 ? 0 : NEVER) : ended;
  }

  private static double add(double a, double b) {
    double top = Math.max(a, b);
    return top == NEVER ? NEVER : top + Math.log1p(Math.exp(Math.min(a, b) - top));
  }

  // ---- scores

  private List<double[][]> sequences(Tensor scores, Tensor lengths) {
    if (scores.rank() != 3) {
      throw new ShapeException("CtcDecoder: expected scores [batch, time, classes], given " + scores.shape());
    }
    long[] steps = lengths == null ? null : lengths.toLongs();
    if (steps != null && (lengths.rank() != 1 || steps.length != scores.dim(0))) {
      throw new ShapeException(
          "CtcDecoder: expected lengths [" + scores.dim(0) + "], given " + lengths.shape());
    }
    List<double[][]> all = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      for (int b = 0; b < scores.dim(0); b++) {
        long n = steps == null ? scores.dim(1) : steps[b];
        if (n < 0 || n > scores.dim(1)) {
          throw new IllegalArgumentException(
              "CtcDecoder: expected lengths in [0, " + scores.dim(1) + "], given " + n + " at index " + b);
        }
        all.add(logs(scores.select(0, b).slice(0, 0, n)));
      }
    }
    return all;
  }

  private double[][] logs(Tensor scores) {
    if (scores.rank() != 2) {
      throw new ShapeException("CtcDecoder: expected scores [time, classes], given " + scores.shape());
    }
    long classes = scores.dim(1);
    if (blank < 0 || blank >= classes) {
      throw new IllegalArgumentException(
          "CtcDecoder: expected a blank in [0, " + classes + "), given " + blank);
    }
    try (Scope scope = Scope.open()) {
      Tensor exact = scores.cast(DType.FLOAT64);
      double[] flat = (probabilities ? exact.log() : exact.logSoftmax(-1)).toDoubles();
      double[][] rows = new double[(int) scores.dim(0)][];
      for (int t = 0; t < rows.length; t++) {
        rows[t] = Arrays.copyOfRange(flat, (int) (t * classes), (int) ((t + 1) * classes));
      }
      return rows;
    }
  }
}
