package dev.neurite.golden;

import dev.neurite.loss.ElementLoss;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Auc;
import dev.neurite.metric.Average;
import dev.neurite.metric.FBeta;
import dev.neurite.metric.MeanIoU;
import dev.neurite.metric.Metric;
import dev.neurite.metric.Metrics;
import dev.neurite.metric.R2;
import dev.neurite.metric.ThresholdMetric;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** metrics_keras: streaming metrics, batch after batch. */
final class MetricGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    regression(h);
    accuracy(h);
    losses(h);
    decisions(h);
    regions(h);
  }

  private static void regression(Map<String, GoldenHandler> h) {
    put(h, "MeanSquaredError", c -> Metrics.meanSquaredError());
    put(h, "RootMeanSquaredError", c -> Metrics.rootMeanSquaredError());
    put(h, "MeanAbsoluteError", c -> Metrics.meanAbsoluteError());
    put(h, "MeanAbsolutePercentageError", c -> Metrics.meanAbsolutePercentageError());
    put(h, "MeanSquaredLogarithmicError", c -> Metrics.meanSquaredLogarithmicError());
    put(h, "LogCoshError", c -> Metrics.mean(Losses.logCosh()));
    put(h, "CosineSimilarity", c -> Metrics.cosineSimilarity((int) c.number("axis", -1)));
    put(h, "PearsonCorrelation", c -> Metrics.pearsonCorrelation());
    put(h, "ConcordanceCorrelation", c -> Metrics.concordanceCorrelation());
    put(h, "R2Score",
        c -> {
          R2 r2 = Metrics.r2().adjustedFor((int) c.number("num_regressors", 0));
          String columns = c.text("class_aggregation", "none");
          return switch (columns) {
            case "none", "uniform_average" -> r2;
            case "variance_weighted_average" -> r2.columns(R2.Columns.VARIANCE_WEIGHTED);
            default -> throw new AssertionError("unknown class_aggregation " + columns);
          };
        });
  }

  private static void accuracy(Map<String, GoldenHandler> h) {
    put(h, "Accuracy", c -> Metrics.equality());
    put(h, "BinaryAccuracy", c -> Metrics.binaryAccuracy(c.number("threshold", 0.5)));
    put(h, "CategoricalAccuracy", c -> Metrics.categoricalAccuracy());
    put(h, "SparseCategoricalAccuracy", c -> Metrics.sparseCategoricalAccuracy());
    put(h, "TopKCategoricalAccuracy", c -> Metrics.topK((int) c.number("k", 5)));
    put(h, "SparseTopKCategoricalAccuracy", c -> Metrics.sparseTopK((int) c.number("k", 5)));
  }

  private static void losses(Map<String, GoldenHandler> h) {
    loss(h, "BinaryCrossentropy",
        c -> Losses.binaryCrossEntropy().fromLogits(c.flag("from_logits", false))
            .labelSmoothing(c.number("label_smoothing", 0)));
    loss(h, "CategoricalCrossentropy",
        c -> Losses.categoricalCrossEntropy().fromLogits(c.flag("from_logits", false))
            .labelSmoothing(c.number("label_smoothing", 0)).axis((int) c.number("axis", -1)));
    loss(h, "SparseCategoricalCrossentropy", MetricGolden::sparse);
    loss(h, "KLDivergence", c -> Losses.klDivergence());
    loss(h, "Poisson", c -> Losses.poisson());
    loss(h, "Hinge", c -> Losses.hinge());
    loss(h, "SquaredHinge", c -> Losses.squaredHinge());
    loss(h, "CategoricalHinge", c -> Losses.categoricalHinge());
  }

  private static void decisions(Map<String, GoldenHandler> h) {
    threshold(h, "Precision", Metrics::precision);
    threshold(h, "Recall", Metrics::recall);
    threshold(h, "TruePositives", Metrics::truePositives);
    threshold(h, "TrueNegatives", Metrics::trueNegatives);
    threshold(h, "FalsePositives", Metrics::falsePositives);
    threshold(h, "FalseNegatives", Metrics::falseNegatives);
    put(h, "F1Score", c -> fBeta(c, Metrics.f1()));
    put(h, "FBetaScore", c -> fBeta(c, Metrics.fBeta(c.number("beta", 1))));
    put(h, "AUC", MetricGolden::auc);
    put(h, "SensitivityAtSpecificity",
        c -> Metrics.sensitivityAtSpecificity(c.number("specificity", 0)).thresholds(count(c)));
    put(h, "SpecificityAtSensitivity",
        c -> Metrics.specificityAtSensitivity(c.number("sensitivity", 0)).thresholds(count(c)));
    put(h, "PrecisionAtRecall", c -> Metrics.precisionAtRecall(c.number("recall", 0)).thresholds(count(c)));
    put(h, "RecallAtPrecision", c -> Metrics.recallAtPrecision(c.number("precision", 0)).thresholds(count(c)));
  }

  private static void regions(Map<String, GoldenHandler> h) {
    for (String name : List.of("IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU")) {
      // Keras counts into whole numbers: a sample weight loses its fraction before it is added.
      h.put("metric/keras/" + name, run -> stream(run, iou(run.c()), w -> w == null ? null : w.floor()));
    }
    put(h, "BinaryIoU", MetricGolden::binaryIoU);
    put(h, "Mean", c -> Metrics.mean("mean", (y, p) -> p));
    put(h, "Sum", c -> Metrics.sum("sum", (y, p) -> p));
  }

  /** Two classes, told apart by a threshold that itself counts as positive. */
  private static Metric binaryIoU(GoldenCase c) {
    MeanIoU m = Metrics.meanIoU(2).ofClasses(c.ints("target_class_ids"));
    double threshold = c.number("threshold", 0.5);
    return new Metric() {
      @Override
      public String name() {
        return "binaryIoU";
      }

      @Override
      public void update(Tensor yTrue, Tensor yPred, Tensor weights) {
        m.update(yTrue, yPred.ge(threshold).cast(DType.INT64), weights);
      }

      @Override
      public double result() {
        return m.result();
      }

      @Override
      public void reset() {
        m.reset();
      }
    };
  }

  private static void loss(Map<String, GoldenHandler> h, String name, Function<GoldenCase, ElementLoss> loss) {
    put(h, name, c -> Metrics.mean(loss.apply(c)));
  }

  private static void threshold(Map<String, GoldenHandler> h, String name, Supplier<ThresholdMetric> metric) {
    put(
        h, name,
        c -> {
          ThresholdMetric m = metric.get();
          Object levels = c.attrs().get("thresholds");
          if (levels != null) {
            m = m.thresholds(doubles(levels));
          }
          if (c.attrs().get("top_k") != null) {
            m = m.topK((int) c.number("top_k", 1));
          }
          return c.attrs().get("class_id") == null ? m : m.ofClass((int) c.number("class_id", 0));
        });
  }

  private static Metric fBeta(GoldenCase c, FBeta f) {
    FBeta averaged = f.average(Average.valueOf(c.text("average", "none").toUpperCase(Locale.ROOT)));
    return c.attrs().get("threshold") == null ? averaged : averaged.threshold(c.number("threshold", 0));
  }

  private static Metric auc(GoldenCase c) {
    Auc auc =
        Metrics.auc().curve(Auc.Curve.valueOf(c.text("curve", "ROC")))
            .summation(Auc.Summation.valueOf(c.text("summation_method", "interpolation").toUpperCase(Locale.ROOT)))
            .perLabel(c.flag("multi_label", false)).fromLogits(c.flag("from_logits", false));
    Object levels = c.attrs().get("thresholds");
    return levels == null ? auc.thresholds(count(c)) : auc.thresholds(doubles(levels));
  }

  private static ElementLoss sparse(GoldenCase c) {
    if (c.number("axis", -1) != -1) {
      throw new AssertionError("unknown axis of classes " + c.attrs().get("axis"));
    }
    var loss = Losses.sparseCategoricalCrossEntropy().fromLogits(c.flag("from_logits", false));
    return c.attrs().get("ignore_class") == null ? loss : loss.ignoreClass((long) c.number("ignore_class", 0));
  }

  private static Metric iou(GoldenCase c) {
    MeanIoU m = Metrics.meanIoU((int) c.number("num_classes", 0));
    m = c.attrs().get("target_class_ids") == null ? m : m.ofClasses(c.ints("target_class_ids"));
    return c.attrs().get("ignore_class") == null ? m : m.ignoreClass((long) c.number("ignore_class", 0));
  }

  private static int count(GoldenCase c) {
    return (int) c.number("num_thresholds", 200);
  }

  @SuppressWarnings("unchecked")
  private static double[] doubles(Object levels) {
    return levels instanceof Number n
        ? new double[] {n.doubleValue()}
        : ((List<Object>) levels).stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray();
  }

  private static void put(Map<String, GoldenHandler> h, String name, Function<GoldenCase, Metric> maker) {
    h.put("metric/keras/" + name, run -> stream(run, maker.apply(run.c()), w -> w));
  }

  @SuppressWarnings("unchecked")
  private static void stream(GoldenRun run, Metric metric, UnaryOperator<Tensor> weights) {
    List<Object> batches = (List<Object>) run.c().json().get("batches");
    List<Object> results = (List<Object>) run.c().json().get("results");
    for (int i = 0; i < batches.size(); i++) {
      Map<String, Object> batch = (Map<String, Object>) batches.get(i);
      String predictions = batch.containsKey("values") ? "values" : "y_pred";
      metric.update(
          tensor(run, batch, "y_true"), tensor(run, batch, predictions),
          weights.apply(tensor(run, batch, "sample_weight")));
      GoldenTensor want = GoldenTensor.of(results.get(i));
      double[] got = want.shape().rank() == 0 ? new double[] {metric.result()} : metric.values();
      run.expect("after batch " + i, got, want.values());
    }
  }

  private static Tensor tensor(GoldenRun run, Map<String, Object> batch, String key) {
    return batch.get(key) == null ? null : GoldenTensor.of(batch.get(key)).tensor(run.dtype());
  }
}
