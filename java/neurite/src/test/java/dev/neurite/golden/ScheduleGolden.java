package dev.neurite.golden;

import dev.neurite.optim.Cyclic;
import dev.neurite.optim.LearningRate;
import dev.neurite.optim.OneCycle;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** schedules: the rate at each step (or epoch). */
final class ScheduleGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    put(h, "inverse_epoch", 0, c -> LearningRate.inverseTimeDecay(lr0(c), 1, c.number("decay_rate", 0)));
    put(h, "power_epoch", 0, c -> LearningRate.exponentialDecay(lr0(c), 1, c.number("base", 0)));
    put(h, "inverse_sqrt", 1, c -> LearningRate.inverseSquareRootDecay(c.number("k", 1) * lr0(c)));
    put(h, "step_decay", 0, c -> LearningRate.stepDecay(lr0(c), (long) c.number("every", 0), c.number("factor", 0)));
    put(h, "inverse_epoch_interval", 0,
        c -> LearningRate.inverseTimeStaircase(lr0(c), c.number("interval", 0), c.number("decay_rate", 0)));
    put(h, "noam", 1, c -> LearningRate.noam((long) c.number("d_model", 0), (long) c.number("warmup", 0)));
    keras(h);
    torch(h);
  }

  private static void keras(Map<String, GoldenHandler> h) {
    put(h, "keras/ExponentialDecay", 0,
        c -> c.flag("staircase", false)
            ? LearningRate.exponentialStaircase(initial(c), steps(c), c.number("decay_rate", 0))
            : LearningRate.exponentialDecay(initial(c), steps(c), c.number("decay_rate", 0)));
    put(h, "keras/InverseTimeDecay", 0,
        c -> c.flag("staircase", false)
            ? LearningRate.inverseTimeStaircase(initial(c), steps(c), c.number("decay_rate", 0))
            : LearningRate.inverseTimeDecay(initial(c), steps(c), c.number("decay_rate", 0)));
    put(h, "keras/PolynomialDecay", 0,
        c -> c.flag("cycle", false)
            ? LearningRate.cyclingPolynomialDecay(initial(c), steps(c), end(c), c.number("power", 1))
            : LearningRate.polynomialDecay(initial(c), steps(c), end(c), c.number("power", 1)));
    put(h, "keras/PiecewiseConstantDecay", 0,
        c -> LearningRate.piecewiseConstant(c.longs("boundaries"), doubles(c, "values")));
    put(h, "keras/CosineDecay", 0, ScheduleGolden::cosine);
    put(h, "keras/CosineDecayRestarts", 0,
        c -> LearningRate.cosineRestarts(
            initial(c), c.number("first_decay_steps", 0), c.number("t_mul", 2), c.number("m_mul", 1),
            c.number("alpha", 0)));
  }

  private static void torch(Map<String, GoldenHandler> h) {
    put(h, "torch/StepLR", 0,
        c -> LearningRate.stepDecay(lr0(c), (long) c.number("step_size", 0), c.number("gamma", 0.1)));
    put(h, "torch/ExponentialLR", 0, c -> LearningRate.exponentialDecay(lr0(c), 1, c.number("gamma", 0)));
    put(h, "torch/PolynomialLR", 0,
        c -> LearningRate.polynomialDecay(lr0(c), c.number("total_iters", 5), 0, c.number("power", 1)));
    put(h, "torch/MultiStepLR", 0, ScheduleGolden::multiStep);
    put(h, "torch/CosineAnnealingLR", 0,
        c -> LearningRate.cosineAnnealing(lr0(c), c.number("T_max", 0), c.number("eta_min", 0)));
    put(h, "torch/CosineAnnealingWarmRestarts", 0,
        c -> LearningRate.cosineRestarts(
            lr0(c), c.number("T_0", 0), c.number("T_mult", 1), 1, c.number("eta_min", 0) / lr0(c)));
    put(h, "torch/LinearLR", 0,
        c -> LearningRate.linear(
            lr0(c) * c.number("start_factor", 1.0 / 3), lr0(c) * c.number("end_factor", 1), c.number("total_iters", 5)));
    put(h, "torch/ConstantLR", 0,
        c -> LearningRate.constant(lr0(c) * c.number("factor", 1.0 / 3))
            .then((long) c.number("total_iters", 5), LearningRate.constant(lr0(c))));
    put(h, "torch/CyclicLR", 0, ScheduleGolden::cyclic);
    h.put("schedule/torch/OneCycleLR", ScheduleGolden::oneCycle);
  }

  private static void put(
      Map<String, GoldenHandler> h, String name, int first, Function<GoldenCase, LearningRate> maker) {
    h.put(
        "schedule/" + name,
        run -> {
          LearningRate rate = maker.apply(run.c());
          double[] steps = run.c().tensors("inputs").get("step").values();
          double[] got = new double[steps.length];
          for (int i = 0; i < got.length; i++) {
            got[i] = rate.at((long) steps[i] - first);
          }
          run.expect("lr", got, run.c().tensors("outputs").get("lr").values());
        });
  }

  private static LearningRate cyclic(GoldenCase c) {
    long up = (long) c.number("step_size_up", 2000);
    Cyclic.Mode mode = switch (c.text("mode", "triangular")) {
      case "triangular" -> Cyclic.Mode.TRIANGULAR;
      case "triangular2" -> Cyclic.Mode.HALVING;
      case "exp_range" -> Cyclic.Mode.EXPONENTIAL;
      default -> throw new AssertionError("unknown mode " + c.attrs().get("mode"));
    };
    String by = c.text("scale_mode", "cycle"); // belongs to scale_fn, a function no file can hold
    if (!by.equals("cycle") && !by.equals("iterations")) {
      throw new AssertionError("unknown scale_mode " + by);
    }
    return Cyclic.of(c.number("base_lr", 0), c.number("max_lr", 0), up)
        .stepsDown((long) c.number("step_size_down", up)).mode(mode, c.number("gamma", 1));
  }

  private static void oneCycle(GoldenRun run) {
    GoldenCase c = run.c();
    double steps = c.number("total_steps", c.number("epochs", 0) * c.number("steps_per_epoch", 0));
    OneCycle rate = OneCycle.of(c.number("max_lr", 0), (long) steps)
        .rise(c.number("pct_start", 0.3)).divisors(c.number("div_factor", 25), c.number("final_div_factor", 1e4))
        .linear(linear(c)).threePhase(c.flag("three_phase", false));
    LearningRate momentum = rate.momentum(c.number("base_momentum", 0.85), c.number("max_momentum", 0.95));
    double[] at = c.tensors("inputs").get("step").values();
    c.tensors("outputs").forEach((name, want) -> {
      LearningRate schedule = name.equals("lr") ? rate : momentum;
      run.expect(name, Arrays.stream(at).map(s -> schedule.at((long) s)).toArray(), want.values());
    });
  }

  private static boolean linear(GoldenCase c) {
    return switch (c.text("anneal_strategy", "cos")) {
      case "cos" -> false;
      case "linear" -> true;
      default -> throw new AssertionError("unknown anneal_strategy " + c.text("anneal_strategy", null));
    };
  }

  /** Keras warms up only where it is told to which rate. */
  private static LearningRate cosine(GoldenCase c) {
    boolean warm = c.attrs().get("warmup_target") != null;
    long warmUp = warm ? (long) c.number("warmup_steps", 0) : 0;
    LearningRate decay =
        LearningRate.cosineDecay(warm ? c.number("warmup_target", 0) : initial(c), steps(c), c.number("alpha", 0));
    return warmUp > 0 ? LearningRate.warmUp(initial(c), warmUp, decay) : decay;
  }

  /** PyTorch has the new rate at the milestone, Keras (and we) after the boundary; equal milestones multiply. */
  private static LearningRate multiStep(GoldenCase c) {
    TreeMap<Long, Double> factors = new TreeMap<>();
    for (long milestone : c.longs("milestones")) {
      factors.merge(milestone - 1, c.number("gamma", 0.1), (a, b) -> a * b);
    }
    double[] values = new double[factors.size() + 1];
    values[0] = lr0(c);
    int i = 0;
    for (double factor : factors.values()) {
      values[i + 1] = values[i] * factor;
      i++;
    }
    return LearningRate.piecewiseConstant(factors.keySet().stream().mapToLong(Long::longValue).toArray(), values);
  }

  @SuppressWarnings("unchecked")
  private static double[] doubles(GoldenCase c, String key) {
    return ((List<Object>) c.attrs().get(key)).stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray();
  }

  private static double lr0(GoldenCase c) {
    return c.number("lr0", 0);
  }

  private static double initial(GoldenCase c) {
    return c.number("initial_learning_rate", 0);
  }

  private static double end(GoldenCase c) {
    return c.number("end_learning_rate", 1e-4);
  }

  private static double steps(GoldenCase c) {
    return c.number("decay_steps", 0);
  }
}
