package dev.neurite.golden;

import dev.neurite.loss.ElementLoss;
import dev.neurite.loss.Losses;
import dev.neurite.loss.Reduction;
import dev.neurite.tensor.Tensor;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/** losses_keras: every loss with its options, reductions and sample weights. */
final class LossGolden implements GoldenTopic {

  private static final Set<String> OPTIONS =
      Set.of(
          "reduction", "delta", "axis", "from_logits", "label_smoothing", "alpha", "beta", "gamma",
          "apply_class_balancing", "ignore_class");
  private static final Set<String> MOVED = Set.of("SparseCategoricalCrossentropy", "CategoricalFocalCrossentropy");
  private static final Set<String> INPUTS = Set.of("y_true", "y_pred", "sample_weight");

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
  }

  private static void put(Map<String, GoldenHandler> h, String name, Function<GoldenCase, ElementLoss> loss) {
    h.put(
        "loss/keras/" + name,
        GoldenRun.op(
            run -> {
              requireKnown(run, OPTIONS, INPUTS);
              ElementLoss l = loss.apply(run.c()).reduction(reduction(run.c()));
              boolean moved = MOVED.contains(name);
              Tensor labels = moved && name.startsWith("Categorical") ? classesLast(run, "y_true") : run.in("y_true");
              Tensor predictions = moved ? classesLast(run, "y_pred") : run.in("y_pred");
              return Map.of("loss", l.apply(labels, predictions, run.in("sample_weight")));
            }));
  }

  /** These losses have the classes in the last axis; a case with another one brings it there. */
  private static Tensor classesLast(GoldenRun run, String input) {
    Tensor x = run.in(input);
    int axis = x.shape().axis((int) run.c().number("axis", -1));
    int[] order = IntStream.concat(IntStream.range(0, x.rank()).filter(i -> i != axis), IntStream.of(axis)).toArray();
    return axis == x.rank() - 1 ? x : x.permute(order);
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
    Object axis = c.attrs().get("axis");
    return axis == null ? new int[0] : axis instanceof Number n ? new int[] {n.intValue()} : c.ints("axis");
  }

  /** Throws for a case that asks for something its handler would overlook. */
  static void requireKnown(GoldenRun run, Set<String> options, Set<String> inputs) {
    requireKnown("option", run.c().attrs().keySet(), options);
    requireKnown("input", run.c().tensors("inputs").keySet(), inputs);
  }

  private static void requireKnown(String what, Set<String> given, Set<String> known) {
    for (String name : given) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException("unknown " + what + " " + name);
      }
    }
  }

  /** The reduction a case asks for; {@code batchmean} is an option of the one loss that has it. */
  static Reduction reduction(GoldenCase c) {
    return switch (c.text("reduction", "mean")) {
      case "none" -> Reduction.NONE;
      case "sum" -> Reduction.SUM;
      case "weighted_mean", "mean_with_sample_weight" -> Reduction.WEIGHTED_MEAN;
      case "mean", "sum_over_batch_size", "batchmean" -> Reduction.SUM_OVER_BATCH;
      default -> throw new IllegalArgumentException("unknown reduction " + c.text("reduction", null));
    };
  }
}
