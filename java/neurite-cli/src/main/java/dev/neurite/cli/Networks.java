package dev.neurite.cli;

import dev.neurite.nn.Activation;
import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Dropout;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.MaxPool2D;
import dev.neurite.nn.Model;
import dev.neurite.nn.Padding;

/** The networks the demos train; all end in logits. */
final class Networks {

  private static final double SHORT_RUN_MOMENTUM = 0.9; // 0.99 is not settled after a few epochs

  private Networks() {}

  /** For 8x8 digits: two convolutions and a hidden layer, about 20,000 parameters. */
  static Model digits(int classes) {
    return Model.sequential(
        "digits",
        Input.of(8, 8, 1),
        Conv2D.of(16, 3).padding(Padding.SAME).activation(Activation.RELU),
        BatchNorm.of().momentum(SHORT_RUN_MOMENTUM),
        Conv2D.of(32, 3).padding(Padding.SAME).activation(Activation.RELU),
        MaxPool2D.of(2),
        Flatten.of(),
        Dense.of(64).activation(Activation.RELU),
        Dropout.of(0.3),
        Dense.of(classes));
  }

  /** For 28x28 pictures: three convolutions, about 230,000 parameters. */
  static Model pictures(String name, int classes) {
    return Model.sequential(
        name,
        Input.of(28, 28, 1),
        Conv2D.of(32, 3).padding(Padding.SAME).activation(Activation.RELU),
        BatchNorm.of().momentum(SHORT_RUN_MOMENTUM),
        MaxPool2D.of(2),
        Conv2D.of(64, 3).padding(Padding.SAME).activation(Activation.RELU),
        BatchNorm.of().momentum(SHORT_RUN_MOMENTUM),
        MaxPool2D.of(2),
        Flatten.of(),
        Dense.of(64).activation(Activation.RELU),
        Dropout.of(0.3),
        Dense.of(classes));
  }
}
