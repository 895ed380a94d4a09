package consumer;

import dev.neurite.Neurite;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Fit;
import java.util.Locale;

/** Learns the exclusive or of two bits: the smallest problem that needs a hidden layer. */
public final class Xor {
  private Xor() {}

  /** Trains and prints the four answers. */
  public static void main(String[] arguments) {
    Neurite.seed(42);
    Tensor x = Tensor.of(new float[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}});
    Tensor y = Tensor.of(new float[][] {{0}, {1}, {1}, {0}});
    Model model =
        Model.sequential(
            Input.of(2),
            Dense.of(4).activation(Activation.TANH),
            Dense.of(1).activation(Activation.SIGMOID));
    model.compile(Adam.of(0.05), Losses.binaryCrossEntropy(), Metrics.accuracy());

    model.fit(x, y, Fit.epochs(500).batch(4));

    float[] answers = model.predict(x).toFloats();
    for (float answer : answers) {
      System.out.println(Math.round(answer));
    }
    System.out.printf(Locale.ROOT, "accuracy %.2f%n", model.evaluate(x, y).value("accuracy"));
  }
}
