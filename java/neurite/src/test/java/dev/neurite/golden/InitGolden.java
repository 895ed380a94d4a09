package dev.neurite.golden;

import dev.neurite.autograd.GradCheck;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.init.VarianceScaling;
import dev.neurite.init.VarianceScaling.Distribution;
import dev.neurite.init.VarianceScaling.Mode;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;

/** initializers: spread, limits and properties; and the gradient check of pipelines_training. */
final class InitGolden implements GoldenTopic {

  private static final double TRUNCATED = 0.8796256610342398; // deviation of a unit normal cut at 2
  private static final int LARGE = 200_000;

  @Override
  public void register(Map<String, GoldenHandler> h) {
    family(h, "glorot_uniform", c -> Initializers.glorotUniform());
    family(h, "glorot_normal", c -> Initializers.glorotNormal());
    family(h, "glorot_normal_untruncated", c -> Initializers.glorotNormal().truncated(false));
    family(h, "he_uniform", c -> Initializers.heUniform());
    family(h, "he_normal", c -> Initializers.heNormal());
    family(h, "he_normal_untruncated", c -> Initializers.heNormal().truncated(false));
    family(h, "lecun_uniform", c -> Initializers.lecunUniform());
    family(h, "lecun_normal", c -> Initializers.lecunNormal());
    family(h, "lecun_normal_untruncated", c -> Initializers.lecunNormal().truncated(false));
    family(h, "variance_scaling", InitGolden::scaling);
    h.put("init/identity", GoldenRun.y(r -> Initializers.identity(r.c().number("gain", 1))
        .create(Shape.of(r.c().longs("shape")), r.dtype(), RandomStream.of(1, "identity"))));
    h.put("init/orthogonal_property", GoldenRun.op(InitGolden::gram));
    h.put("init/truncated_normal", InitGolden::truncatedNormal);
    h.put("init/torch_gain", InitGolden::torchGain);
    h.put("init/ng", InitGolden::ng);
    h.put("train/gradient_check", InitGolden::gradientCheck);
  }

  /** PyTorch's kernels are (out, in, k...), ours (k..., in, out). */
  private static void torchGain(GoldenRun run) {
    GoldenCase c = run.c();
    long[] torch = c.longs("shape");
    long[] dims = new long[torch.length];
    System.arraycopy(torch, 2, dims, 0, torch.length - 2);
    dims[torch.length - 2] = torch[1];
    dims[torch.length - 1] = torch[0];
    Shape shape = Shape.of(dims);
    double gain = Initializers.gain(c.text("nonlinearity", ""), c.number("param", 0.01));
    double square = gain * gain;
    c.tensors("outputs").forEach((key, want) -> {
      VarianceScaling init = switch (key) {
        case "xavier_uniform_limit" -> Initializers.varianceScaling(square, Mode.FAN_AVERAGE, Distribution.UNIFORM);
        case "xavier_normal_std" -> Initializers.varianceScaling(square, Mode.FAN_AVERAGE, Distribution.NORMAL);
        case "kaiming_uniform_limit_fan_in" ->
            Initializers.varianceScaling(square, Mode.FAN_IN, Distribution.UNIFORM);
        case "kaiming_normal_std_fan_in" -> Initializers.varianceScaling(square, Mode.FAN_IN, Distribution.NORMAL);
        case "kaiming_normal_std_fan_out" -> Initializers.varianceScaling(square, Mode.FAN_OUT, Distribution.NORMAL);
        case "default_linear_weight_limit" -> Initializers.torchUniform();
        case "gain", "default_bias_limit" -> null;
        default -> throw new AssertionError("unknown output " + key);
      };
      double got = gain;
      if (init != null) {
        double limit = key.contains("std") ? 1 : Math.sqrt(3);
        got = limit * init.deviation(shape);
        requireSpread(draw(init, shape), init.deviation(shape), key.contains("std") ? Double.MAX_VALUE : got);
      } else if (key.equals("default_bias_limit")) {
        double[] drawn = draw(Initializers.torchBias(c.number("fan_in", 0)), Shape.of(LARGE));
        got = want.values()[0];
        requireSpread(drawn, got / Math.sqrt(3), got);
      }
      run.expect(key, new double[] {got}, want.values());
    });
  }

  /** The three rules of Ng's course: He, 1/fan_in, and the mean of both. */
  private static void ng(GoldenRun run) {
    Shape shape = Shape.of((long) run.c().number("n_prev", 0), (long) run.c().number("n", 0));
    Map<String, VarianceScaling> rules = Map.of(
        "relu_std", Initializers.heNormal().truncated(false),
        "tanh_std", Initializers.lecunNormal().truncated(false),
        "bengio_std", Initializers.glorotNormal().truncated(false));
    run.c().tensors("outputs").forEach((key, want) -> {
      double deviation = rules.get(key).deviation(shape);
      run.expect(key, new double[] {deviation}, want.values());
      requireSpread(draw(rules.get(key), shape), deviation, Double.MAX_VALUE);
    });
  }

  private static VarianceScaling scaling(GoldenCase c) {
    Mode mode = switch (c.text("mode", "")) {
      case "fan_in" -> Mode.FAN_IN;
      case "fan_out" -> Mode.FAN_OUT;
      default -> Mode.FAN_AVERAGE;
    };
    Distribution distribution = switch (c.text("distribution", "")) {
      case "uniform" -> Distribution.UNIFORM;
      case "truncated_normal" -> Distribution.TRUNCATED_NORMAL;
      default -> Distribution.NORMAL;
    };
    return Initializers.varianceScaling(c.number("scale", 1), mode, distribution);
  }

  /** The formula's deviation against the file's, and what is drawn against the formula. */
  private static void family(Map<String, GoldenHandler> h, String name, Function<GoldenCase, VarianceScaling> maker) {
    h.put("init/" + name, run -> {
      VarianceScaling init = maker.apply(run.c());
      Shape shape = Shape.of(run.c().longs("shape"));
      double deviation = init.deviation(shape);
      run.c().tensors("outputs").forEach((key, want) -> {
        double factor = switch (key) {
          case "limit" -> Math.sqrt(3);
          case "stddev_before_truncation" -> 1 / TRUNCATED;
          case "cut" -> 2 / TRUNCATED;
          default -> 1;
        };
        run.expect(key, new double[] {factor * deviation}, want.values());
      });
      double bound = switch (init.distribution()) {
        case UNIFORM -> Math.sqrt(3) * deviation;
        case TRUNCATED_NORMAL -> 2 / TRUNCATED * deviation;
        case NORMAL -> Double.MAX_VALUE;
      };
      requireSpread(draw(init, shape), deviation, bound);
    });
  }

  private static double[] draw(Initializer init, Shape shape) {
    try (Scope scope = Scope.open()) {
      return init.create(shape, DType.FLOAT64, RandomStream.of(1, "golden")).toDoubles();
    }
  }

  private static void requireSpread(double[] values, double deviation, double bound) {
    double square = Arrays.stream(values).map(v -> v * v).average().orElse(0);
    double slack = 5 / Math.sqrt(values.length);
    if (Math.abs(Math.sqrt(square) / deviation - 1) > slack) {
      throw new AssertionError("expected draws of deviation " + deviation + ", got " + Math.sqrt(square));
    }
    double largest = Arrays.stream(values).map(Math::abs).max().orElse(0);
    if (largest > bound * (1 + 1e-12)) {
      throw new AssertionError("expected draws within " + bound + ", got " + largest);
    }
  }

  private static Map<String, Tensor> gram(GoldenRun run) {
    Shape shape = Shape.of(run.c().longs("shape"));
    Tensor w =
        Initializers.orthogonal(run.c().number("gain", 1))
            .create(shape, run.dtype(), RandomStream.of(1, "orthogonal"))
            .reshape(-1, shape.last());
    return Map.of("gram", w.dim(0) >= w.dim(1) ? w.transpose().matmul(w) : w.matmul(w.transpose()));
  }

  private static void truncatedNormal(GoldenRun run) {
    double deviation = run.c().tensors("outputs").get("std").values()[0];
    Initializer init = Initializers.truncatedNormal(run.c().number("mean", 0), run.c().number("stddev", 1));
    requireSpread(draw(init, Shape.of(LARGE)), deviation, run.c().number("cut", 2));
  }

  private static void gradientCheck(GoldenRun run) {
    try (Scope scope = Scope.open()) {
      Map<String, GoldenTensor> in = run.c().tensors("inputs");
      Param theta = Param.of("theta", in.get("theta").tensor(DType.FLOAT64));
      double[] numeric =
          GradCheck.numeric(
              () -> theta.pow(3).sum().add(theta.select(0, 0).mul(theta.select(0, 1))), theta,
              run.c().number("epsilon", 0));
      double good = GradCheck.difference(in.get("gradient_good").values(), numeric);
      if (!(good < run.c().tensors("outputs").get("good_difference_below").values()[0])) {
        throw new AssertionError("expected a small difference, got " + good);
      }
      double bad = GradCheck.difference(in.get("gradient_bad").values(), numeric);
      double want = run.c().tensors("outputs").get("bad_difference").values()[0];
      double[] tolerance = run.c().tolerance("float64"); // the only type a gradient check works in
      if (!(Math.abs(bad - want) <= tolerance[1] + tolerance[0] * want)) {
        throw new AssertionError("bad_difference: expected " + want + ", got " + bad);
      }
    }
  }
}
