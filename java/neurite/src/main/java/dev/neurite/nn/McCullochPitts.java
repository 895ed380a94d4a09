package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/**
 * The first model of a neuron (McCulloch and Pitts 1943): yes/no inputs, some of them inhibitory, and a threshold. It
 * fires when no inhibitory input is on and at least {@code theta} of the others are. It has nothing to train.
 *
 * <pre>{@code
 * McCullochPitts.and(2).fires(true, true);                                  // true
 * McCullochPitts.of(1, false, true).fires(true, false);                     // x1 and not x2: true
 * }</pre>
 */
public final class McCullochPitts {

  private final int theta;
  private final boolean[] inhibitory;

  private McCullochPitts(int theta, boolean[] inhibitory) {
    if (inhibitory.length == 0) {
      throw new IllegalArgumentException("McCullochPitts: expected at least one input, given none");
    }
    this.theta = theta;
    this.inhibitory = inhibitory.clone();
  }

  /**
   * A neuron.
   *
   * @param theta how many excitatory inputs must be on
   * @param inhibitory for each input whether it forbids firing
   * @throws IllegalArgumentException without inputs
   */
  public static McCullochPitts of(int theta, boolean... inhibitory) {
    return new McCullochPitts(theta, inhibitory);
  }

  /** Fires when all inputs are on: theta is their number. */
  public static McCullochPitts and(int inputs) {
    return new McCullochPitts(inputs, new boolean[inputs]);
  }

  /** Fires when any input is on: theta 1. */
  public static McCullochPitts or(int inputs) {
    return new McCullochPitts(1, new boolean[inputs]);
  }

  /** Fires when no input is on: all are inhibitory, theta 0. */
  public static McCullochPitts nor(int inputs) {
    boolean[] all = new boolean[inputs];
    Arrays.fill(all, true);
    return new McCullochPitts(0, all);
  }

  /** Fires when its one input is off: {@link #nor} of one. */
  public static McCullochPitts not() {
    return nor(1);
  }

  /** Number of inputs. */
  public int inputs() {
    return inhibitory.length;
  }

  /** How many excitatory inputs must be on. */
  public int theta() {
    return theta;
  }

  /**
   * Whether it fires.
   *
   * @throws ShapeException for another number of inputs
   */
  public boolean fires(boolean... x) {
    if (x.length != inhibitory.length) {
      throw new ShapeException("McCullochPitts: expected " + inhibitory.length + " inputs, given " + x.length);
    }
    int sum = 0;
    for (int i = 0; i < x.length; i++) {
      if (x[i] && inhibitory[i]) {
        return false;
      }
      sum += x[i] ? 1 : 0;
    }
    return sum >= theta;
  }

  /**
   * Whether it fires, row by row.
   *
   * @param x of any type, 0 for off and anything else for on {@code [batch, inputs]}
   * @return bool {@code [batch]}
   */
  public Tensor fires(Tensor x) {
    if (x.rank() != 2 || x.dim(1) != inhibitory.length) {
      throw new ShapeException(
          "McCullochPitts: expected inputs [batch, " + inhibitory.length + "], given " + x.shape());
    }
    double[] values = x.toDoubles();
    boolean[] out = new boolean[(int) x.dim(0)];
    boolean[] row = new boolean[inhibitory.length];
    for (int i = 0; i < out.length; i++) {
      for (int j = 0; j < row.length; j++) {
        row[j] = values[i * row.length + j] != 0;
      }
      out[i] = fires(row);
    }
    return Tensor.of(out, Shape.of(out.length));
  }

  /** Its answers to all inputs in counting order, the first input being the highest digit: {@code 0001} for AND. */
  public String truthTable() {
    int n = inhibitory.length;
    if (n > 16) {
      throw new IllegalArgumentException("McCullochPitts: expected at most 16 inputs for a table, given " + n);
    }
    StringBuilder table = new StringBuilder();
    boolean[] x = new boolean[n];
    for (int i = 0; i < 1 << n; i++) {
      for (int j = 0; j < n; j++) {
        x[j] = (i >> (n - 1 - j) & 1) == 1;
      }
      table.append(fires(x) ? '1' : '0');
    }
    return table.toString();
  }
}
