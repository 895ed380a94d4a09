package dev.neurite.nn;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Activations by the name files use. */
final class ActivationNames {

  /** How many parameters a function takes, and what makes it from them. */
  private record Maker(int least, int most, Function<double[], Activation> make) {}

  private static final Map<String, Maker> MAKERS = new TreeMap<>();

  /** What a name alone means, for functions that have parameters. */
  private static final Map<String, Activation> DEFAULTS = new TreeMap<>();

  static {
    for (Activation a :
        new Activation[] {
          Activation.LINEAR, Activation.RELU, Activation.RELU6, Activation.SIGMOID, Activation.LOG_SIGMOID,
          Activation.TANH, Activation.EXPONENTIAL, Activation.SELU, Activation.GELU, Activation.GELU_TANH,
          Activation.SILU, Activation.MISH, Activation.HARD_SWISH, Activation.SOFTSIGN, Activation.GAUSSIAN,
          Activation.TANH_SHRINK
        }) {
      MAKERS.put(a.function(), new Maker(0, 0, p -> a));
    }
    axis("hardmax", Activation::hardmax);
    axis("glu", Activation::glu);
    axis("swiglu", Activation::swiglu);
    one("straight_through_step", Activation::straightThroughStep);
    one("sparsemax", p -> Activation.sparsemax(whole("sparsemax", p)));
    one("leaky_relu", Activation::leakyRelu);
    one("elu", Activation::elu);
    one("celu", Activation::celu);
    one("swish", Activation::swish);
    one("softplus", Activation::softplus);
    one("soft_shrink", Activation::softShrink);
    one("hard_shrink", Activation::hardShrink);
    one("squareplus", Activation::squareplus);
    one("binary_step", Activation::binaryStep);
    one("softmax", p -> Activation.softmax(whole("softmax", p)));
    one("log_softmax", p -> Activation.logSoftmax(whole("log_softmax", p)));
    one("softmin", p -> Activation.softmin(whole("softmin", p)));
    one("maxout", p -> Activation.maxout(whole("maxout", p)));
    many("hard_sigmoid", 2, p -> Activation.hardSigmoid(p[0], p[1]));
    many("hard_tanh", 2, p -> Activation.hardTanh(p[0], p[1]));
    many("threshold", 2, p -> Activation.threshold(p[0], p[1]));
    many("softmax_temperature", 2, p -> Activation.softmax(whole("softmax_temperature", p[0]), p[1]));
    many("relu_general", 3, p -> Activation.relu(p[0], p[1], p[2]));
    many("smht", 4, p -> Activation.smht(p[0], p[1], p[2], p[3]));
    for (Activation a :
        new Activation[] {
          Activation.HARD_SIGMOID, Activation.HARD_TANH, Activation.LEAKY_RELU, Activation.ELU, Activation.CELU,
          Activation.SOFTPLUS, Activation.SOFT_SHRINK, Activation.HARD_SHRINK, Activation.SQUAREPLUS,
          Activation.BINARY_STEP, Activation.SOFTMAX, Activation.LOG_SOFTMAX, Activation.SOFTMIN, Activation.SPARSEMAX
        }) {
      DEFAULTS.put(a.function(), a);
    }
  }

  private ActivationNames() {}

  private static void one(String name, Function<Double, Activation> make) {
    many(name, 1, p -> make.apply(p[0]));
  }

  private static void many(String name, int parameters, Function<double[], Activation> make) {
    MAKERS.put(name, new Maker(parameters, parameters, make));
  }

  /** An axis, the last one when not given. */
  private static void axis(String name, IntFunction<Activation> make) {
    MAKERS.put(name, new Maker(0, 1, p -> make.apply(p.length == 0 ? -1 : whole(name, p[0]))));
  }

  private static int whole(String name, double v) {
    if (v != Math.rint(v) || Math.abs(v) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(name + ": expected a whole number, given " + v);
    }
    return (int) v;
  }

  static Activation find(String function, double[] parameters) {
    Maker maker = MAKERS.get(function);
    if (maker == null) {
      throw new IllegalArgumentException(
          "activation: expected one of " + MAKERS.keySet() + ", given '" + function + "'");
    }
    if (parameters.length == 0 && DEFAULTS.containsKey(function)) {
      return DEFAULTS.get(function);
    }
    if (parameters.length < maker.least || parameters.length > maker.most) {
      throw new IllegalArgumentException(
          function + ": expected " + maker.most + " parameters, given " + parameters.length);
    }
    return maker.make.apply(parameters);
  }
}
