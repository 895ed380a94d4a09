package dev.neurite.golden;

import dev.neurite.loss.ElementLoss;
import dev.neurite.loss.Losses;
import dev.neurite.loss.Reduction;
import dev.neurite.tensor.Tensor;
import java.util.Map;
import java.util.function.Function;

/** losses_keras: every loss with its options, reductions and sample weights; PyTorch's that are the same ones. */
final class LossGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    put(h, "MeanSquaredError", c -> Losses.meanSquaredError());
    put(h, "MeanAbsoluteError", c -> Losses.meanAbsoluteError());
    put(h, "MeanAbsolutePercentageError", c -> Losses.meanAbsolutePercentageError());
    put(h, "MeanSquaredLogarithmicError", c -> Losses.meanSquaredLogarithmicError());
    put(h, "Huber", c -> Losses.huber(c.number("delta", 1)));
    put(h, "LogCosh", c -> Losses.logCosh());
    put(h, "Poisson", c -> Losses.poisson());
    put(h, "KLDivergence", c -> Losses.klDivergence());
    put(h, "CosineSimilarity", c -> Losses.cosineSimilarity((int) c.number("axis", -1)));
    put(h, "Hinge", c -> Losses.hinge());
    put(h, "SquaredHinge", c -> Losses.squaredHinge());
    put(h, "CategoricalHinge", c -> Losses.categoricalHinge());
    put(h, "BinaryCrossentropy",
        c -> Losses.binaryCrossEntropy().fromLogits(logits(c)).labelSmoothing(smoothing(c)));
    put(h, "CategoricalCrossentropy",
        c -> Losses.categoricalCrossEntropy().fromLogits(logits(c)).labelSmoothing(smoothing(c))
            .axis((int) c.number("axis", -1)));
    put(h, "SparseCategoricalCrossentropy", LossGolden::sparse);
    put(h, "BinaryFocalCrossentropy",
        c -> Losses.binaryFocalCrossEntropy().classBalancing(c.flag("apply_class_balancing", false))
            .alpha(c.number("alpha", 0.25)).gamma(c.number("gamma", 2)).fromLogits(logits(c))
            .labelSmoothing(smoothing(c)));
    put(h, "CategoricalFocalCrossentropy",
        c -> Losses.categoricalFocalCrossEntropy().alpha(c.number("alpha", 0.25)).gamma(c.number("gamma", 2))
            .fromLogits(logits(c)).labelSmoothing(smoothing(c)));
    put(h, "Dice", c -> Losses.dice(axes(c)));
    put(h, "Tversky", c -> Losses.tversky(c.number("alpha", 0.5), c.number("beta", 0.5), axes(c)));
    elements(h, "loss/torch/mse_loss", "target", "input", c -> Losses.meanSquaredError());
    elements(h, "loss/torch/l1_loss", "target", "input", c -> Losses.meanAbsoluteError());
    elements(h, "loss/torch/huber_loss", "target", "input", c -> Losses.huber(c.number("delta", 1)));
    elements(h, "loss/perceptron", "y_true", "y_pred", c -> Losses.perceptron());
    h.put("loss/class_weight_keras", GoldenRun.op(LossGolden::classWeight));
  }

  /** PyTorch averages over all elements: each is a sample of one feature. */
  private static void elements(
      Map<String, GoldenHandler> h, String op, String labels, String predictions,
      Function<GoldenCase, ElementLoss> loss) {
    h.put(
        op,
        GoldenRun.op(
            run -> {
              Tensor y = run.in(labels);
              Tensor p = run.in(predictions);
              ElementLoss l = loss.apply(run.c()).reduction(reduction(run.c()));
              return Map.of("loss", l.apply(y.expandDims(y.rank()), p.expandDims(p.rank())));
            }));
  }

  private static Map<String, Tensor> classWeight(GoldenRun run) {
    Tensor weights = run.in("class_weight").gather(run.in("labels"));
    return Map.of("loss", Losses.softmaxCrossEntropy().apply(run.in("labels"), run.in("logits"), weights));
  }

  private static void put(Map<String, GoldenHandler> h, String name, Function<GoldenCase, ElementLoss> loss) {
    h.put(
        "loss/keras/" + name,
        GoldenRun.op(
            run -> {
              ElementLoss l = loss.apply(run.c()).reduction(reduction(run.c()));
              return Map.of("loss", l.apply(run.in("y_true"), run.in("y_pred"), run.in("sample_weight")));
            }));
  }

  private static ElementLoss sparse(GoldenCase c) {
    var loss = Losses.sparseCategoricalCrossEntropy().fromLogits(logits(c));
    return c.attrs().get("ignore_class") == null ? loss : loss.ignoreClass((long) c.number("ignore_class", 0));
  }

  private static boolean logits(GoldenCase c) {
    return c.flag("from_logits", false);
  }

  private static double smoothing(GoldenCase c) {
    return c.number("label_smoothing", 0);
  }

  private static int[] axes(GoldenCase c) {
    return c.attrs().get("axis") == null ? new int[0] : c.ints("axis");
  }

  private static Reduction reduction(GoldenCase c) {
    return switch (c.text("reduction", "mean")) {
      case "none" -> Reduction.NONE;
      case "sum" -> Reduction.SUM;
      case "weighted_mean" -> Reduction.WEIGHTED_MEAN;
      default -> Reduction.SUM_OVER_BATCH;
    };
  }
}
