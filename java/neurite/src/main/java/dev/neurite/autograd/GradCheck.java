package dev.neurite.autograd;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * Compares the tape's gradients with two-sided differences {@code (f(w + h) - f(w - h)) / 2h},
 * element by element, in float64.
 *
 * <pre>{@code
 * GradCheck.Report report = GradCheck.check(() -> model.call(x).square().mean(), model.trainableParams());
 * assertTrue(report.passes(1e-6), report.toString());
 * }</pre>
 *
 * <p>The error of an element is {@code |analytic - numeric| / max(|analytic|, |numeric|, floor)}
 * with {@code floor = 1e-4 * max(1, |f|)}: below it the difference quotient itself is rounding
 * noise. Elements next to a kink (a ReLU at 0), where the slopes to the left and to the right
 * differ, are skipped and counted.
 */
public final class GradCheck {

  /**
   * Step relative to the element, near the third root of float64's precision, where both errors
   * balance.
   */
  public static final double DEFAULT_STEP = 1e-5;

  private static final double FLOOR = 1e-4;
  /** Slopes that differ by more than this part are looked at again, closer. */
  private static final double KINK = 1e-2;
  /** The slopes of a smooth curve approach each other with the step, those at a kink stay apart. */
  private static final double CLOSER = 4;

  private GradCheck() {}

  /**
   * What was found at one element.
   *
   * @param param name of the parameter
   * @param index position in row-major order
   * @param analytic the tape's gradient
   * @param numeric the difference quotient
   * @param error relative error
   */
  public record Element(String param, long index, double analytic, double numeric, double error) {}

  /**
   * The result of a check.
   *
   * @param worst element with the largest relative error of all; null when nothing was compared
   * @param byParam the worst element of each parameter, in the order given
   * @param compared number of elements compared
   * @param skipped number of elements next to a kink
   */
  public record Report(Element worst, List<Element> byParam, long compared, long skipped) {

    /** Largest relative error; 0 when nothing was compared. */
    public double worstError() {
      return worst == null ? 0 : worst.error();
    }

    /** True when something was compared and no error exceeds the bound. */
    public boolean passes(double bound) {
      return compared > 0 && worstError() <= bound;
    }

    /** One line per parameter. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(
          String.format(
              Locale.ROOT, "gradient check: worst relative error %.2e, %d elements, %d skipped at kinks", worstError(),
              compared, skipped));
      for (Element e : byParam) {
        text.append(
            String.format(
                Locale.ROOT, "%n  %s[%d]: tape %.12g, differences %.12g, relative error %.2e", e.param, e.index,
                e.analytic, e.numeric, e.error));
      }
      return text.toString();
    }
  }

  /** Checks with the default step. */
  public static Report check(Supplier<Tensor> loss, List<Param> params) {
    return check(loss, params, DEFAULT_STEP);
  }

  /**
   * Checks the gradients of a loss.
   *
   * @param loss computes a float64 scalar from the parameters; the same value each time
   * @param params float64 parameters; their values are as before afterwards
   * @param step h for an element of magnitude up to 1; larger elements have a proportionally larger
   *     one
   * @throws DTypeException for float32 parameters
   * @throws IllegalStateException while dropout is active, or when two runs give different losses
   */
  public static Report check(Supplier<Tensor> loss, List<Param> params, double step) {
    for (Param p : params) {
      if (p.dtype() != DType.FLOAT64) {
        throw new DTypeException(
            "GradCheck: expected float64 parameters, given " + p.name() + " " + p.describe()
                + "\n  float32 has too few digits for difference quotients; build with Input.of(...).dtype(FLOAT64)");
      }
    }
    List<double[]> analytic = analytic(loss, params);
    double value = value(loss);
    if (Double.doubleToLongBits(value) != Double.doubleToLongBits(value(loss))) {
      throw new IllegalStateException(
          "GradCheck: expected the same loss from two runs; something random is active, such as dropout");
    }
    return new Run(loss, step, value).compare(params, analytic);
  }

  /**
   * Two-sided difference quotients of a loss, element by element.
   *
   * @param step h, the same for every element
   */
  public static double[] numeric(Supplier<Tensor> loss, Param param, double step) {
    double[] values = param.toDoubles();
    double[] slopes = new double[values.length];
    Run run = new Run(loss, step, 0);
    try {
      for (int i = 0; i < values.length; i++) {
        slopes[i] =
            (run.at(param, values, i, values[i] + step) - run.at(param, values, i, values[i] - step)) / (2 * step);
      }
    } finally {
      Run.assign(param, values);
    }
    return slopes;
  }

  /** {@code |a - b| / (|a| + |b|)} with Euclidean norms (Ng's measure); 0 for two zero vectors. */
  public static double difference(double[] a, double[] b) {
    if (a.length != b.length) {
      throw new ShapeException("GradCheck: expected vectors of equal length, given " + a.length + " and " + b.length);
    }
    double apart = 0;
    double normA = 0;
    double normB = 0;
    for (int i = 0; i < a.length; i++) {
      apart = Math.hypot(apart, a[i] - b[i]);
      normA = Math.hypot(normA, a[i]);
      normB = Math.hypot(normB, b[i]);
    }
    return normA + normB == 0 ? 0 : apart / (normA + normB);
  }

  private static List<double[]> analytic(Supplier<Tensor> loss, List<Param> params) {
    try (Tape tape = Tape.open()) {
      Tensor f = loss.get();
      if (f.size() != 1) {
        throw new ShapeException("GradCheck: expected a loss with one element, given " + f.describe());
      }
      if (tape.hasRecorded("dropout")) {
        throw new IllegalStateException("GradCheck: expected no active dropout; use Pass.inference() or rate 0");
      }
      Gradients gradients = tape.gradients(f, params);
      List<double[]> all = new ArrayList<>();
      for (Param p : params) {
        all.add(gradients.of(p).toDoubles());
      }
      return all;
    }
  }

  private static double value(Supplier<Tensor> loss) {
    try (Scope scope = Scope.open()) {
      return loss.get().item();
    }
  }

  /** Difference quotients to both sides. */
  private record Slopes(double left, double right) {
    double apart() {
      return Math.abs(right - left);
    }

    double largest() {
      return Math.max(Math.abs(left), Math.abs(right));
    }
  }

  /** One comparison under way. */
  private static final class Run {
    private final Supplier<Tensor> loss;
    private final double step;
    private final double value;
    private long compared;
    private long skipped;

    Run(Supplier<Tensor> loss, double step, double value) {
      this.loss = loss;
      this.step = step;
      this.value = value;
    }

    Report compare(List<Param> params, List<double[]> analytic) {
      List<Element> byParam = new ArrayList<>();
      Element worst = null;
      for (int i = 0; i < params.size(); i++) {
        Element e = compare(params.get(i), analytic.get(i));
        if (e != null) {
          byParam.add(e);
          worst = worst == null || !(e.error <= worst.error) ? e : worst;
        }
      }
      return new Report(worst, List.copyOf(byParam), compared, skipped);
    }

    private Element compare(Param p, double[] analytic) {
      double[] values = p.toDoubles();
      Element worst = null;
      try {
        for (int i = 0; i < values.length; i++) {
          double before = values[i];
          double h = step * Math.max(1, Math.abs(before));
          double floor = FLOOR * Math.max(1, Math.abs(value));
          Slopes slopes = slopes(p, values, i, h);
          if (slopes.apart() > KINK * Math.max(slopes.largest(), floor)) {
            Slopes closer = slopes(p, values, i, h / CLOSER);
            if (closer.apart() > slopes.apart() / 2) {
              skipped++;
              continue;
            }
            slopes = closer;
          }
          compared++;
          double numeric = (slopes.left + slopes.right) / 2;
          double scale = Math.max(Math.max(Math.abs(analytic[i]), Math.abs(numeric)), floor);
          double error = Math.abs(analytic[i] - numeric) / scale;
          if (worst == null || !(error <= worst.error)) {
            worst = new Element(p.name(), i, analytic[i], numeric, error);
          }
        }
      } finally {
        assign(p, values);
      }
      return worst;
    }

    private Slopes slopes(Param p, double[] values, int i, double h) {
      double up = at(p, values, i, values[i] + h);
      double down = at(p, values, i, values[i] - h);
      return new Slopes((value - down) / h, (up - value) / h);
    }

    private double at(Param p, double[] values, int i, double v) {
      double before = values[i];
      values[i] = v;
      assign(p, values);
      values[i] = before;
      return value(loss);
    }

    private static void assign(Param p, double[] values) {
      try (Scope scope = Scope.open()) {
        p.assign(Tensor.of(values, p.shape()));
      }
    }
  }
}
