package dev.neurite.golden;

import dev.neurite.loss.ElementLoss;
import dev.neurite.loss.TorchCrossEntropy;
import dev.neurite.loss.TorchBinaryCrossEntropy;
import dev.neurite.loss.TorchLosses;
import dev.neurite.loss.TripleLoss;
import dev.neurite.tensor.Tensor;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** losses_torch: PyTorch's losses with all their options. */
final class TorchLossGolden implements GoldenTopic {

  private static final Set<String> OPTIONS =
      Set.of(
          "reduction", "delta", "beta", "label_smoothing", "ignore_index", "log_target", "log_input", "full", "eps",
          "margin", "p", "swap");
  private static final Set<String> INPUTS =
      Set.of(
          "input", "target", "weight", "pos_weight", "var", "input1", "input2", "anchor", "positive", "negative");

  @Override
  public void register(Map<String, GoldenHandler> h) {
    put(h, "mse_loss", r -> TorchLosses.mse());
    put(h, "l1_loss", r -> TorchLosses.l1());
    put(h, "huber_loss", r -> TorchLosses.huber(r.c().number("delta", 1)));
    put(h, "smooth_l1_loss", r -> TorchLosses.smoothL1(r.c().number("beta", 1)));
    put(h, "binary_cross_entropy", r -> weighed(r, TorchLosses.binaryCrossEntropy()));
    put(h, "binary_cross_entropy_with_logits", TorchLossGolden::withLogits);
    put(h, "cross_entropy", r -> classes(r, TorchLosses.crossEntropy()).labelSmoothing(
        r.c().number("label_smoothing", 0)));
    put(h, "nll_loss", r -> classes(r, TorchLosses.nll()));
    put(h, "kl_div", r -> TorchLosses.klDiv().logTarget(r.c().flag("log_target", false))
        .batchMean("batchmean".equals(r.c().text("reduction", "mean"))));
    put(h, "poisson_nll_loss", r -> TorchLosses.poissonNll(
        r.c().flag("log_input", true), r.c().flag("full", false), r.c().number("eps", 1e-8)));
    put(h, "hinge_embedding_loss", r -> TorchLosses.hingeEmbedding(r.c().number("margin", 1)));
    put(h, "soft_margin_loss", r -> TorchLosses.softMargin());
    put(h, "multi_margin_loss", r -> TorchLosses.multiMargin(
        (int) r.c().number("p", 1), r.c().number("margin", 1), numbers(r.in("weight"))));
    put(h, "multilabel_soft_margin_loss", r -> TorchLosses.multilabelSoftMargin(numbers(r.in("weight"))));
    put(h, "multilabel_margin_loss", r -> TorchLosses.multilabelMargin());
    triple(h, "gaussian_nll_loss", "target", "input", "var",
        c -> TorchLosses.gaussianNll(c.flag("full", false), c.number("eps", 1e-6)));
    triple(h, "cosine_embedding_loss", "target", "input1", "input2",
        c -> TorchLosses.cosineEmbedding(c.number("margin", 0)));
    triple(h, "margin_ranking_loss", "target", "input1", "input2",
        c -> TorchLosses.marginRanking(c.number("margin", 0)));
    triple(h, "triplet_margin_loss", "anchor", "positive", "negative",
        c -> TorchLosses.tripletMargin(
            c.number("margin", 1), c.number("p", 2), c.number("eps", 1e-6), c.flag("swap", false)));
  }

  private static TorchBinaryCrossEntropy weighed(GoldenRun run, TorchBinaryCrossEntropy loss) {
    return run.in("weight") == null ? loss : loss.weight(run.in("weight"));
  }

  private static ElementLoss withLogits(GoldenRun run) {
    TorchBinaryCrossEntropy loss = weighed(run, TorchLosses.binaryCrossEntropyWithLogits());
    return run.in("pos_weight") == null ? loss : loss.positiveWeight(run.in("pos_weight"));
  }

  private static TorchCrossEntropy classes(GoldenRun run, TorchCrossEntropy loss) {
    return loss.classWeights(numbers(run.in("weight")))
        .ignoreIndex((long) run.c().number("ignore_index", TorchCrossEntropy.IGNORED));
  }

  private static double[] numbers(Tensor t) {
    return t == null ? new double[0] : t.toDoubles();
  }

  private static void put(Map<String, GoldenHandler> h, String name, Function<GoldenRun, ElementLoss> loss) {
    h.put(
        "loss/torch/" + name,
        GoldenRun.op(
            run -> {
              LossGolden.requireKnown(run, OPTIONS, INPUTS);
              ElementLoss l = loss.apply(run).reduction(LossGolden.reduction(run.c()));
              return Map.of("loss", l.apply(run.in("target"), run.in("input")));
            }));
  }

  private static void triple(
      Map<String, GoldenHandler> h, String name, String a, String b, String c, Function<GoldenCase, TripleLoss> loss) {
    h.put(
        "loss/torch/" + name,
        GoldenRun.op(
            run -> {
              LossGolden.requireKnown(run, OPTIONS, INPUTS);
              TripleLoss l = loss.apply(run.c()).reduction(LossGolden.reduction(run.c()));
              return Map.of("loss", l.apply(run.in(a), run.in(b), run.in(c)));
            }));
  }
}
