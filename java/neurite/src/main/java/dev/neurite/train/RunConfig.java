package dev.neurite.train;

import dev.neurite.nn.Activation;
import dev.neurite.nn.Block;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.optim.AdamW;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.RmsProp;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The hyper-parameters of a run in one record: the network's layers, and how it is trained. A {@link RunFolder} writes
 * it to {@code config.json}, and every checkpoint of the run carries it.
 *
 * @param name of the run; letters, digits, {@code . _ -}
 * @param units of each hidden layer, in order
 * @param activation of the hidden layers, by name
 * @param dropout part dropped behind each hidden layer, 0 for none
 * @param optimizer {@code sgd}, {@code momentum}, {@code rmsprop}, {@code adam} or {@code adamw}
 * @param learningRate above 0
 * @param batch examples per step
 * @param epochs passes over the data
 * @param seed of everything random
 */
public record RunConfig(
    String name,
    List<Integer> units,
    String activation,
    double dropout,
    String optimizer,
    double learningRate,
    int batch,
    int epochs,
    long seed) {

  private static final List<String> OPTIMIZERS = List.of("sgd", "momentum", "rmsprop", "adam", "adamw");
  private static final double MOMENTUM = 0.9;

  /** Checks every value. @throws IllegalArgumentException naming the wrong one */
  public RunConfig {
    units = List.copyOf(units);
    require(name.matches("[A-Za-z0-9._-]{1,100}") && !name.startsWith("."), "name", "letters, digits, . _ -", name);
    require(units.stream().allMatch(n -> n >= 1), "units", "1 or more in each layer", units);
    Activation.of(activation);
    require(dropout >= 0 && dropout < 1, "dropout", "0 up to, not including, 1", dropout);
    require(OPTIMIZERS.contains(optimizer), "optimizer", "one of " + OPTIMIZERS, optimizer);
    require(learningRate > 0 && learningRate <= 1e30, "learningRate", "a number above 0", learningRate);
    require(batch >= 1, "batch", "1 or more", batch);
    require(epochs >= 0, "epochs", "0 or more", epochs);
  }

  private static void require(boolean right, String what, String expected, Object given) {
    if (!right) {
      throw new IllegalArgumentException("RunConfig." + what + ": expected " + expected + ", given " + given);
    }
  }

  /** One hidden layer of 64 units with ReLU, Adam at 0.001, batches of 32, 10 epochs, seed 42. */
  public static RunConfig of(String name) {
    return new RunConfig(name, List.of(64), "relu", 0, "adam", 1e-3, 32, 10, 42);
  }

  /**
   * From plain values, such as those of a {@code config.json} or a {@link Trial}; what is missing is as by default.
   *
   * @throws IllegalArgumentException for an unknown name or a wrong value
   */
  public static RunConfig from(Map<String, ?> values) {
    Map<String, Object> all = of("run").toMap();
    values.forEach((key, value) -> {
      require(all.containsKey(key), key, "one of " + all.keySet(), "'" + key + "'");
      all.put(key, value);
    });
    try {
      List<Integer> units = ((List<?>) all.get("units")).stream().map(n -> ((Number) n).intValue()).toList();
      return new RunConfig(
          (String) all.get("name"), units, (String) all.get("activation"), number(all, "dropout").doubleValue(),
          (String) all.get("optimizer"), number(all, "learningRate").doubleValue(), number(all, "batch").intValue(),
          number(all, "epochs").intValue(), number(all, "seed").longValue());
    } catch (ClassCastException e) {
      throw new IllegalArgumentException("RunConfig: expected values of the record's types, given " + values, e);
    }
  }

  private static Number number(Map<String, Object> values, String key) {
    return (Number) values.get(key);
  }

  /** This record with some values replaced, by name. */
  public RunConfig with(Map<String, ?> changes) {
    Map<String, Object> all = toMap();
    all.putAll(changes);
    return from(all);
  }

  /** This record with one value replaced. */
  public RunConfig with(String name, Object value) {
    return with(Map.of(name, value));
  }

  /** The values by name, as JSON has them. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", name);
    map.put("units", units);
    map.put("activation", activation);
    map.put("dropout", dropout);
    map.put("optimizer", optimizer);
    map.put("learningRate", learningRate);
    map.put("batch", batch);
    map.put("epochs", epochs);
    map.put("seed", seed);
    return map;
  }

  /** The network: the hidden layers and a linear layer of so many outputs; inputs of several axes are flattened. */
  public Model model(Input input, int outputs) {
    List<Block> blocks = new ArrayList<>();
    if (input.shape().rank() > 2) {
      blocks.add(Flatten.of());
    }
    for (int n : units) {
      blocks.add(Dense.of(n).activation(Activation.of(activation)));
      if (dropout > 0) {
        blocks.add(dev.neurite.nn.Dropout.of(dropout));
      }
    }
    blocks.add(Dense.of(outputs));
    return Model.sequential(input, blocks.toArray(Block[]::new));
  }

  /** The network for inputs of a shape without the batch axis. */
  public Model model(Shape input, int outputs) {
    return model(Input.of(input.dims()), outputs);
  }

  /** A new optimiser. */
  public Optimizer newOptimizer() {
    return switch (optimizer) {
      case "sgd" -> Sgd.of(learningRate);
      case "momentum" -> Sgd.of(learningRate).momentum(MOMENTUM);
      case "rmsprop" -> RmsProp.of(learningRate);
      case "adamw" -> AdamW.of(learningRate);
      default -> Adam.of(learningRate);
    };
  }

  /** Epochs, batch size, seed and this record for the checkpoints. */
  public Fit fit() {
    return Fit.epochs(epochs).batch(batch).seed(seed).settings(toMap());
  }
}
