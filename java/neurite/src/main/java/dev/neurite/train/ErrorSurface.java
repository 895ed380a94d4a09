package dev.neurite.train;

import dev.neurite.autograd.Tape;
import dev.neurite.loss.Loss;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.ops.RandomOp;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The loss of a model with two weights over a grid of their values, and ways across it.
 *
 * <pre>{@code
 * ErrorSurface surface = ErrorSurface.scan((w, b) -> loss(w, b), -6, 6, 121);
 * ErrorSurface.Path path = ErrorSurface.descend(model, x, y, 1000);       // neurite-plot draws both
 * }</pre>
 *
 * @param first values of the first weight, rising
 * @param second values of the second weight, rising
 * @param losses loss [first][second]
 */
public record ErrorSurface(List<Double> first, List<Double> second, List<List<Double>> losses) {

  /** A loss of two weights. */
  @FunctionalInterface
  public interface Function {
    /** The loss at a point. */
    double at(double first, double second);
  }

  /**
   * A point of a surface.
   *
   * @param first value of the first weight
   * @param second value of the second weight
   * @param loss loss there
   */
  public record Point(double first, double second, double loss) {}

  /**
   * A way across a surface.
   *
   * @param points the points in order, the start first
   */
  public record Path(List<Point> points) {

    /** Copies the list. */
    public Path {
      points = List.copyOf(points);
    }

    /** The last point. */
    public Point end() {
      return points.get(points.size() - 1);
    }
  }

  /** Copies the lists. */
  public ErrorSurface {
    first = List.copyOf(first);
    second = List.copyOf(second);
    losses = losses.stream().map(List::copyOf).toList();
  }

  /**
   * Scans a square.
   *
   * @param low smallest value of both weights
   * @param high largest
   * @param n values per weight, at least 2
   */
  public static ErrorSurface scan(Function loss, double low, double high, int n) {
    return scan(loss, low, high, low, high, n);
  }

  /** Scans a rectangle with n values per weight. */
  public static ErrorSurface scan(
      Function loss, double firstLow, double firstHigh, double secondLow, double secondHigh, int n) {
    if (n < 2 || !(firstHigh > firstLow) || !(secondHigh > secondLow)) {
      throw new IllegalArgumentException(
          "ErrorSurface: expected rising ranges and 2 or more values, given " + firstLow + ".." + firstHigh + ", "
              + secondLow + ".." + secondHigh + " and " + n);
    }
    List<Double> first = axis(firstLow, firstHigh, n);
    List<Double> second = axis(secondLow, secondHigh, n);
    List<List<Double>> losses = new ArrayList<>();
    for (double a : first) {
      losses.add(second.stream().map(b -> loss.at(a, b)).toList());
    }
    return new ErrorSurface(first, second, losses);
  }

  private static List<Double> axis(double low, double high, int n) {
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      values.add(low + (high - low) * i / (n - 1));
    }
    return values;
  }

  /**
   * Scans the weights of a compiled model that has exactly two; they are put back.
   *
   * @param x examples
   * @param y targets
   * @throws IllegalArgumentException for a model with another number of weights
   */
  public static ErrorSurface scan(Model model, Tensor x, Tensor y, double low, double high, int n) {
    return model.whileOpen(() -> {
      try (Weights weights = new Weights(model, x, y)) {
        return scan(weights::loss, low, high, n);
      }
    });
  }

  /**
   * Scans the weight and the bias of an exercise with one neuron and one input.
   *
   * @throws IllegalArgumentException for another net
   */
  public static ErrorSurface scan(Exercise exercise, double low, double high, int n) {
    return scan((w, b) -> lossAt(exercise, w, b), low, high, n);
  }

  /** The loss of an exercise with one neuron and one input at a weight and a bias. */
  public static double lossAt(Exercise exercise, double weight, double bias) {
    SmallNet.Layer unit = neuron(exercise);
    try (Scope scope = Scope.open()) {
      Tensor net = exercise.inputs().mul(weight).add(bias);
      return exercise.loss().apply(exercise.targets(), unit.activation().apply(net)).item();
    }
  }

  /** The way of plain gradient descent over the weight and the bias of an exercise with one neuron and one input. */
  public static Path descend(Exercise exercise, long steps) {
    SmallNet.Layer unit = neuron(exercise);
    List<Point> points = new ArrayList<>();
    try (Scope scope = Scope.open();
        Optimizer sgd = Sgd.of(exercise.rate());
        NetStepper stepper = new NetStepper(exercise.net(), exercise.inputs(), exercise.targets(), exercise.loss())) {
      points.add(new Point(unit.weights().get(0).get(0), unit.biases().get(0), stepper.loss()));
      for (long i = 0; i < steps; i++) {
        stepper.step(sgd);
        points.add(
            new Point(stepper.kernels().get(0).toDoubles()[0], stepper.biases().get(0).toDoubles()[0], stepper.loss()));
      }
    }
    return new Path(points);
  }

  private static SmallNet.Layer neuron(Exercise exercise) {
    SmallNet net = exercise.net();
    if (net.inputs().size() != 1 || net.layers().size() != 1 || net.layers().get(0).units().size() != 1) {
      throw new IllegalArgumentException("ErrorSurface: expected a net of one neuron with one input, given " + net);
    }
    return net.layers().get(0);
  }

  /**
   * The way of the compiled optimiser over a model's two weights, all examples in every step. Model and optimiser are
   * put back.
   *
   * @throws IllegalArgumentException for a model with another number of weights
   */
  public static Path descend(Model model, Tensor x, Tensor y, int steps) {
    return model.whileOpen(() -> {
      Optimizer optimizer = model.trainer().optimizer();
      try (Weights weights = new Weights(model, x, y);
          OptimizerCopy before = new OptimizerCopy(optimizer, LearningRateFinder.paths(model))) {
        try {
          List<Point> points = new ArrayList<>();
          for (int i = 0; i < steps; i++) {
            points.add(weights.step(optimizer));
          }
          points.add(weights.point());
          return new Path(points);
        } finally {
          before.restore();
        }
      }
    });
  }

  /**
   * Random search: tries points drawn evenly from a square and keeps those that are better than all before.
   *
   * @param tries points drawn
   * @param seed another seed, another search
   * @return the improvements, the best last
   */
  public static Path randomSearch(Function loss, double low, double high, int tries, long seed) {
    if (tries < 1 || !(high > low)) {
      throw new IllegalArgumentException(
          "ErrorSurface.randomSearch: expected a rising range and 1 or more tries, given " + low + ".." + high + " and "
              + tries);
    }
    double[] drawn;
    try (Scope scope = Scope.open()) {
      RandomStream random = RandomStream.of(seed, "random search");
      drawn = RandomOp.uniform(Shape.of(2L * tries), DType.FLOAT64, low, high, random).toDoubles();
    }
    List<Point> better = new ArrayList<>();
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < tries; i++) {
      double value = loss.at(drawn[2 * i], drawn[2 * i + 1]);
      if (value < best) {
        best = value;
        better.add(new Point(drawn[2 * i], drawn[2 * i + 1], value));
      }
    }
    if (better.isEmpty()) {
      throw new IllegalArgumentException("ErrorSurface.randomSearch: expected a finite loss somewhere, given none");
    }
    return new Path(better);
  }

  /** The grid point with the smallest loss. */
  public Point lowest() {
    Point best = new Point(first.get(0), second.get(0), losses.get(0).get(0));
    for (int i = 0; i < first.size(); i++) {
      for (int j = 0; j < second.size(); j++) {
        if (losses.get(i).get(j) < best.loss()) {
          best = new Point(first.get(i), second.get(j), losses.get(i).get(j));
        }
      }
    }
    return best;
  }

  /** A model's two weights, set and put back. */
  private static final class Weights implements AutoCloseable {
    private final Model model;
    private final Tensor x;
    private final Tensor y;
    private final Loss loss;
    private final List<Param> params;
    private final WeightsCopy before;

    Weights(Model model, Tensor x, Tensor y) {
      this.model = model;
      this.x = x;
      this.y = y;
      loss = model.trainer().loss();
      params = model.params();
      if (params.stream().mapToLong(Tensor::size).sum() != 2) {
        throw new IllegalArgumentException("ErrorSurface: expected a model with two weights, given " + model);
      }
      before = WeightsCopy.replace(null, model);
    }

    private double[] values() {
      double[] first = params.get(0).toDoubles();
      return first.length == 2 ? first : new double[] {first[0], params.get(1).item()};
    }

    Point point() {
      double[] now = values();
      return new Point(now[0], now[1], value());
    }

    private double value() {
      try (Scope scope = Scope.open()) {
        return loss.apply(y, model.call(x)).item();
      }
    }

    double loss(double a, double b) {
      double[] given = {a, b};
      int at = 0;
      try (Scope scope = Scope.open()) {
        for (Param p : params) {
          int size = (int) p.size();
          double[] part = java.util.Arrays.copyOfRange(given, at, at + size);
          p.assign(Tensor.of(part, p.shape(), p.dtype()));
          at += size;
        }
      }
      return value();
    }

    Point step(Optimizer optimizer) {
      double[] now = values();
      try (Scope scope = Scope.open();
          Tape tape = Tape.open()) {
        Tensor value = loss.apply(y, model.call(x, Pass.inference()));
        double seen = value.item();
        optimizer.apply(tape.gradients(value, params));
        return new Point(now[0], now[1], seen);
      }
    }

    @Override
    public void close() {
      before.restore();
      before.close();
    }
  }
}
