package dev.neurite.golden;

import static dev.neurite.golden.OptimizerGolden.rate;
import static dev.neurite.golden.OptimizerGolden.trajectory;

import dev.neurite.optim.Adadelta;
import dev.neurite.optim.Adafactor;
import dev.neurite.optim.Adagrad;
import dev.neurite.optim.Adamax;
import dev.neurite.optim.Asgd;
import dev.neurite.optim.Ftrl;
import dev.neurite.optim.Lamb;
import dev.neurite.optim.Lion;
import dev.neurite.optim.Nadam;
import dev.neurite.optim.RAdam;
import dev.neurite.optim.RProp;
import java.util.List;
import java.util.Map;

/** The optimisers beside SGD, RMSprop and Adam. */
final class MoreOptimizers {

  private MoreOptimizers() {}

  static void register(Map<String, GoldenHandler> h) {
    kerasRules(h);
    torchRules(h);
  }

  private static void kerasRules(Map<String, GoldenHandler> h) {
    h.put("optimizer/keras/Adagrad", trajectory(c -> OptimizerGolden.keras(c, Adagrad.of(rate(c))
        .initialAccumulator(c.number("initial_accumulator_value", 0.1)).epsilon(c.number("epsilon", 1e-7)))));
    h.put("optimizer/keras/Adadelta", trajectory(c -> OptimizerGolden.keras(c,
        Adadelta.of(rate(c)).rho(c.number("rho", 0.95)).epsilon(c.number("epsilon", 1e-7)))));
    h.put("optimizer/keras/Adamax", trajectory(c -> OptimizerGolden.keras(c,
        Adamax.of(rate(c)).betas(beta1(c), c.number("beta_2", 0.999)).epsilon(c.number("epsilon", 1e-7)))));
    h.put("optimizer/keras/Nadam", trajectory(c -> OptimizerGolden.keras(c,
        Nadam.of(rate(c)).betas(beta1(c), c.number("beta_2", 0.999)).epsilon(c.number("epsilon", 1e-7)))));
    h.put("optimizer/keras/Lion", trajectory(c -> OptimizerGolden.keras(c,
        Lion.of(rate(c)).betas(beta1(c), c.number("beta_2", 0.99)))));
    h.put("optimizer/keras/Lamb", trajectory(c -> OptimizerGolden.keras(c,
        Lamb.of(rate(c)).betas(beta1(c), c.number("beta_2", 0.999)).epsilon(c.number("epsilon", 1e-7)))));
    h.put("optimizer/keras/Ftrl", trajectory(c -> OptimizerGolden.keras(c, Ftrl.of(rate(c))
        .learningRatePower(c.number("learning_rate_power", -0.5))
        .initialAccumulator(c.number("initial_accumulator_value", 0.1))
        .penalties(
            c.number("l1_regularization_strength", 0), c.number("l2_regularization_strength", 0),
            c.number("l2_shrinkage_regularization_strength", 0))
        .beta(c.number("beta", 0)))));
    h.put("optimizer/keras/Adafactor", trajectory(c -> OptimizerGolden.keras(c, Adafactor.of(rate(c))
        .beta2Decay(c.number("beta_2_decay", -0.8)).epsilons(c.number("epsilon_1", 1e-30), c.number("epsilon_2", 1e-3))
        .clipThreshold(c.number("clip_threshold", 1)).relativeStep(c.flag("relative_step", true)))));
  }

  private static double beta1(GoldenCase c) {
    return c.number("beta_1", 0.9);
  }

  private static void torchRules(Map<String, GoldenHandler> h) {
    h.put("optimizer/torch/Adagrad", trajectory(c -> OptimizerGolden.torch(c, Adagrad.of(rate(c)).epsilonInside(false)
        .initialAccumulator(c.number("initial_accumulator_value", 0)).epsilon(c.number("eps", 1e-10))
        .rateDecay(c.number("lr_decay", 0)), false)));
    h.put("optimizer/torch/Adadelta", trajectory(c -> OptimizerGolden.torch(c,
        Adadelta.of(rate(c)).rho(c.number("rho", 0.9)).epsilon(c.number("eps", 1e-6)), false)));
    h.put("optimizer/torch/Adamax", trajectory(c -> OptimizerGolden.torch(c, Adamax.of(rate(c)).epsilonInMaximum(true)
        .betas(pair(c, "betas", 0, 0.9), pair(c, "betas", 1, 0.999)).epsilon(c.number("eps", 1e-8)), false)));
    h.put("optimizer/torch/NAdam", trajectory(c -> OptimizerGolden.torch(c, Nadam.of(rate(c))
        .momentumDecay(c.number("momentum_decay", 0.004)).betas(pair(c, "betas", 0, 0.9), pair(c, "betas", 1, 0.999))
        .epsilon(c.number("eps", 1e-8)), c.flag("decoupled_weight_decay", false))));
    h.put("optimizer/torch/RAdam", trajectory(c -> OptimizerGolden.torch(c, RAdam.of(rate(c))
        .betas(pair(c, "betas", 0, 0.9), pair(c, "betas", 1, 0.999)).epsilon(c.number("eps", 1e-8)),
        c.flag("decoupled_weight_decay", false))));
    h.put("optimizer/torch/Rprop", trajectory(c -> OptimizerGolden.torch(c, RProp.of(rate(c))
        .factors(pair(c, "etas", 0, 0.5), pair(c, "etas", 1, 1.2))
        .stepSizes(pair(c, "step_sizes", 0, 1e-6), pair(c, "step_sizes", 1, 50)), false)));
    h.put("optimizer/torch/ASGD", trajectory(c -> OptimizerGolden.torch(c, Asgd.of(rate(c)).lambda(c.number("lambd", 1e-4))
        .alpha(c.number("alpha", 0.75)).averageFrom(c.number("t0", 1e6)), false)));
  }

  static double pair(GoldenCase c, String key, int i, double otherwise) {
    return c.attrs().get(key) instanceof List<?> list ? ((Number) list.get(i)).doubleValue() : otherwise;
  }
}
