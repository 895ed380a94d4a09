package dev.neurite.nn;

import dev.neurite.regularizer.Regularizer;

/**
 * The classical models as one-liners. Each is an ordinary {@link Model} and still wants
 * {@link Model#compile compile}.
 *
 * <pre>{@code
 * Model m = Models.logisticRegression(30).compile(Adam.of(0.01), Losses.binaryCrossEntropy(), Metrics.accuracy());
 * }</pre>
 */
public final class Models {

  private Models() {}

  /**
   * {@code y = w . x + b}: one linear unit. Loss: mean squared error.
   *
   * @param features width of the input
   */
  public static Model linearRegression(long features) {
    return linearRegression(features, 1);
  }

  /**
   * Several linear outputs at once: {@code y_t = w_t . x + b_t}. Loss: mean squared error.
   *
   * @param features width of the input
   * @param targets width of the output
   */
  public static Model linearRegression(long features, long targets) {
    return Model.sequential("linear_regression", Input.of(features), Dense.of(targets));
  }

  /**
   * {@code p = sigmoid(w . x + b)}: one unit. Loss: {@code Losses.binaryCrossEntropy()}.
   *
   * @param features width of the input
   */
  public static Model logisticRegression(long features) {
    return multiLabel(features, 1);
  }

  /**
   * Independent yes/no answers {@code p_l = sigmoid(w_l . x + b_l)}. Loss: {@code Losses.binaryCrossEntropy()}.
   *
   * @param features width of the input
   * @param labels number of answers
   */
  public static Model multiLabel(long features, long labels) {
    return Model.sequential(
        "logistic_regression", Input.of(features), Dense.of(labels).activation(Activation.SIGMOID));
  }

  /**
   * {@code p = softmax(W x + b)}, one of several classes. Loss: {@code Losses.sparseCategoricalCrossEntropy()}.
   *
   * @param features width of the input
   * @param classes number of classes
   */
  public static Model softmaxRegression(long features, long classes) {
    return Model.sequential(
        "softmax_regression", Input.of(features), Dense.of(classes).activation(Activation.SOFTMAX));
  }

  /**
   * One linear unit for {@code Losses.perceptron()} (or {@code hinge()}, which makes it a linear support vector
   * machine) with gradient descent; the sign of its output is the answer.
   *
   * @param features width of the input
   * @param penalty on the weights, such as L1 or L2; null for none
   */
  public static Model perceptron(long features, Regularizer penalty) {
    return Model.sequential("perceptron", Input.of(features), Dense.of(1).kernelRegularizer(penalty));
  }

  /**
   * Dense layers in a row, all but the last with the activation; the last is linear, so losses on logits fit.
   *
   * @param activation of the hidden layers
   * @param widths of input, hidden layers and output
   * @throws IllegalArgumentException for fewer than two widths
   */
  public static Model mlp(Activation activation, long... widths) {
    if (widths.length < 2) {
      throw new IllegalArgumentException(
          "Models.mlp: expected the widths of input and output at least, given " + widths.length);
    }
    Block[] layers = new Block[widths.length - 1];
    for (int i = 1; i < widths.length; i++) {
      Dense layer = Dense.of(widths[i]);
      layers[i - 1] = i == widths.length - 1 ? layer : layer.activation(activation);
    }
    return Model.sequential("mlp", Input.of(widths[0]), layers);
  }
}
