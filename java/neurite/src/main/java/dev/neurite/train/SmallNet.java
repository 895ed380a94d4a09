package dev.neurite.train;

import dev.neurite.nn.Activation;
import dev.neurite.nn.Block;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Dropout;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A small fully connected net with a name for every unit, weight and bias, as it stands in an exercise: what {@link
 * Explain} works on.
 *
 * @param inputs names of the inputs
 * @param layers from the first hidden layer to the outputs
 */
public record SmallNet(List<String> inputs, List<Layer> layers) {

  /** How the biases of a layer are trained. */
  public enum Bias {
    /** Each unit has a bias of its own. */
    UNIT,
    /** All units of the layer share one bias, whose gradient is the sum over the units. */
    SHARED,
    /** The biases stay as they are. */
    FIXED
  }

  /**
   * One layer: {@code output = activation(sum of weight * input + bias)}.
   *
   * @param units names of the units
   * @param activation function of the net input
   * @param weights weights [unit][input]
   * @param weightNames their names [unit][input]
   * @param biases bias of each unit; equal numbers for a shared one
   * @param biasNames their names
   * @param bias how the biases are trained
   */
  public record Layer(
      List<String> units, Activation activation, List<List<Double>> weights, List<List<String>> weightNames,
      List<Double> biases, List<String> biasNames, Bias bias) {

    /** Copies the lists. @throws IllegalArgumentException when their lengths do not fit */
    public Layer {
      units = List.copyOf(units);
      weights = weights.stream().map(List::copyOf).toList();
      weightNames = weightNames.stream().map(List::copyOf).toList();
      biases = List.copyOf(biases);
      biasNames = List.copyOf(biasNames);
      if (units.isEmpty() || weights.size() != units.size() || weightNames.size() != units.size()
          || biases.size() != units.size() || biasNames.size() != units.size()) {
        throw new IllegalArgumentException(
            "SmallNet: expected weights and a bias for each of " + units.size() + " units " + units + ", given "
                + weights.size() + " rows of weights, " + weightNames.size() + " of names and " + biases.size()
                + " biases with " + biasNames.size() + " names");
      }
      if (bias == Bias.SHARED && biases.stream().distinct().count() != 1) {
        throw new IllegalArgumentException("SmallNet: expected one value for the shared bias, given " + biases);
      }
    }

    /** A layer whose weights are called w and the names of the units they lead from and to, biases b and the unit's. */
    public static Layer of(
        List<String> from, List<String> units, Activation activation, List<List<Double>> weights, List<Double> biases,
        Bias bias) {
      List<List<String>> names =
          units.stream().map(to -> from.stream().map(f -> "w" + f + to).toList()).toList();
      return new Layer(units, activation, weights, names, biases, units.stream().map(u -> "b" + u).toList(), bias);
    }
  }

  /** Copies the lists. @throws IllegalArgumentException when a layer does not fit the one before */
  public SmallNet {
    inputs = List.copyOf(inputs);
    layers = List.copyOf(layers);
    if (inputs.isEmpty() || layers.isEmpty()) {
      throw new IllegalArgumentException("SmallNet: expected at least one input and one layer");
    }
    int width = inputs.size();
    for (Layer layer : layers) {
      for (int u = 0; u < layer.units().size(); u++) {
        if (layer.weights().get(u).size() != width || layer.weightNames().get(u).size() != width) {
          throw new IllegalArgumentException(
              "SmallNet: expected " + width + " weights into unit " + layer.units().get(u) + ", given "
                  + layer.weights().get(u).size() + " with " + layer.weightNames().get(u).size() + " names");
        }
      }
      width = layer.units().size();
    }
  }

  /**
   * The net of a model that is a chain of {@link Dense} layers and activations; other layers without parameters that
   * change nothing here ({@link Flatten}, {@link Dropout}) are passed over.
   *
   * @throws IllegalArgumentException for another model, naming the first layer that does not fit
   */
  public static SmallNet of(Model model) {
    List<Dense> dense = dense(model);
    List<Activation> activations = activations(model);
    int width = (int) dense.get(0).kernel().dim(0);
    List<String> from = IntStream.rangeClosed(1, width).mapToObj(i -> "x" + i).toList();
    List<String> inputs = from;
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < dense.size(); i++) {
      Dense d = dense.get(i);
      int units = (int) d.kernel().dim(1);
      String letter = i == dense.size() - 1 ? "o" : dense.size() == 2 ? "h" : "h" + (i + 1) + "_";
      List<String> names = IntStream.rangeClosed(1, units).mapToObj(u -> letter + u).toList();
      layers.add(layer(d, activations.get(i), from, names));
      from = names;
    }
    return new SmallNet(inputs, layers);
  }

  private static Layer layer(Dense d, Activation activation, List<String> from, List<String> names) {
    double[] kernel = d.kernel().toDoubles();
    int units = names.size();
    List<List<Double>> weights = new ArrayList<>();
    for (int u = 0; u < units; u++) {
      int unit = u;
      weights.add(IntStream.range(0, from.size()).mapToObj(f -> kernel[f * units + unit]).toList());
    }
    double[] bias = d.bias() == null ? new double[units] : d.bias().toDoubles();
    boolean fixed = d.bias() == null || !d.bias().trainable();
    return Layer.of(
        from, names, activation, weights, java.util.Arrays.stream(bias).boxed().toList(),
        fixed ? Bias.FIXED : Bias.UNIT);
  }

  /** The model's dense layers, in order. */
  static List<Dense> dense(Model model) {
    List<Dense> all = new ArrayList<>();
    for (Block block : model.children().values()) {
      if (block instanceof Dense d) {
        all.add(d);
      } else if (!(block instanceof Activation || block instanceof Flatten || block instanceof Dropout)) {
        throw new IllegalArgumentException(
            "Explain: expected a chain of Dense layers and activations, given " + block.getClass().getSimpleName()
                + " '" + block.name() + "'");
      }
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException("Explain: expected a model with Dense layers, given " + model);
    }
    return all;
  }

  private static List<Activation> activations(Model model) {
    List<Activation> all = new ArrayList<>();
    for (Block block : model.children().values()) {
      if (block instanceof Dense d) {
        all.add(d.finalActivation());
      } else if (block instanceof Activation a) {
        if (all.isEmpty() || !all.get(all.size() - 1).equals(Activation.LINEAR)) {
          throw new IllegalArgumentException(
              "Explain: expected one activation behind a linear Dense layer, given " + a + " behind "
                  + (all.isEmpty() ? "the input" : all.get(all.size() - 1)));
        }
        all.set(all.size() - 1, a);
      }
    }
    return all;
  }
}
