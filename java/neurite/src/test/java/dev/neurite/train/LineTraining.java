package dev.neurite.train;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.loss.Losses;
import dev.neurite.nn.Model;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.Scope;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What the tests of callbacks train: one weight, on eight points in two batches. */
abstract class LineTraining {

  @TempDir Path folder;
  Model model;
  Dataset data;
  private Scope scope;

  @BeforeEach
  void open() {
    Neurite.seed(1);
    scope = Scope.open();
    model = TrainingExamples.line();
    data = TrainingExamples.slope(8).batch(4);
    model.compile(Sgd.of(0.1), Losses.meanSquaredError());
  }

  @AfterEach
  void close() {
    model.close();
    scope.close();
  }

  /** Puts given values of {@code val_x} into the history, as if they had been measured. */
  static Callback script(double... values) {
    return LambdaCallback.onEpochEnd((run, measured) -> measured.put("val_x", values[run.epoch() - 1]));
  }

  /** Notes the weight after each epoch. */
  final Callback notes(List<Float> weights) {
    return LambdaCallback.onEpochEnd((run, values) -> weights.add(weight()));
  }

  final History fit(int epochs, Callback... callbacks) {
    return model.fit(data, Fit.epochs(epochs).callbacks(callbacks));
  }

  final float weight() {
    return model.params().get(0).toFloats()[0];
  }
}
