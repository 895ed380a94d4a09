package dev.neurite.nn;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.ops.Current;
import dev.neurite.ops.Softmax;
import dev.neurite.ops.UnaryOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * An element-wise function or a softmax, as an option of other layers and as a layer of its own.
 * Immutable and without parameters, so one instance may stand in many places.
 *
 * <pre>{@code
 * Dense.of(128).activation(Activation.RELU)
 * Model.sequential(Input.of(4), Dense.of(8), Activation.leakyRelu(0.2), Dense.of(3), Activation.SOFTMAX)
 * }</pre>
 *
 * <p><b>Shapes</b>: any, unchanged ({@link #maxout}, {@link #GLU} and {@link #SWIGLU} shorten an
 * axis).
 */
public final class Activation extends Layer {

  private static final String STEP = "binary_step";
  private static final double GENERAL_RELU_CEILING = Double.POSITIVE_INFINITY;

  /** {@code x}. */
  public static final Activation LINEAR = unary("linear", UnaryOp.IDENTITY);
  /** {@code max(0, x)}; derivative 0 at 0. */
  public static final Activation RELU = unary("relu", UnaryOp.RELU);
  /** {@code min(max(0, x), 6)}. */
  public static final Activation RELU6 = unary("relu6", UnaryOp.RELU6);
  /** {@code 1 / (1 + e^-x)}. */
  public static final Activation SIGMOID = unary("sigmoid", UnaryOp.SIGMOID);
  /** {@code log(sigmoid(x))}. */
  public static final Activation LOG_SIGMOID = unary("log_sigmoid", UnaryOp.LOG_SIGMOID);
  /** {@code clamp(x/6 + 1/2, 0, 1)}. */
  public static final Activation HARD_SIGMOID = hardSigmoid(1.0 / 6, 0.5);
  /** Hyperbolic tangent. */
  public static final Activation TANH = unary("tanh", UnaryOp.TANH);
  /** {@code clamp(x, -1, 1)}. */
  public static final Activation HARD_TANH = hardTanh(-1, 1);
  /** {@code e^x}. */
  public static final Activation EXPONENTIAL = unary("exponential", UnaryOp.EXP);
  /** Leaky ReLU with slope 0.01. */
  public static final Activation LEAKY_RELU = leakyRelu(0.01);
  /** ELU with alpha 1. */
  public static final Activation ELU = elu(1);
  /** Scaled ELU (Klambauer et al. 2017). */
  public static final Activation SELU = unary("selu", UnaryOp.SELU);
  /** CELU with alpha 1. */
  public static final Activation CELU = celu(1);
  /** {@code x * Phi(x)}, with the error function. */
  public static final Activation GELU = unary("gelu", UnaryOp.GELU);
  /** GELU's tanh approximation. */
  public static final Activation GELU_TANH = unary("gelu_tanh", UnaryOp.GELU_TANH);
  /** {@code x * sigmoid(x)}. */
  public static final Activation SILU = unary("silu", UnaryOp.SILU);
  /** {@code x * tanh(softplus(x))}. */
  public static final Activation MISH = unary("mish", UnaryOp.MISH);
  /** {@code x * clamp(x/6 + 1/2, 0, 1)}. */
  public static final Activation HARD_SWISH = unary("hard_swish", UnaryOp.HARD_SWISH);
  /** {@code log(1 + e^x)}. */
  public static final Activation SOFTPLUS = softplus(1);
  /** {@code x / (1 + |x|)}. */
  public static final Activation SOFTSIGN = unary("softsign", UnaryOp.SOFTSIGN);
  /** {@code e^(-x^2)}. */
  public static final Activation GAUSSIAN = unary("gaussian", UnaryOp.GAUSSIAN);
  /** {@code x - tanh(x)}. */
  public static final Activation TANH_SHRINK = unary("tanh_shrink", UnaryOp.TANH_SHRINK);
  /** Soft shrink with threshold 0.5. */
  public static final Activation SOFT_SHRINK = softShrink(0.5);
  /** Hard shrink with threshold 0.5. */
  public static final Activation HARD_SHRINK = hardShrink(0.5);
  /** {@code (x + sqrt(x^2 + 4)) / 2}. */
  public static final Activation SQUAREPLUS = squareplus(4);
  /** {@code x >= 0 ? 1 : 0}; derivative 0. */
  public static final Activation BINARY_STEP = binaryStep(0);
  /** {@code exp(x - max) / sum} along the last axis. */
  public static final Activation SOFTMAX = softmax(-1);
  /** Logarithm of softmax along the last axis. */
  public static final Activation LOG_SOFTMAX = logSoftmax(-1);
  /** Softmax of {@code -x} along the last axis. */
  public static final Activation SOFTMIN = softmin(-1);
  /** The closest point of the simplex, along the last axis: like softmax, but with true zeros. */
  public static final Activation SPARSEMAX = sparsemax(-1);
  /** 1 at the first largest value of the last axis, else 0; derivative 0. */
  public static final Activation HARDMAX = other("hardmax", x -> hardmax(x, -1));
  /** First half of the last axis times the sigmoid of the second half. */
  public static final Activation GLU = halves("glu", x -> x.sigmoid(), false, -1);
  /** SiLU of the first half of the last axis times the second half. */
  public static final Activation SWIGLU = halves("swiglu", x -> x.unary(UnaryOp.SILU), true, -1);

  /** The function's name and parameters, as saved. */
  public record Config(String function, List<Double> parameters) {}

  private final String function;
  private final double[] parameters;
  private final UnaryOp unary; // null: not element-wise
  private final Function<Tensor, Tensor> code;
  private final long divisor; // of the length of one axis
  private final int axis;

  private Activation(
      String function, double[] parameters, UnaryOp unary, Function<Tensor, Tensor> code, long divisor, int axis) {
    this.function = function;
    this.parameters = parameters;
    this.unary = unary;
    this.code = code;
    this.divisor = divisor;
    this.axis = axis;
    standAlone(function, false);
  }

  private static Activation unary(String function, UnaryOp op, double... parameters) {
    return new Activation(function, parameters, op, x -> x.unary(op, parameters), 1, -1);
  }

  private static Activation other(String function, Function<Tensor, Tensor> code, double... parameters) {
    return new Activation(function, parameters, null, code, 1, -1);
  }

  private static Activation halves(String function, Function<Tensor, Tensor> gate, boolean first, int axis) {
    return new Activation(
        function, axis == -1 ? new double[0] : new double[] {axis}, null,
        x -> {
          long half = x.dim(axis) / 2;
          Tensor a = x.slice(axis, 0, half);
          Tensor b = x.slice(axis, half, 2 * half);
          return first ? gate.apply(a).mul(b) : a.mul(gate.apply(b));
        },
        2, axis);
  }

  private static Tensor hardmax(Tensor x, int axis) {
    int a = x.shape().axis(axis);
    Tensor hot = x.argmax(a).oneHot(x.dim(a), x.dtype());
    int[] order = new int[x.rank()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i < a ? i : i == a ? order.length - 1 : i - 1;
    }
    return hot.permute(order);
  }

  // ---- with parameters

  /** {@code x > 0 ? x : slope * x}. */
  public static Activation leakyRelu(double slope) {
    return unary("leaky_relu", UnaryOp.LEAKY_RELU, slope);
  }

  /**
   * {@code x >= ceiling: ceiling; x >= threshold: x; else slope * (x - threshold)}; Keras' general
   * ReLU.
   */
  public static Activation relu(double slope, double ceiling, double threshold) {
    return unary("relu_general", UnaryOp.RELU_GENERAL, slope, ceiling, threshold);
  }

  /** {@link #relu(double, double, double)} without a ceiling. */
  public static Activation relu(double slope, double threshold) {
    return relu(slope, GENERAL_RELU_CEILING, threshold);
  }

  /** Randomised leaky ReLU as used for inference: slope {@code (lower + upper) / 2}. */
  public static Activation rRelu(double lower, double upper) {
    return leakyRelu((lower + upper) / 2);
  }

  /** {@code x > 0 ? x : alpha * (e^x - 1)}. */
  public static Activation elu(double alpha) {
    return unary("elu", UnaryOp.ELU, alpha);
  }

  /** {@code max(0, x) + min(0, alpha * (e^(x/alpha) - 1))}. */
  public static Activation celu(double alpha) {
    return unary("celu", UnaryOp.CELU, alpha);
  }

  /** {@code x * sigmoid(beta * x)}. */
  public static Activation swish(double beta) {
    return unary("swish", UnaryOp.SWISH, beta);
  }

  /** {@code clamp(alpha * x + beta, 0, 1)}. */
  public static Activation hardSigmoid(double alpha, double beta) {
    return unary("hard_sigmoid", UnaryOp.HARD_SIGMOID, alpha, beta);
  }

  /** {@code clamp(x, low, high)}. */
  public static Activation hardTanh(double low, double high) {
    return unary("hard_tanh", UnaryOp.HARD_TANH, low, high);
  }

  /** Soboleva modified tanh {@code (e^(ax) - e^(-bx)) / (e^(cx) + e^(-dx))}. */
  public static Activation smht(double a, double b, double c, double d) {
    return unary("smht", UnaryOp.SMHT, a, b, c, d);
  }

  /** {@code log(1 + e^(beta x)) / beta}. */
  public static Activation softplus(double beta) {
    return unary("softplus", UnaryOp.SOFTPLUS, beta);
  }

  /** {@code sign(x) * max(|x| - threshold, 0)}. */
  public static Activation softShrink(double threshold) {
    return unary("soft_shrink", UnaryOp.SOFT_SHRINK, threshold);
  }

  /** {@code |x| > threshold ? x : 0}. */
  public static Activation hardShrink(double threshold) {
    return unary("hard_shrink", UnaryOp.HARD_SHRINK, threshold);
  }

  /** {@code x > threshold ? x : value}. */
  public static Activation threshold(double threshold, double value) {
    return unary("threshold", UnaryOp.THRESHOLD, threshold, value);
  }

  /** {@code (x + sqrt(x^2 + b)) / 2}. */
  public static Activation squareplus(double b) {
    return unary("squareplus", UnaryOp.SQUAREPLUS, b);
  }

  /**
   * {@code x >= threshold ? 1 : 0}; derivative 0. Inside a layer it refuses to be trained through, since nothing below
   * it could learn; see {@link #straightThroughStep}.
   */
  public static Activation binaryStep(double threshold) {
    return unary(STEP, UnaryOp.BINARY_STEP, threshold);
  }

  /** The binary step with the derivative taken as 1, so that training passes through (Bengio et al. 2013). */
  public static Activation straightThroughStep(double threshold) {
    return other(
        "straight_through_step",
        x -> Tape.record(
            "straight_through_step", Tape.noGrad(() -> x.unary(UnaryOp.BINARY_STEP, threshold)), x, dy -> dy),
        threshold);
  }

  /** {@code x > 0 ? x : slope * x} with a slope that may be trained (He et al. 2015); shapes broadcast. */
  public static Tensor prelu(Tensor x, Tensor slope) {
    return x.gt(0).where(x, x.mul(slope));
  }

  /** {@code exp(x - max) / sum} along an axis. */
  public static Activation softmax(int axis) {
    return other("softmax", x -> x.softmax(axis), axis);
  }

  /** Softmax of {@code x / temperature} along an axis. */
  public static Activation softmax(int axis, double temperature) {
    return other("softmax_temperature", x -> x.div(temperature).softmax(axis), axis, temperature);
  }

  /** Logarithm of softmax along an axis. */
  public static Activation logSoftmax(int axis) {
    return other("log_softmax", x -> x.logSoftmax(axis), axis);
  }

  /** The closest point of the simplex along an axis: {@code max(x - tau, 0)} (Martins and Astudillo 2016). */
  public static Activation sparsemax(int axis) {
    return other("sparsemax", x -> Softmax.sparse(x, axis), axis);
  }

  /** 1 at the first largest value of an axis, else 0; derivative 0. */
  public static Activation hardmax(int axis) {
    return axis == -1 ? HARDMAX : other("hardmax", x -> hardmax(x, axis), axis);
  }

  /** First half of an axis times the sigmoid of the second half. */
  public static Activation glu(int axis) {
    return axis == -1 ? GLU : halves("glu", x -> x.sigmoid(), false, axis);
  }

  /** SiLU of the first half of an axis times the second half. */
  public static Activation swiglu(int axis) {
    return axis == -1 ? SWIGLU : halves("swiglu", x -> x.unary(UnaryOp.SILU), true, axis);
  }

  /** Softmax of {@code -x} along an axis. */
  public static Activation softmin(int axis) {
    return other("softmin", x -> x.neg().softmax(axis), axis);
  }

  /**
   * Largest of every {@code pieces} neighbours on the last axis, which becomes that much shorter.
   */
  public static Activation maxout(int pieces) {
    if (pieces < 1) {
      throw new IllegalArgumentException("maxout: expected at least one piece, given " + pieces);
    }
    return new Activation(
        "maxout", new double[] {pieces}, null,
        x -> x.reshape(x.shape().with(-1, x.shape().last() / pieces).append(pieces)).max(-1), pieces, -1);
  }

  /**
   * The activation with the given name, as {@link #function()} and {@link #parameters()} return
   * them. A name alone means its constant: {@code of("elu")} is {@link #ELU}.
   *
   * @param function name in lower case: {@code relu}, {@code gelu}, {@code elu}, ...
   * @param parameters all of the function's, or none for its defaults
   * @throws IllegalArgumentException for an unknown name or a wrong number of parameters
   */
  public static Activation of(String function, double... parameters) {
    return ActivationNames.find(function, parameters);
  }

  static Activation from(Config c) {
    return of(c.function, c.parameters.stream().mapToDouble(Double::doubleValue).toArray());
  }

  @Override
  public Config config() {
    return new Config(function, parameters());
  }

  // ---- use

  /** The function of a tensor. */
  public Tensor apply(Tensor x) {
    if (function.equals(STEP)) {
      refuseTraining(x);
    }
    return unary == UnaryOp.IDENTITY ? x : code.apply(x);
  }

  private static void refuseTraining(Tensor x) {
    String layer = Current.get().path();
    if (!layer.isEmpty() && Tape.tracks(x)) {
      throw new IllegalStateException(
          "binary_step: expected inference, given training: its slope is 0 everywhere, nothing below it can learn"
              + "\n  in layer '" + layer + "'"
              + "\n  use Activation.straightThroughStep(threshold), a sigmoid, or freeze the layers below");
    }
  }

  /** Range, monotonicity and smoothness. @throws IllegalStateException unless it works element by element */
  public ActivationProperties properties() {
    if (unary == null && !function.equals("straight_through_step")) {
      throw new IllegalStateException(function + ": expected an element-wise function, given one along an axis");
    }
    return ActivationProperties.find(function, parameters);
  }

  /** Its name in lower case, {@code leaky_relu}. */
  public String function() {
    return function;
  }

  /** Its parameters, in the order of the factory method. */
  public List<Double> parameters() {
    return Arrays.stream(parameters).boxed().toList();
  }

  /** The op when it is element-wise and has no parameters, for fused kernels; else null. */
  UnaryOp plainOp() {
    return parameters.length == 0 ? unary : null;
  }

  /** A copy of this activation with a name. */
  @Override
  public Activation name(String name) {
    Activation copy = new Activation(function, parameters, unary, code, divisor, axis);
    copy.standAlone(checkedName(name), true);
    return copy;
  }

  /** Nothing to freeze: it has no parameters, and may stand in other models too. */
  @Override
  public Activation trainable(boolean on) {
    return this;
  }

  @Override
  DType parameterType(DType input) {
    return input;
  }

  @Override
  Activation outputActivation() {
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    if (divisor == 1) {
      return in;
    }
    if (in.rank() == 0 || in.dim(axis) % divisor != 0) {
      String where = axis == -1 ? "a last axis" : "axis " + axis;
      throw new ShapeException(who() + ": expected " + where + " divisible by " + divisor + ", given " + in);
    }
    return in.with(axis, in.dim(axis) / divisor);
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return apply(x);
  }

  /** {@code leaky_relu(0.01)}. */
  @Override
  public String toString() {
    if (parameters.length == 0) {
      return function;
    }
    List<String> texts = new ArrayList<>();
    for (double p : parameters) {
      texts.add(String.format(Locale.ROOT, "%s", p));
    }
    return function + "(" + String.join(", ", texts) + ")";
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Activation a && a.function.equals(function) && Arrays.equals(a.parameters, parameters);
  }

  @Override
  public int hashCode() {
    return function.hashCode() * 31 + Arrays.hashCode(parameters);
  }
}
