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
    h.put("train/gradient_check", InitGolden::gradientCheck);
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
