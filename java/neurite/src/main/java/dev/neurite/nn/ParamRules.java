package dev.neurite.nn;

import dev.neurite.regularizer.Constraint;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a block's own parameters carry beside their values: penalties, constraints and a factor of the learning rate. */
final class ParamRules {

  private final Map<Param, Regularizer> regularizers = new IdentityHashMap<>();
  private final Map<String, Constraint> constraints = new LinkedHashMap<>();
  private double learningRate = 1;

  void regularize(String name, Param p, Regularizer regularizer) {
    if (regularizer != null) {
      regularizers.put(p, regularizer);
      apply(name, p);
    }
  }

  Regularizer regularizer(Param p) {
    return regularizers.get(p);
  }

  void constrain(String name, Constraint constraint, Param p) {
    constraints.put(name, constraint);
    if (p != null) {
      apply(name, p);
    }
  }

  Map<String, Constraint> constraints() {
    return constraints;
  }

  double learningRate() {
    return learningRate;
  }

  void learningRate(double factor) {
    learningRate = factor;
  }

  /** Gives a parameter its factor and what follows each step: first a proximal penalty, then the constraint. */
  void apply(String name, Param p) {
    p.learningRateFactor(learningRate);
    Regularizer regularizer = regularizers.get(p);
    boolean proximal = regularizer != null && regularizer.isProximal();
    Constraint constraint = constraints.get(name);
    if (proximal && constraint != null) {
      p.afterStep((w, rate) -> constraint.project(regularizer.afterStep(w, rate)));
    } else if (proximal) {
      p.afterStep(regularizer::afterStep);
    } else if (constraint != null) {
      p.afterStep((w, rate) -> constraint.project(w));
    }
  }

  void forget() {
    regularizers.clear();
  }

  /** Penalties by parameter, of a block and its parts. */
  static Map<Param, Regularizer> penalties(Block root) {
    Map<Param, Regularizer> all = new LinkedHashMap<>();
    root.visit("", (prefix, block) ->
        block.ownParams().values().forEach(p -> {
          Regularizer r = block.rules.regularizer(p);
          if (r != null) {
            all.put(p, r);
          }
        }));
    return all;
  }
}
