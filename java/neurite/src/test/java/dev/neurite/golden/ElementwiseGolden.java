package dev.neurite.golden;

import dev.neurite.nn.Activation;
import dev.neurite.tensor.Elementwise;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** tensor_elementwise and activations. */
final class ElementwiseGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    binaries(h);
    comparisons(h);
    unaries(h);
    trigonometry(h);
    h.put("clamp", GoldenRun.y(r -> r.in("x").clamp(
        r.c().number("min", Double.NEGATIVE_INFINITY), r.c().number("max", Double.POSITIVE_INFINITY))));
    h.put("where", GoldenRun.y(r -> r.in("cond").where(r.in("a"), r.in("b"))));
    h.put("lerp", GoldenRun.y(r -> Elementwise.lerp(r.in("a"), r.in("b"), r.in("w"))));
    activations(h);
    withParameters(h);
    pairs(h);
    softmaxFamily(h);
  }

  private static void binaries(Map<String, GoldenHandler> h) {
    binary(h, "binary/add", Tensor::add);
    binary(h, "binary/sub", Tensor::sub);
    binary(h, "binary/mul", Tensor::mul);
    binary(h, "binary/div", Tensor::div);
    binary(h, "binary/maximum", Tensor::maximum);
    binary(h, "binary/minimum", Tensor::minimum);
    binary(h, "binary/pow", Tensor::pow);
    binary(h, "binary/atan2", Elementwise::atan2);
    binary(h, "binary/hypot", Elementwise::hypot);
    binary(h, "binary/mod_floor", Tensor::mod);
    binary(h, "binary/mod_trunc", Tensor::rem);
    binary(h, "binary/floor_div", Tensor::floorDiv);
  }

  private static void comparisons(Map<String, GoldenHandler> h) {
    binary(h, "compare/equal", Tensor::eq);
    binary(h, "compare/not_equal", Tensor::ne);
    binary(h, "compare/greater", Tensor::gt);
    binary(h, "compare/greater_equal", Tensor::ge);
    binary(h, "compare/less", Tensor::lt);
    binary(h, "compare/less_equal", Tensor::le);
    binary(h, "compare/and", Tensor::and);
    binary(h, "compare/or", Tensor::or);
    binary(h, "compare/xor", Elementwise::xor);
    unary(h, "compare/not", Tensor::not);
    unary(h, "compare/is_nan", Tensor::isNan);
    unary(h, "compare/is_finite", Tensor::isFinite);
  }

  private static void unaries(Map<String, GoldenHandler> h) {
    unary(h, "unary/neg", Tensor::neg);
    unary(h, "unary/abs", Tensor::abs);
    unary(h, "unary/exp", Tensor::exp);
    unary(h, "unary/expm1", Tensor::expm1);
    unary(h, "unary/log", Tensor::log);
    unary(h, "unary/log1p", Tensor::log1p);
    unary(h, "unary/log2", Elementwise::log2);
    unary(h, "unary/log10", Elementwise::log10);
    unary(h, "unary/sqrt", Tensor::sqrt);
    unary(h, "unary/rsqrt", Tensor::rsqrt);
    unary(h, "unary/reciprocal", Tensor::reciprocal);
    unary(h, "unary/square", Tensor::square);
    unary(h, "unary/erf", Tensor::erf);
    unary(h, "unary/erfc", Elementwise::erfc);
    unary(h, "unary/lgamma", Elementwise::lgamma);
    unary(h, "unary/digamma", Elementwise::digamma);
    unary(h, "unary/sign", Tensor::sign);
    unary(h, "unary/logit", Elementwise::logit);
    unary(h, "unary/sigmoid", Tensor::sigmoid);
    unary(h, "unary/round_half_even", Tensor::round);
    unary(h, "unary/round", Tensor::round);
    unary(h, "unary/floor", Tensor::floor);
    unary(h, "unary/ceil", Tensor::ceil);
    unary(h, "unary/trunc", Elementwise::trunc);
  }

  private static void trigonometry(Map<String, GoldenHandler> h) {
    unary(h, "unary/sin", Tensor::sin);
    unary(h, "unary/cos", Tensor::cos);
    unary(h, "unary/tan", Elementwise::tan);
    unary(h, "unary/asin", Elementwise::asin);
    unary(h, "unary/acos", Elementwise::acos);
    unary(h, "unary/atan", Elementwise::atan);
    unary(h, "unary/sinh", Elementwise::sinh);
    unary(h, "unary/cosh", Elementwise::cosh);
    unary(h, "unary/tanh", Tensor::tanh);
    unary(h, "unary/asinh", Elementwise::asinh);
    unary(h, "unary/acosh", Elementwise::acosh);
    unary(h, "unary/atanh", Elementwise::atanh);
  }

  private static void binary(Map<String, GoldenHandler> h, String name, BinaryOperator<Tensor> f) {
    h.put(name, GoldenRun.y(r -> f.apply(r.in("a"), r.in("b"))));
  }

  private static void unary(Map<String, GoldenHandler> h, String name, UnaryOperator<Tensor> f) {
    h.put(name, GoldenRun.y(r -> f.apply(r.in("x"))));
  }

  /** Functions without parameters, by their own names. */
  private static void activations(Map<String, GoldenHandler> h) {
    activation(h, "identity", r -> Activation.LINEAR);
    for (String name :
        new String[] {
          "sigmoid", "log_sigmoid", "tanh", "relu", "relu6", "selu", "silu", "hard_swish", "mish", "softsign",
          "gaussian", "tanh_shrink", "exponential"
        }) {
      activation(h, name, r -> Activation.of(name));
    }
  }

  private static void withParameters(Map<String, GoldenHandler> h) {
    activation(h, "binary_step", r -> Activation.binaryStep(r.c().number("threshold", 0)));
    activation(h, "leaky_relu", r -> Activation.leakyRelu(r.c().number("negative_slope", 0.01)));
    activation(h, "elu", r -> Activation.elu(r.c().number("alpha", 1)));
    activation(h, "celu", r -> Activation.celu(r.c().number("alpha", 1)));
    activation(h, "swish", r -> Activation.swish(r.c().number("beta", 1)));
    activation(h, "softplus", r -> Activation.softplus(r.c().number("beta", 1)));
    activation(h, "squareplus", r -> Activation.squareplus(r.c().number("b", 4)));
    activation(h, "soft_shrink", r -> Activation.softShrink(r.c().number("lambd", 0.5)));
    activation(h, "hard_shrink", r -> Activation.hardShrink(r.c().number("lambd", 0.5)));
    activation(h, "threshold", r -> Activation.threshold(r.c().number("threshold", 0), r.c().number("value", 0)));
    activation(h, "hard_tanh", r -> Activation.hardTanh(r.c().number("min_val", -1), r.c().number("max_val", 1)));
    activation(h, "hard_sigmoid", r ->
        Activation.hardSigmoid(r.c().number("alpha", 1.0 / 6), r.c().number("beta", 0.5)));
    activation(h, "gelu", r -> switch (r.c().text("approximate", "none")) {
      case "none" -> Activation.GELU;
      case "tanh" -> Activation.GELU_TANH;
      default -> throw new AssertionError("unknown approximation " + r.c().text("approximate", null));
    });
    activation(h, "smht", r -> Activation.smht(
        r.c().number("a", 1), r.c().number("b", 1), r.c().number("c", 1), r.c().number("d", 1)));
    activation(h, "relu_general", r -> Activation.relu(
        r.c().number("negative_slope", 0), r.c().number("max_value", Double.POSITIVE_INFINITY),
        r.c().number("threshold", 0)));
    activation(h, "rrelu_eval", r ->
        Activation.rRelu(r.c().number("lower", 0.125), r.c().number("upper", 1.0 / 3)));
  }

  private static void pairs(Map<String, GoldenHandler> h) {
    h.put("activation/prelu_elementwise", GoldenRun.y(r -> Activation.prelu(r.in("x"), r.in("weight"))));
    h.put("activation/prelu", GoldenRun.y(r -> {
      long[] dims = new long[r.in("x").rank()];
      Arrays.fill(dims, 1);
      dims[r.in("x").shape().axis((int) r.c().number("channel_axis", 1))] = r.in("weight").size();
      return Activation.prelu(r.in("x"), r.in("weight").reshape(dims));
    }));
    h.put("activation/maxout", GoldenRun.y(r -> {
      int pieces = (int) r.c().number("pieces", 2);
      Tensor x = r.in("x");
      return switch (r.c().text("layout", "consecutive")) {
        case "consecutive" -> Activation.maxout(pieces).apply(x);
        case "strided" -> x.reshape(x.shape().with(-1, pieces).append(x.shape().last() / pieces)).max(-2);
        default -> throw new AssertionError("unknown layout " + r.c().text("layout", null));
      };
    }));
    activation(h, "glu", r -> Activation.glu(axis(r)));
    activation(h, "swiglu", r -> Activation.swiglu(axis(r)));
  }

  private static void softmaxFamily(Map<String, GoldenHandler> h) {
    activation(h, "softmax", r -> Activation.softmax(axis(r)));
    activation(h, "log_softmax", r -> Activation.logSoftmax(axis(r)));
    activation(h, "softmin", r -> Activation.softmin(axis(r)));
    activation(h, "sparsemax", r -> Activation.sparsemax(axis(r)));
    activation(h, "softmax_temperature", r -> Activation.softmax(axis(r), r.c().number("temperature", 1)));
    activation(h, "hardmax", r -> Activation.hardmax(axis(r)));
  }

  private static int axis(GoldenRun r) {
    return (int) r.c().number("axis", -1);
  }

  private static void activation(Map<String, GoldenHandler> h, String name, Function<GoldenRun, Activation> f) {
    h.put("activation/" + name, GoldenRun.y(r -> f.apply(r).apply(r.in("x"))));
  }
}
