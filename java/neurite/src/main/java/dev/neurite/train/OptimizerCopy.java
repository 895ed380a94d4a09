package dev.neurite.train;

import dev.neurite.optim.LearningRate;
import dev.neurite.optim.Optimizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** An optimiser's step, slots and learning rate as they were at one moment. */
final class OptimizerCopy implements AutoCloseable {

  private final Optimizer optimizer;
  private final LearningRate schedule;
  private final boolean used;
  private final Map<String, Param> params = new LinkedHashMap<>(); // those that had slots
  private final Map<String, Tensor> state = new LinkedHashMap<>();

  /**
   * Copies.
   *
   * @param candidates the parameters the optimiser may have slots for, by path
   */
  OptimizerCopy(Optimizer optimizer, Map<String, Param> candidates) {
    this.optimizer = optimizer;
    schedule = optimizer.schedule();
    try (Scope scope = Scope.open()) {
      optimizer.state(candidates).forEach((name, value) -> state.put(name, Param.of(name, value)));
    }
    candidates.forEach((path, p) -> {
      if (state.keySet().stream().anyMatch(name -> name.startsWith(path + "."))) {
        params.put(path, p);
      }
    });
    used = optimizer.step() > 0 || !params.isEmpty();
  }

  /** Makes the optimiser what it was; slots made since are dropped. */
  void restore() {
    optimizer.close();
    if (used) {
      optimizer.load(params, state);
    }
    optimizer.setLearningRate(schedule);
  }

  @Override
  public void close() {
    state.values().forEach(Tensor::close);
  }
}
