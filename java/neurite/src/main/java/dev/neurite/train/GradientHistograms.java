package dev.neurite.train;

import dev.neurite.autograd.Gradients;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps, for the first batch of every so many epochs, the histogram of each parameter's gradient. */
public final class GradientHistograms implements Callback {

  private final int every;
  private final List<Map<String, Histogram>> kept = new ArrayList<>();

  private GradientHistograms(int every) {
    this.every = every;
  }

  /**
   * Looks at epochs 1, 1 + n, 1 + 2n, ...
   *
   * @param epochs 1 or more
   */
  public static GradientHistograms every(int epochs) {
    if (epochs < 1) {
      throw new IllegalArgumentException("GradientHistograms.every: expected 1 or more, given " + epochs);
    }
    return new GradientHistograms(epochs);
  }

  /** Histograms by parameter's path, for each epoch looked at in the last training. */
  public List<Map<String, Histogram>> histograms() {
    return List.copyOf(kept);
  }

  @Override
  public void trainBegin(Run run) {
    kept.clear();
  }

  @Override
  public void gradientsKnown(Run run, Gradients gradients) {
    if (run.batch() == 1 && (run.epoch() - 1) % every == 0) {
      kept.add(of(run, gradients));
    }
  }

  static Map<String, Histogram> of(Run run, Gradients gradients) {
    Map<String, Histogram> byPath = new LinkedHashMap<>();
    run.model().state().forEach((path, p) -> {
      if (p.trainable() && gradients.has(p)) {
        byPath.put(path, Histogram.of(gradients.of(p)));
      }
    });
    return byPath;
  }
}
