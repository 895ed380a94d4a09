package dev.neurite.train;

import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.nn.Model;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import java.util.Arrays;
import java.util.function.Supplier;

/** Learning curves as numbers: by epoch of one training, or by the number of examples trained on. */
public final class LearningCurves {

  private LearningCurves() {}

  /**
   * A value on training and validation data.
   *
   * @param axis what {@code at} counts: {@code epoch} or {@code examples}
   * @param name the value
   * @param at where it was measured, ascending
   * @param training on the data trained on
   * @param validation on held-out data; NaN where not measured
   */
  public record Curve(String axis, String name, double[] at, double[] training, double[] validation) {

    /** Checks the lengths. */
    public Curve {
      if (training.length != at.length || validation.length != at.length) {
        throw new IllegalArgumentException(
            "Curve: expected " + at.length + " values, given " + training.length + " and " + validation.length);
      }
    }

    /** The gap {@code validation - training} at each point. */
    public double[] gap() {
      double[] gap = new double[at.length];
      Arrays.setAll(gap, i -> validation[i] - training[i]);
      return gap;
    }

    /** A header and a line per point. */
    public String toCsv() {
      StringBuilder text = new StringBuilder(axis + "," + name + ",val_" + name + "\n");
      for (int i = 0; i < at.length; i++) {
        text.append((long) at[i]).append(',').append(training[i]).append(',');
        text.append(Double.isNaN(validation[i]) ? "" : Double.toString(validation[i])).append('\n');
      }
      return text.toString();
    }
  }

  /** The loss by epoch. */
  public static Curve byEpoch(History history) {
    return byEpoch(history, "loss");
  }

  /**
   * A value by epoch, from 1.
   *
   * @throws IllegalArgumentException for a value the history does not have
   */
  public static Curve byEpoch(History history, String name) {
    double[] at = new double[history.size()];
    Arrays.setAll(at, i -> i + 1);
    double[] none = new double[at.length];
    Arrays.fill(none, Double.NaN);
    boolean held = history.names().contains("val_" + name);
    return new Curve("epoch", name, at, history.values(name), held ? history.values("val_" + name) : none);
  }

  /**
   * Trains a new model on growing parts of the data; each part has the one before in it. Training values are measured
   * on the part, after the training.
   *
   * @param data what the parts are taken from, in a random order of the fit's seed
   * @param heldOut what each model is measured on
   * @param sizes numbers of examples, ascending, from 1 to all
   * @param compiled makes a compiled model; it is closed after its part
   * @param fit how each is trained
   * @param name {@code loss} or the name of a metric
   */
  public static Curve bySize(
      Dataset data, Dataset heldOut, int[] sizes, Supplier<Model> compiled, Fit fit, String name) {
    double[] at = Arrays.stream(sizes).asDoubleStream().toArray();
    double[] training = new double[sizes.length];
    double[] validation = new double[sizes.length];
    try (Scope whole = Scope.open();
        Batch all = data.all()) {
      requireSizes(sizes, all.size());
      long seed = fit.seed() == null ? 0 : fit.seed();
      long[] order = RandomOp.permutation(all.size(), RandomStream.of(seed, "learning-curve")).toLongs();
      for (int i = 0; i < sizes.length; i++) {
        try (Scope scope = Scope.open();
            Model model = compiled.get()) {
          Dataset part = Subsets.rows(data, all, Arrays.copyOf(order, sizes[i]));
          model.fit(part, fit);
          training[i] = model.evaluate(part).value(name);
          validation[i] = model.evaluate(heldOut).value(name);
        }
      }
    }
    return new Curve("examples", name, at, training, validation);
  }

  private static void requireSizes(int[] sizes, long most) {
    int before = 0;
    for (int size : sizes) {
      if (size <= before || size > most) {
        throw new IllegalArgumentException(
            "LearningCurves.bySize: expected ascending sizes from 1 to " + most + ", given " + Arrays.toString(sizes));
      }
      before = size;
    }
  }
}
