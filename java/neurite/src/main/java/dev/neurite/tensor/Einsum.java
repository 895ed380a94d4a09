package dev.neurite.tensor;

import dev.neurite.error.ShapeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/**
 * Einstein sums: the equation is parsed to numbered axes, repeated ones become diagonals, then operands are joined from
 * left to right, each pair by one batched matrix product.
 */
final class Einsum {

  /** An operand with the number of each of its axes: a letter's code, or below 0 for axes under an ellipsis. */
  private record Term(Tensor values, List<Integer> axes) {}

  private final String equation;
  private final List<Term> terms = new ArrayList<>();
  private final List<Integer> output;

  static Tensor of(String equation, Tensor... operands) {
    return new Einsum(equation, operands).run();
  }

  private Einsum(String equation, Tensor... operands) {
    this.equation = equation;
    String text = equation.replace(" ", "");
    int arrow = text.indexOf("->");
    String[] inputs = (arrow < 0 ? text : text.substring(0, arrow)).split(",", -1);
    if (inputs.length != operands.length) {
      throw malformed(operands.length + " operands");
    }
    int hidden = 0; // axes under the longest ellipsis
    for (int i = 0; i < inputs.length; i++) {
      List<Integer> axes = parse(inputs[i], operands[i].rank());
      hidden = Math.max(hidden, (int) axes.stream().filter(a -> a < 0).count());
      terms.add(diagonals(new Term(operands[i], axes)));
    }
    output = arrow < 0 ? implied(inputs, hidden) : parseOutput(text.substring(arrow + 2), hidden);
  }

  private IllegalArgumentException malformed(String given) {
    return new IllegalArgumentException("einsum: expected operands that fit '" + equation + "', given " + given);
  }

  private List<Integer> parse(String text, int rank) {
    int dots = text.indexOf("...");
    String letters = dots < 0 ? text : text.substring(0, dots) + text.substring(dots + 3);
    int hidden = rank - letters.length();
    if (dots < 0 ? hidden != 0 : hidden < 0) {
      throw malformed("an operand of " + rank + " axes for '" + text + "'");
    }
    List<Integer> axes = letters(letters);
    for (int i = 0; i < hidden; i++) {
      axes.add(dots + i, i - hidden); // counted from the right: -1 is the last, as broadcasting does
    }
    return axes;
  }

  private List<Integer> letters(String text) {
    List<Integer> axes = new ArrayList<>();
    for (char c : text.toCharArray()) {
      if (!(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')) {
        throw malformed("'" + c + "'");
      }
      axes.add((int) c);
    }
    return axes;
  }

  private List<Integer> parseOutput(String text, int hidden) {
    int dots = text.indexOf("...");
    List<Integer> axes = letters(dots < 0 ? text : text.substring(0, dots) + text.substring(dots + 3));
    if (axes.size() != axes.stream().distinct().count()) {
      throw malformed("a letter twice after the arrow");
    }
    for (int a : axes) {
      if (terms.stream().noneMatch(t -> t.axes.contains(a))) {
        throw malformed("'" + (char) a + "' after the arrow only");
      }
    }
    for (int i = 0; dots >= 0 && i < hidden; i++) {
      axes.add(dots + i, i - hidden);
    }
    return axes;
  }

  /** The ellipsis first, then the letters that occur once, in alphabetical order. */
  private List<Integer> implied(String[] inputs, int hidden) {
    TreeMap<Integer, Integer> times = new TreeMap<>();
    for (String input : inputs) {
      input.chars().filter(Character::isLetter).forEach(c -> times.merge(c, 1, Integer::sum));
    }
    List<Integer> axes = new ArrayList<>();
    for (int i = 0; i < hidden; i++) {
      axes.add(i - hidden);
    }
    times.forEach((letter, n) -> {
      if (n == 1) {
        axes.add(letter);
      }
    });
    return axes;
  }

  /** A letter that occurs twice in an operand is its diagonal. */
  private Term diagonals(Term t) {
    List<Integer> axes = new ArrayList<>(t.axes);
    Tensor values = t.values;
    for (int i = 0; i < axes.size(); i++) {
      int other = axes.lastIndexOf(axes.get(i));
      if (other > i) {
        if (values.dim(i) != values.dim(other)) {
          throw new ShapeException(
              "einsum: expected equal lengths of '" + (char) (int) axes.get(i) + "' in '" + equation + "', given "
                  + t.values.shape());
        }
        values = Shaping.diagonal(values, 0, i, other);
        int axis = axes.get(i);
        axes.remove(other);
        axes.remove(i);
        axes.add(axis);
        i--;
      }
    }
    return new Term(values, axes);
  }

  private Tensor run() {
    Term sum = terms.get(0);
    for (int i = 1; i < terms.size(); i++) {
      sum = join(sum, terms.get(i), terms.subList(i + 1, terms.size()));
    }
    Term last = summed(sum, output);
    return last.values.permute(output.stream().mapToInt(last.axes::indexOf).toArray());
  }

  /** Sums the axes that are not among the kept ones. */
  private static Term summed(Term t, List<Integer> keep) {
    int[] gone = range(t.axes.size()).filter(i -> !keep.contains(t.axes.get(i))).toArray();
    if (gone.length == 0) {
      return t;
    }
    return new Term(t.values.sum(gone), t.axes.stream().filter(keep::contains).toList());
  }

  private static java.util.stream.IntStream range(int n) {
    return java.util.stream.IntStream.range(0, n);
  }

  private Term join(Term a, Term b, List<Term> later) {
    List<Integer> keep = new ArrayList<>(output);
    later.forEach(t -> keep.addAll(t.axes));
    Term left = summed(a, with(keep, b.axes));
    Term right = summed(b, with(keep, left.axes));
    List<Integer> shared = left.axes.stream().filter(right.axes::contains).toList();
    List<Integer> batch = shared.stream().filter(keep::contains).toList();
    List<Integer> inner = shared.stream().filter(x -> !keep.contains(x)).toList();
    List<Integer> rows = left.axes.stream().filter(x -> !shared.contains(x)).toList();
    List<Integer> cols = right.axes.stream().filter(x -> !shared.contains(x)).toList();
    left = stretched(left, right);
    right = stretched(right, left);
    List<Integer> axes = with(with(batch, rows), cols);
    boolean product = left.values.dtype().isDifferentiable() && !inner.isEmpty() && !(rows.isEmpty() && cols.isEmpty());
    if (!product) {
      Tensor l = ordered(left, with(with(batch, rows), inner), cols.size(), inner.size());
      Tensor r = ordered(right, with(with(batch, cols), inner), rows.size(), cols.size() + inner.size());
      return summed(new Term(l.mul(r), with(axes, inner)), axes);
    }
    long[] dims = dims(left, with(batch, rows));
    long[] all = Arrays.copyOf(dims, axes.size());
    System.arraycopy(dims(right, cols), 0, all, dims.length, cols.size());
    long n = size(left, inner);
    Tensor l = ordered(left, with(with(batch, rows), inner), 0, 0).reshape(size(left, batch), size(left, rows), n);
    Tensor r = ordered(right, with(with(batch, inner), cols), 0, 0).reshape(size(left, batch), n, size(right, cols));
    return new Term(l.matmul(r).reshape(all), axes);
  }

  private static List<Integer> with(List<Integer> a, List<Integer> b) {
    List<Integer> both = new ArrayList<>(a);
    both.addAll(b);
    return both;
  }

  /** Axes in the given order, with {@code ones} axes of length 1 put in before the last {@code behind}. */
  private static Tensor ordered(Term t, List<Integer> order, int ones, int behind) {
    Tensor y = t.values.permute(order.stream().mapToInt(t.axes::indexOf).toArray());
    for (int i = 0; i < ones; i++) {
      y = y.expandDims(order.size() - behind);
    }
    return y;
  }

  /** Axes of length 1 stretched to those of the other term. */
  private Term stretched(Term t, Term to) {
    Shape shape = t.values.shape();
    for (int i = 0; i < t.axes.size(); i++) {
      int other = to.axes.indexOf(t.axes.get(i));
      if (other >= 0 && shape.dim(i) != to.values.dim(other)) {
        if (shape.dim(i) != 1 && to.values.dim(other) != 1) {
          throw new ShapeException(
              "einsum: expected equal lengths of axes that run together in '" + equation + "', given "
                  + t.values.shape() + " and " + to.values.shape());
        }
        shape = shape.with(i, Math.max(shape.dim(i), to.values.dim(other)));
      }
    }
    return new Term(t.values.broadcastTo(shape), t.axes);
  }

  private static long[] dims(Term t, List<Integer> axes) {
    return axes.stream().mapToLong(a -> t.values.dim(t.axes.indexOf(a))).toArray();
  }

  private static long size(Term t, List<Integer> axes) {
    return Arrays.stream(dims(t, axes)).reduce(1, (x, y) -> x * y);
  }
}
