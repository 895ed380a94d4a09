package dev.neurite.train;

import java.util.Map;

/**
 * Ends the training once a value changes from one epoch to the next by less than a tolerance, or after a largest number
 * of updates, whichever comes first: {@code |v_t - v_(t-1)| < tolerance}.
 *
 * <pre>{@code
 * Convergence.on("loss").tolerance(1e-6).maxSteps(10_000)
 * }</pre>
 */
public final class Convergence implements Callback {

  private final String monitor;
  private final double tolerance;
  private final long maxSteps;
  private double before;
  private boolean converged;

  private Convergence(String monitor, double tolerance, long maxSteps) {
    this.monitor = monitor;
    this.tolerance = tolerance;
    this.maxSteps = maxSteps;
  }

  /** Watches a value of the history such as {@code loss}: tolerance 1e-6, any number of updates. */
  public static Convergence on(String monitor) {
    return new Convergence(monitor, 1e-6, Long.MAX_VALUE);
  }

  /** Smallest change that counts as one, 0 or more. */
  public Convergence tolerance(double change) {
    if (!(change >= 0)) {
      throw new IllegalArgumentException("Convergence.tolerance: expected 0 or more, given " + change);
    }
    return new Convergence(monitor, change, maxSteps);
  }

  /** Most updates of the weights, 1 or more. */
  public Convergence maxSteps(long updates) {
    if (updates < 1) {
      throw new IllegalArgumentException("Convergence.maxSteps: expected 1 or more, given " + updates);
    }
    return new Convergence(monitor, tolerance, updates);
  }

  /** True when the last training ended by the tolerance. */
  public boolean converged() {
    return converged;
  }

  @Override
  public void trainBegin(Run run) {
    before = Double.NaN;
    converged = false;
  }

  @Override
  public void batchEnd(Run run) {
    if (run.step() >= maxSteps) {
      run.stop("the largest number of updates, " + maxSteps);
    }
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    double value = Mode.monitored("Convergence", monitor, values);
    if (Math.abs(value - before) < tolerance) {
      converged = true;
      run.stop(monitor + " changed by less than " + tolerance);
    }
    before = value;
  }

  @Override
  public CallbackState state() {
    return CallbackState.of(Map.of("before", before));
  }

  @Override
  public void restore(Run run, CallbackState state) {
    before = state.number("before");
  }
}
