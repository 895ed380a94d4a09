package dev.neurite.golden;

import dev.neurite.autograd.Gradient;
import dev.neurite.autograd.Gradients;
import dev.neurite.optim.Adam;
import dev.neurite.optim.AdamFamily;
import dev.neurite.optim.AdamW;
import dev.neurite.optim.LearningRate;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.RmsProp;
import dev.neurite.optim.Sgd;
import dev.neurite.optim.TunableOptimizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** optimizers: trajectories of 20 steps, and clipping. */
final class OptimizerGolden implements GoldenTopic {

  private static final double TORCH_NORM_EPSILON = 1e-6;

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("optimizer/keras/SGD", trajectory(OptimizerGolden::kerasSgd));
    h.put("optimizer/keras/RMSprop", trajectory(OptimizerGolden::kerasRmsProp));
    h.put("optimizer/keras/Adam", trajectory(c -> kerasAdam(c, Adam.of(rate(c)))));
    h.put("optimizer/keras/AdamW", trajectory(c -> kerasAdam(c, AdamW.of(rate(c)))));
    h.put("optimizer/torch/SGD", trajectory(OptimizerGolden::torchSgd));
    h.put("optimizer/torch/RMSprop", trajectory(OptimizerGolden::torchRmsProp));
    h.put("optimizer/torch/Adam", trajectory(c -> torchAdam(c, Adam.of(rate(c)), false)));
    h.put("optimizer/torch/AdamW", trajectory(c -> torchAdam(c, AdamW.of(rate(c)), true)));
    MoreOptimizers.register(h);
    h.put("optimizer/ng/momentum", trajectory(OptimizerGolden::ngMomentum));
    h.put("optimizer/ng/rmsprop", trajectory(OptimizerGolden::ngRmsProp));
    h.put("optimizer/ng/adam", trajectory(OptimizerGolden::ngAdam));
    h.put("clip/value", run -> clip(run, Sgd.of(1).clipValue(run.c().number("max", 0))));
    h.put("clip/norm_each", run -> clip(run, Sgd.of(1).clipNorm(run.c().number("max", 0))));
    h.put("clip/global_norm", run -> clip(run, Sgd.of(1).globalClipNorm(run.c().number("max", 0))));
    h.put("clip/torch_clip_grad_norm",
        run -> clip(run, Sgd.of(1).globalClipNorm(run.c().number("max", 0), TORCH_NORM_EPSILON)));
  }

  // ---- configurations

  @SuppressWarnings("unchecked")
  static LearningRate rate(GoldenCase c) {
    Map<String, Object> schedule = (Map<String, Object>) c.attrs().get("schedule");
    if (schedule == null && c.attrs().get("learning_rate") == null && c.attrs().get("lr") == null) {
      throw new AssertionError("no learning rate");
    }
    if (schedule == null) {
      return LearningRate.constant(c.number("learning_rate", c.number("lr", 0)));
    }
    if (!"piecewise_constant".equals(schedule.getOrDefault("kind", "piecewise_constant"))) {
      throw new AssertionError("unknown schedule " + schedule.get("kind"));
    }
    double[] values =
        ((List<Object>) schedule.get("values")).stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray();
    return LearningRate.piecewiseConstant(GoldenCase.longs(schedule.get("boundaries")), values);
  }

  static <S extends TunableOptimizer<S>> S keras(GoldenCase c, S optimizer) {
    if (c.attrs().get("weight_decay") != null) {
      optimizer.weightDecay(c.number("weight_decay", 0));
    }
    if (c.attrs().get("clipvalue") != null) {
      optimizer.clipValue(c.number("clipvalue", 0));
    }
    if (c.attrs().get("clipnorm") != null) {
      optimizer.clipNorm(c.number("clipnorm", 0));
    }
    if (c.attrs().get("global_clipnorm") != null) {
      optimizer.globalClipNorm(c.number("global_clipnorm", 0));
    }
    if (c.attrs().get("gradient_accumulation_steps") != null) {
      optimizer.accumulate((int) c.number("gradient_accumulation_steps", 1));
    }
    if (c.flag("use_ema", false)) {
      optimizer.average(c.number("ema_momentum", 0.99), (int) c.number("ema_overwrite_frequency", 0));
    }
    return optimizer;
  }

  @SuppressWarnings("unchecked")
  static <S extends TunableOptimizer<S>> S torch(GoldenCase c, S optimizer, boolean decoupled) {
    boolean adamW = decoupled && c.op().endsWith("AdamW");
    double decay = c.number("weight_decay", adamW ? 0.01 : 0);
    if (decoupled) {
      optimizer.weightDecay(decay);
    } else {
      optimizer.coupledWeightDecay(decay);
    }
    Map<String, Object> clip = (Map<String, Object>) c.attrs().get("clip");
    if (clip != null) {
      double max = ((Number) clip.get("max")).doubleValue();
      switch ((String) clip.get("kind")) {
        case "value" -> optimizer.clipValue(max);
        case "norm" -> optimizer.globalClipNorm(max, TORCH_NORM_EPSILON);
        default -> throw new AssertionError("unknown clipping " + clip.get("kind"));
      }
    }
    return optimizer;
  }

  private static Optimizer kerasSgd(GoldenCase c) {
    return keras(c, Sgd.of(rate(c)).momentum(c.number("momentum", 0)).nesterov(c.flag("nesterov", false)));
  }

  private static Optimizer torchSgd(GoldenCase c) {
    return torch(
        c,
        Sgd.of(rate(c)).form(Sgd.Form.PYTORCH).momentum(c.number("momentum", 0)).dampening(c.number("dampening", 0))
            .nesterov(c.flag("nesterov", false)),
        false);
  }

  private static Optimizer ngMomentum(GoldenCase c) {
    return Sgd.of(rate(c)).form(Sgd.Form.EWMA).momentum(c.number("beta1", 0))
        .biasCorrection(c.flag("bias_correction", false));
  }

  /** With bias correction it is Adam without momentum. */
  private static Optimizer ngRmsProp(GoldenCase c) {
    return c.flag("bias_correction", false)
        ? Adam.of(rate(c)).betas(0, c.number("beta2", 0)).epsilon(c.number("epsilon", 0)).correctedEpsilon(true)
        : RmsProp.of(rate(c)).rho(c.number("beta2", 0)).epsilon(c.number("epsilon", 0)).epsilonInside(false);
  }

  private static Optimizer ngAdam(GoldenCase c) {
    if (!c.flag("bias_correction", true)) {
      throw new AssertionError("unknown option: Adam without bias correction");
    }
    return Adam.of(rate(c)).betas(c.number("beta1", 0), c.number("beta2", 0)).epsilon(c.number("epsilon", 0))
        .correctedEpsilon(true);
  }

  private static Optimizer kerasRmsProp(GoldenCase c) {
    return keras(
        c,
        RmsProp.of(rate(c)).rho(c.number("rho", 0.9)).momentum(c.number("momentum", 0))
            .epsilon(c.number("epsilon", 1e-7)).centred(c.flag("centered", false)));
  }

  private static Optimizer torchRmsProp(GoldenCase c) {
    return torch(
        c,
        RmsProp.of(rate(c)).rho(c.number("alpha", 0.99)).momentum(c.number("momentum", 0)).epsilon(c.number("eps", 1e-8))
            .epsilonInside(false).velocityWithRate(false).centred(c.flag("centered", false)),
        false);
  }

  private static <S extends AdamFamily<S>> Optimizer kerasAdam(GoldenCase c, S adam) {
    return keras(
        c,
        adam.betas(c.number("beta_1", 0.9), c.number("beta_2", 0.999)).epsilon(c.number("epsilon", 1e-7))
            .amsGrad(c.flag("amsgrad", false)));
  }

  private static <S extends AdamFamily<S>> Optimizer torchAdam(GoldenCase c, S adam, boolean decoupled) {
    return torch(
        c,
        adam.betas(MoreOptimizers.pair(c, "betas", 0, 0.9), MoreOptimizers.pair(c, "betas", 1, 0.999))
            .epsilon(c.number("eps", 1e-8)).correctedEpsilon(true).amsGrad(c.flag("amsgrad", false)),
        decoupled);
  }

  // ---- problems

  static GoldenHandler trajectory(Function<GoldenCase, Optimizer> maker) {
    return run -> {
      try (Optimizer optimizer = maker.apply(run.c())) {
        switch (run.c().text("problem", "")) {
          case "quadratic" -> quadratic(run, optimizer);
          case "given_gradients" -> given(run, optimizer);
          default -> throw new AssertionError("unknown problem " + run.c().text("problem", ""));
        }
      }
    };
  }

  /** PyTorch's maximize steps along the gradient. */
  private static double sign(GoldenRun run) {
    return run.c().flag("maximize", false) ? -1 : 1;
  }

  private static void quadratic(GoldenRun run, Optimizer optimizer) {
    List<Tensor> ws = new ArrayList<>();
    List<Tensor> bs = new ArrayList<>();
    double[] losses = new double[(int) run.c().number("steps", 0)];
    double sign = sign(run);
    Tensor x = run.in("X");
    Tensor y = run.in("Y");
    try (Param w = Param.of("W", run.in("W0"));
        Param b = Param.of("b", run.in("b0"))) {
      for (int i = 0; i < losses.length; i++) {
        losses[i] = sign * optimizer.minimize(() -> x.matmul(w).add(b).sub(y).square().mean().mul(sign), w, b);
        ws.add(w.add(0));
        bs.add(b.add(0));
      }
    }
    Map<String, GoldenTensor> want = run.c().tensors("outputs");
    run.expect("W", Tensor.stack(0, ws), want.get("W"));
    run.expect("b", Tensor.stack(0, bs), want.get("b"));
    run.expect("loss", losses, want.get("loss").values());
  }

  private static void given(GoldenRun run, Optimizer optimizer) {
    List<Tensor> ps = new ArrayList<>();
    try (Param p = Param.of("P", run.in("P0"))) {
      for (int i = 0; i < (int) run.c().number("steps", 0); i++) {
        Tensor g = run.in("G").select(0, i).mul(sign(run));
        optimizer.apply(new Gradients(List.of(p), List.of(new Gradient.Dense(g))));
        ps.add(p.add(0));
      }
    }
    run.expect("P", Tensor.stack(0, ps), run.c().tensors("outputs").get("P"));
  }

  /** A step of rate 1 from 0 moves the parameters by minus the clipped gradients. */
  private static void clip(GoldenRun run, Sgd sgd) {
    List<Param> params = new ArrayList<>();
    List<Gradient> gradients = new ArrayList<>();
    double squares = 0;
    for (String name : run.c().tensors("inputs").keySet()) {
      Tensor g = run.in(name);
      params.add(Param.of(name, Tensor.zeros(g.shape(), g.dtype())));
      gradients.add(new Gradient.Dense(g));
      squares += g.square().sum().item();
    }
    try (sgd) {
      sgd.apply(new Gradients(params, gradients));
    }
    double norm = Math.sqrt(squares);
    run.c().tensors("outputs").forEach(
        (name, want) -> {
          if (name.equals("norm")) {
            run.expect(name, new double[] {norm}, want.values());
          } else {
            params.stream().filter(p -> p.name().equals(name)).forEach(p -> run.expect(name, p.neg(), want));
          }
        });
    params.forEach(Param::close);
  }
}
