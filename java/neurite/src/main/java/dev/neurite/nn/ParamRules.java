package dev.neurite.nn;

import dev.neurite.regularizer.Constraint;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a block's own parameters carry beside their values: penalties, constraints and a factor of the learning rate.
 */
final class ParamRules {

  private final Map<Param, Regularizer> regularizers = new IdentityHashMap<>();
  private final Map<String, Constraint> constraints = new LinkedHashMap<>();
  /** What else follows a parameter's step, after its penalty and constraint. */
  private final Map<Param, Param.AfterStep> others = new IdentityHashMap<>();
  private final Map<Param, Param.AfterStep> given = new IdentityHashMap<>();
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

  /** Adds a projection that follows the parameter's own rules, whenever those are set. */
  void project(String name, Param p, Param.AfterStep projection) {
    apply(name, p);
    others.merge(p, projection, ParamRules::chain);
    apply(name, p);
  }

  /**
   * Gives a parameter its factor and what follows each step: first a proximal penalty, then the constraint, then what
   * somebody else has set.
   */
  void apply(String name, Param p) {
    p.learningRateFactor(learningRate);
    if (p.afterStep() != given.get(p)) {
      others.put(p, p.afterStep());
    }
    Regularizer regularizer = regularizers.get(p);
    Constraint constraint = constraints.get(name);
    Param.AfterStep all = regularizer != null && regularizer.isProximal() ? regularizer::afterStep : null;
    all = chain(all, constraint == null ? null : (w, rate) -> constraint.project(w));
    all = chain(all, others.get(p));
    given.put(p, all);
    p.afterStep(all);
  }

  private static Param.AfterStep chain(Param.AfterStep first, Param.AfterStep second) {
    if (first == null || second == null) {
      return first == null ? second : first;
    }
    return (w, rate) -> second.apply(first.apply(w, rate), rate);
  }

  void forget() {
    regularizers.clear();
    others.clear();
    given.clear();
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
