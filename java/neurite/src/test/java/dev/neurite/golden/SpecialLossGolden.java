package dev.neurite.golden;

import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.loss.DetectionLosses;
import dev.neurite.loss.ElementLoss;
import dev.neurite.loss.GanLoss;
import dev.neurite.loss.GanLosses;
import dev.neurite.loss.Losses;
import dev.neurite.loss.RankingLosses;
import dev.neurite.loss.Reduction;
import dev.neurite.loss.StyleLosses;
import dev.neurite.loss.WordLosses;
import dev.neurite.regularizer.L1;
import dev.neurite.regularizer.L2;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/** losses_special: losses of papers and of the course; the word-vector losses of pipelines_nlp. */
final class SpecialLossGolden implements GoldenTopic {

  private static final Set<String> OPTIONS =
      Set.of(
          "reduction", "margin", "classes", "alpha", "beta", "style_weights", "l1", "l2", "lambda", "m", "x_max", "X",
          "negatives");

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("loss/perceptron", GoldenRun.op(SpecialLossGolden::perceptron));
    h.put("loss/class_weight_keras", GoldenRun.op(SpecialLossGolden::classWeight));
    one(h, "loss/contrastive", r -> RankingLosses.contrastive(r.c().number("margin", 1)).reduction(reduction(r))
        .apply(r.in("same"), r.in("a"), r.in("b")));
    one(h, "loss/triplet_squared", r -> RankingLosses.triplet(r.c().number("margin", 0.2)).reduction(reduction(r))
        .apply(r.in("anchor"), r.in("positive"), r.in("negative")));
    gan(h, "discriminator_minimax", GanLosses.minimax(), SpecialLossGolden::discriminator);
    gan(h, "generator_minimax", GanLosses.minimax(), SpecialLossGolden::generator);
    gan(h, "generator_nonsaturating", GanLosses.nonSaturating(), SpecialLossGolden::generator);
    gan(h, "lsgan_discriminator", GanLosses.leastSquares(), SpecialLossGolden::discriminator);
    gan(h, "lsgan_generator", GanLosses.leastSquares(), SpecialLossGolden::generator);
    gan(h, "wgan_critic", GanLosses.wasserstein(), SpecialLossGolden::discriminator);
    gan(h, "wgan_generator", GanLosses.wasserstein(), SpecialLossGolden::generator);
    gan(h, "hinge_discriminator", GanLosses.hinge(), SpecialLossGolden::discriminator);
    gan(h, "hinge_generator", GanLosses.hinge(), SpecialLossGolden::generator);
    h.put("loss/wgan_gradient_penalty", SpecialLossGolden::gradientPenalty);
    one(h, "loss/yolo_localisation", r -> detection(r, DetectionLosses.localisation()));
    one(h, "loss/yolo_mixed", r -> detection(r, DetectionLosses.mixed()));
    result(h, "loss/style_content", "cost", r -> StyleLosses.content().apply(r.in("content"), r.in("generated")));
    result(h, "loss/style_gram", "gram", r -> StyleLosses.gram(r.in("a")));
    result(h, "loss/style_layer", "cost", r -> StyleLosses.layer().apply(r.in("style"), r.in("generated")));
    result(h, "loss/style_total", "cost", SpecialLossGolden::styleTotal);
    result(h, "loss/penalty_l1", "penalty", r -> L1.of(r.c().number("l1", 0)).penalty(r.in("w")));
    result(h, "loss/penalty_l2", "penalty", r -> L2.of(r.c().number("l2", 0)).penalty(r.in("w")));
    result(h, "loss/penalty_ng_l2", "penalty",
        r -> L2.perSample(r.c().number("lambda", 0), (long) r.c().number("m", 1)).penalty(r.in("w")));
    result(h, "loss/vae_kl", "kl",
        r -> Losses.vaeDivergence().reduction(Reduction.NONE).apply(r.in("mu"), r.in("log_var")));
    result(h, "nlp/glove_cost", "cost", SpecialLossGolden::glove);
    one(h, "nlp/sgns_loss", r -> WordLosses.negativeSampling().reduction(Reduction.NONE)
        .apply(r.in("center"), r.in("context"), r.in("negatives")));
    one(h, "nlp/skip_gram_softmax", r -> Losses.softmaxCrossEntropy().reduction(Reduction.NONE)
        .apply(r.in("target"), r.in("E").gather(r.in("center")).matmul(r.in("theta").transpose())));
  }

  private static void one(Map<String, GoldenHandler> h, String op, Function<GoldenRun, Tensor> loss) {
    result(h, op, "loss", loss);
  }

  private static void result(
      Map<String, GoldenHandler> h, String op, String output, Function<GoldenRun, Tensor> loss) {
    h.put(
        op,
        GoldenRun.op(
            run -> {
              LossGolden.requireKnown(run, OPTIONS, run.c().tensors("inputs").keySet());
              return Map.of(output, loss.apply(run));
            }));
  }

  private static Reduction reduction(GoldenRun run) {
    return LossGolden.reduction(run.c());
  }

  /** Every element is a sample of one feature. */
  private static Map<String, Tensor> perceptron(GoldenRun run) {
    Tensor y = run.in("y_true");
    Tensor p = run.in("y_pred");
    ElementLoss l = Losses.perceptron().reduction(reduction(run));
    return Map.of("loss", l.apply(y.expandDims(y.rank()), p.expandDims(p.rank())));
  }

  private static Map<String, Tensor> classWeight(GoldenRun run) {
    Tensor weights = run.in("class_weight").gather(run.in("labels"));
    return Map.of("loss", Losses.softmaxCrossEntropy().apply(run.in("labels"), run.in("logits"), weights));
  }

  private static void gan(
      Map<String, GoldenHandler> h, String name, GanLoss loss, BiFunction<GoldenRun, GanLoss, Tensor> player) {
    one(h, "loss/gan/" + name, run -> player.apply(run, loss.reduction(reduction(run))));
  }

  private static Tensor discriminator(GoldenRun run, GanLoss loss) {
    return loss.discriminator(run.in("real"), run.in("fake"));
  }

  private static Tensor generator(GoldenRun run, GanLoss loss) {
    return loss.generator(run.in("fake"));
  }

  private static Tensor detection(GoldenRun run, ElementLoss loss) {
    Tensor p = run.in("y_pred");
    long classes = (long) run.c().number("classes", p.shape().last() - 5);
    if (p.shape().last() != classes + 5) {
      throw new IllegalArgumentException("expected " + classes + " classes, given " + p.shape());
    }
    return loss.reduction(reduction(run)).apply(run.in("y_true"), p);
  }

  private static Tensor styleTotal(GoldenRun run) {
    @SuppressWarnings("unchecked")
    List<Object> list = (List<Object>) run.c().attrs().get("style_weights");
    double[] weights = list.stream().mapToDouble(o -> ((Number) o).doubleValue()).toArray();
    List<Tensor> styles = new ArrayList<>();
    List<Tensor> generated = new ArrayList<>();
    for (int i = 1; i <= weights.length; i++) {
      styles.add(run.in("style" + i));
      generated.add(run.in(i == 1 ? "generated" : "generated" + i));
    }
    return StyleLosses.total(run.c().number("alpha", 10), run.c().number("beta", 40), weights)
        .apply(run.in("content"), run.in("generated"), styles, generated);
  }

  private static Tensor glove(GoldenRun run) {
    List<?> rows = (List<?>) run.c().attrs().get("X");
    double[] flat =
        rows.stream().flatMap(r -> ((List<?>) r).stream()).mapToDouble(o -> ((Number) o).doubleValue()).toArray();
    Tensor counts = Tensor.of(flat, Shape.of(rows.size(), flat.length / rows.size()), run.dtype());
    return WordLosses.glove(run.c().number("x_max", 100), run.c().number("alpha", 0.75))
        .ofAll(run.in("theta"), run.in("e"), run.in("b"), run.in("b2"), counts);
  }

  /** The penalty's gradients are of second order, on a tape of their own. */
  private static void gradientPenalty(GoldenRun run) {
    Map<String, GoldenTensor> wanted = run.c().tensors("grads");
    try (Scope scope = Scope.open();
        Tape tape = Tape.persistent()) {
      List<Tensor> targets = new ArrayList<>();
      for (String name : wanted.keySet()) {
        tape.watch(run.in(name));
        targets.add(run.in(name));
      }
      GanLosses.GradientPenalty found =
          GanLosses.gradientPenalty(
              tape, x -> x.matmul(run.in("W1")).add(run.in("b1")).tanh().matmul(run.in("w2")), run.in("real"),
              run.in("fake"), run.in("eps"), run.c().number("lambda", 10));
      run.expect("penalty", found.penalty(), run.c().tensors("outputs").get("penalty"));
      run.expect("grad_norm", found.norms(), run.c().tensors("outputs").get("grad_norm"));
      Gradients gradients = tape.gradients(found.penalty(), targets);
      for (Tensor t : targets) {
        String name = wanted.keySet().stream().filter(n -> run.in(n) == t).findFirst().orElseThrow();
        run.expectGradient("d" + name, gradients.of(t), wanted.get(name));
      }
    }
  }
}
