package dev.neurite.train;

import dev.neurite.error.FormatException;
import dev.neurite.io.Json;
import dev.neurite.loss.Loss;
import dev.neurite.loss.Losses;
import dev.neurite.nn.Activation;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A small net with examples, a loss and a learning rate: what {@code ./neurite explain} is asked.
 *
 * @param net the net with its start values
 * @param x examples [example][input]
 * @param y targets [example][output]
 * @param lossName {@code half_square}, {@code square}, {@code mean_square}, {@code cross_entropy} or {@code
 *     binary_cross_entropy}
 * @param rate learning rate of plain gradient descent
 */
public record Exercise(SmallNet net, List<List<Double>> x, List<List<Double>> y, String lossName, double rate) {

  /** Copies the lists. @throws IllegalArgumentException when examples and targets do not fit the net */
  public Exercise {
    x = x.stream().map(List::copyOf).toList();
    y = y.stream().map(List::copyOf).toList();
    int outputs = net.layers().get(net.layers().size() - 1).units().size();
    boolean fits = !x.isEmpty() && x.size() == y.size()
        && x.stream().allMatch(row -> row.size() == net.inputs().size())
        && y.stream().allMatch(row -> row.size() == outputs);
    if (!fits) {
      throw new IllegalArgumentException(
          "Exercise: expected as many rows of " + net.inputs().size() + " inputs as of " + outputs
              + " targets, given x " + x + " and y " + y);
    }
    loss(lossName);
  }

  /** The examples as a tensor [n, inputs]. */
  public Tensor inputs() {
    return matrix(x);
  }

  /** The targets as a tensor [n, outputs]. */
  public Tensor targets() {
    return matrix(y);
  }

  private static Tensor matrix(List<List<Double>> rows) {
    double[] values = rows.stream().flatMap(List::stream).mapToDouble(Double::doubleValue).toArray();
    return Tensor.of(values, Shape.of(rows.size(), rows.get(0).size()));
  }

  /** The loss, summed over the examples. */
  public Loss loss() {
    return loss(lossName);
  }

  /** Sums over the examples, as exercises do; the mean is taken over the outputs only where the name says so. */
  private static Loss loss(String name) {
    return switch (name) {
      case "half_square" -> named("half the sum of squares", (y, p) -> y.sub(p).square().sum().mul(0.5));
      case "square" -> named("sum of squares", (y, p) -> y.sub(p).square().sum());
      case "mean_square" -> named("mean of squares", (y, p) -> y.sub(p).square().mean(-1).sum());
      case "cross_entropy" -> named(
          "cross-entropy", (y, p) -> Losses.categoricalCrossEntropy().perSample(y, p).sum());
      case "binary_cross_entropy" -> named(
          "binary cross-entropy", (y, p) -> Losses.binaryCrossEntropy().perSample(y, p).sum());
      default -> throw new IllegalArgumentException(
          "Exercise: expected the loss half_square, square, mean_square, cross_entropy or binary_cross_entropy, given "
              + name);
    };
  }

  private static Loss named(String words, Loss formula) {
    return new Loss() {
      @Override
      public Tensor apply(Tensor y, Tensor p) {
        return formula.apply(y, p);
      }

      @Override
      public String name() {
        return words;
      }
    };
  }

  /** The same with another loss. */
  public Exercise withLoss(String name) {
    return new Exercise(net, x, y, name, rate);
  }

  /** The same with the biases of all layers trained in another way. */
  public Exercise withBias(SmallNet.Bias bias) {
    List<SmallNet.Layer> layers = net.layers().stream()
        .map(l -> new SmallNet.Layer(
            l.units(), l.activation(), l.weights(), l.weightNames(), l.biases(), l.biasNames(), bias))
        .toList();
    return new Exercise(new SmallNet(net.inputs(), layers), x, y, lossName, rate);
  }

  // ---- the worked examples

  /**
   * A worked example by name: {@code n1} (2-2-2), {@code n2} (3-2-1), {@code n3} (4-2-1) or {@code n4} (one neuron),
   * all of sigmoid units.
   *
   * @throws IllegalArgumentException for another name
   */
  public static Exercise preset(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "n1" -> n1();
      case "n2" -> n2();
      case "n3" -> n3();
      case "n4" -> n4();
      default -> throw new IllegalArgumentException("Exercise: expected n1, n2, n3 or n4, given " + name);
    };
  }

  private static SmallNet.Layer layer(
      List<String> units, List<List<Double>> weights, List<List<String>> names, List<Double> biases,
      List<String> biasNames, SmallNet.Bias bias) {
    return new SmallNet.Layer(units, Activation.SIGMOID, weights, names, biases, biasNames, bias);
  }

  private static Exercise n1() {
    SmallNet net = new SmallNet(
        List.of("i1", "i2"),
        List.of(
            layer(
                List.of("h1", "h2"), List.of(List.of(.15, .20), List.of(.25, .30)),
                List.of(List.of("w1", "w2"), List.of("w3", "w4")), List.of(.35, .35), List.of("b1 at h1", "b1 at h2"),
                SmallNet.Bias.FIXED),
            layer(
                List.of("o1", "o2"), List.of(List.of(.40, .45), List.of(.50, .55)),
                List.of(List.of("w5", "w6"), List.of("w7", "w8")), List.of(.60, .60), List.of("b2 at o1", "b2 at o2"),
                SmallNet.Bias.FIXED)));
    return new Exercise(net, List.of(List.of(.05, .10)), List.of(List.of(.01, .99)), "mean_square", .5);
  }

  private static Exercise n2() {
    SmallNet net = new SmallNet(
        List.of("1", "2", "3"),
        List.of(
            layer(
                List.of("4", "5"), List.of(List.of(.2, .4, -.5), List.of(-.3, .1, .2)),
                List.of(List.of("w14", "w24", "w34"), List.of("w15", "w25", "w35")), List.of(-.4, .2),
                List.of("theta4", "theta5"), SmallNet.Bias.UNIT),
            layer(
                List.of("6"), List.of(List.of(-.3, -.2)), List.of(List.of("w46", "w56")), List.of(.1),
                List.of("theta6"), SmallNet.Bias.UNIT)));
    return new Exercise(net, List.of(List.of(1.0, 0.0, 1.0)), List.of(List.of(1.0)), "half_square", .9);
  }

  private static Exercise n3() {
    SmallNet net = new SmallNet(
        List.of("1", "2", "3", "4"),
        List.of(
            layer(
                List.of("5", "6"), List.of(List.of(.3, -.2, .2, .1), List.of(.1, .4, -.3, .4)),
                List.of(List.of("w15", "w25", "w35", "w45"), List.of("w16", "w26", "w36", "w46")), List.of(.2, .1),
                List.of("b5", "b6"), SmallNet.Bias.UNIT),
            layer(
                List.of("7"), List.of(List.of(-.3, .2)), List.of(List.of("w57", "w67")), List.of(-.3),
                List.of("w07"), SmallNet.Bias.UNIT)));
    return new Exercise(net, List.of(List.of(1.0, 1.0, 0.0, 1.0)), List.of(List.of(1.0)), "square", .8);
  }

  private static Exercise n4() {
    SmallNet net = new SmallNet(
        List.of("x"),
        List.of(
            layer(
                List.of("y"), List.of(List.of(-2.0)), List.of(List.of("w")), List.of(-2.0), List.of("b"),
                SmallNet.Bias.UNIT)));
    return new Exercise(
        net, List.of(List.of(.5), List.of(2.5)), List.of(List.of(.2), List.of(.9)), "half_square", 1);
  }

  // ---- files

  /**
   * Reads an exercise:
   *
   * <pre>{@code
   * {"inputs": ["x1", "x2"], "x": [[0.05, 0.1]], "y": [[0.01]], "loss": "half_square", "rate": 0.5,
   *  "layers": [{"units": ["h1"], "activation": "tanh", "weights": [[0.15, 0.2]], "bias": [0.35]},
   *             {"units": ["o1"], "activation": "sigmoid", "weights": [[0.4]], "bias": [0.6], "bias_mode": "fixed"}]}
   * }</pre>
   *
   * A layer may have {@code weight_names} and {@code bias_names} and a {@code bias_mode} of unit (default), shared or
   * fixed; the activation is sigmoid unless given.
   *
   * @throws FormatException for another text
   */
  public static Exercise read(String file, byte[] json) {
    HealthJson map = new HealthJson(file, Json.readObject(file, json));
    try {
      List<String> inputs = map.texts("inputs");
      List<String> from = inputs;
      List<SmallNet.Layer> layers = new ArrayList<>();
      for (HealthJson layer : map.objects("layers")) {
        layers.add(readLayer(layer, from));
        from = layers.get(layers.size() - 1).units();
      }
      return new Exercise(
          new SmallNet(inputs, layers), map.matrix("x"), map.matrix("y"), map.text("loss"), map.number("rate"));
    } catch (IllegalArgumentException e) {
      throw new FormatException(file, -1, e.getMessage(), e);
    }
  }

  private static SmallNet.Layer readLayer(HealthJson map, List<String> from) {
    List<String> units = map.texts("units");
    Activation activation = map.has("activation") ? Activation.of(map.text("activation")) : Activation.SIGMOID;
    SmallNet.Bias bias = map.has("bias_mode")
        ? SmallNet.Bias.valueOf(map.text("bias_mode").toUpperCase(Locale.ROOT))
        : SmallNet.Bias.UNIT;
    SmallNet.Layer layer =
        SmallNet.Layer.of(from, units, activation, map.matrix("weights"), map.numbers("bias"), bias);
    return new SmallNet.Layer(
        units, activation, layer.weights(),
        map.has("weight_names") ? map.textRows("weight_names") : layer.weightNames(), layer.biases(),
        map.has("bias_names") ? map.texts("bias_names") : layer.biasNames(), bias);
  }
}
