package dev.neurite.golden;

import dev.neurite.loss.Losses;
import dev.neurite.metric.Auc;
import dev.neurite.metric.ConfusionMatrix;
import dev.neurite.metric.ExactAuc;
import dev.neurite.metric.Metric;
import dev.neurite.metric.Metrics;
import dev.neurite.metric.R2;
import dev.neurite.metric.ScoreCurve;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/** metrics_exact: curves, confusion matrices and what follows from them. */
final class ExactMetricGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("metric/roc_curve", run -> curve(run, Auc.Curve.ROC));
    h.put("metric/pr_curve", run -> curve(run, Auc.Curve.PR));
    h.put("metric/log_loss", ExactMetricGolden::logLoss);
    h.put("metric/confusion_matrix", ExactMetricGolden::confusion);
    h.put("metric/precision_recall_fbeta", ExactMetricGolden::precisionRecall);
    h.put("metric/multiclass_scores", ExactMetricGolden::scores);
    h.put("metric/top_k_accuracy",
        run -> single(run, Metrics.sparseTopK((int) run.c().number("k", 1)), "y_true", "score", "value"));
    h.put("metric/r2", ExactMetricGolden::r2);
    h.put("metric/regression", ExactMetricGolden::regression);
    h.put("metric/roc_auc_multiclass", ExactMetricGolden::oneAgainstRest);
    h.put("metric/perplexity", ExactMetricGolden::perplexity);
  }

  private static void expect(GoldenRun run, String output, double... got) {
    if (run.c().tensors("outputs").containsKey(output)) {
      run.expect(output, got, run.want(output));
    }
  }

  private static void single(GoldenRun run, Metric metric, String labels, String scores, String output) {
    metric.update(run.in(labels), run.in(scores), run.in("sample_weight"));
    expect(run, output, metric.result());
  }

  private static void curve(GoldenRun run, Auc.Curve which) {
    ExactAuc auc = Metrics.auc().curve(which).exact();
    auc.update(run.in("y_true").cast(run.dtype()), run.in("score"), run.in("sample_weight"));
    ScoreCurve points = auc.points();
    boolean roc = which == Auc.Curve.ROC;
    expect(run, roc ? "auc" : "auc_trapezoid", points.area());
    expect(run, "average_precision", auc.result());
    expect(run, roc ? "fpr" : "recall", points.x());
    expect(run, roc ? "tpr" : "precision", points.y());
    expect(run, "thresholds", points.thresholds());
  }

  private static void logLoss(GoldenRun run) {
    boolean binary = run.in("prob").rank() == 1;
    Metric metric =
        Metrics.mean(binary ? Losses.binaryCrossEntropy() : Losses.sparseCategoricalCrossEntropy());
    Tensor prob = binary ? run.in("prob").expandDims(1) : run.in("prob");
    metric.update(run.in("y_true"), prob, run.in("sample_weight"));
    expect(run, "value", metric.result());
  }

  private static ConfusionMatrix matrix(GoldenRun run) {
    ConfusionMatrix m = Metrics.confusionMatrix((int) run.c().number("num_classes", 0));
    m.update(run.in("y_true"), run.in("y_pred"), run.in("sample_weight"));
    return m;
  }

  private static void confusion(GoldenRun run) {
    ConfusionMatrix m = matrix(run);
    expect(run, "matrix", flat(m.counts()));
    expect(run, "normalised_true", flat(m.normalised()));
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  private static void precisionRecall(GoldenRun run) {
    ConfusionMatrix m = matrix(run);
    double beta = run.c().number("beta", 1);
    int n = (int) run.c().number("num_classes", 0);
    String average = run.c().text("average", "none");
    if (average.equals("micro")) {
      double accuracy = m.result(); // each wrong decision is one false positive and one false negative
      expect(run, "precision", accuracy);
      expect(run, "recall", accuracy);
      expect(run, "fbeta", accuracy);
      return;
    }
    expect(run, "precision", averaged(m, n, average, m::precision));
    expect(run, "recall", averaged(m, n, average, m::recall));
    expect(run, "fbeta", averaged(m, n, average, i -> m.fBeta(i, beta)));
    expect(run, "support", averaged(m, n, "none", m::support));
  }

  private static double[] averaged(ConfusionMatrix m, int n, String average, IntToDoubleFunction score) {
    double[] each = new double[n];
    Arrays.setAll(each, score::applyAsDouble);
    if (average.equals("none")) {
      return each;
    }
    double sum = 0;
    double divisor = 0;
    for (int i = 0; i < n; i++) {
      double w = average.equals("weighted") ? m.support(i) : 1;
      sum += w * each[i];
      divisor += w;
    }
    return new double[] {sum / divisor};
  }

  private static void scores(GoldenRun run) {
    ConfusionMatrix m = matrix(run);
    int n = (int) run.c().number("num_classes", 0);
    expect(run, "accuracy", m.result());
    expect(run, "balanced_accuracy", m.balancedAccuracy());
    expect(run, "cohen_kappa", m.kappa());
    expect(run, "matthews", m.matthews());
    expect(run, "hamming_loss", 1 - m.result());
    expect(run, "jaccard_macro", averaged(m, n, "macro", m::intersectionOverUnion));
  }

  private static void r2(GoldenRun run) {
    R2 uniform = Metrics.r2();
    R2 weighted = Metrics.r2().columns(R2.Columns.VARIANCE_WEIGHTED);
    uniform.update(run.in("y_true"), run.in("y_pred"), run.in("sample_weight"));
    weighted.update(run.in("y_true"), run.in("y_pred"), run.in("sample_weight"));
    expect(run, "raw", uniform.values());
    expect(run, "uniform", uniform.result());
    expect(run, "variance_weighted", weighted.result());
  }

  private static void regression(GoldenRun run) {
    single(run, Metrics.meanSquaredError(), "y_true", "y_pred", "mse");
    single(run, Metrics.meanAbsoluteError(), "y_true", "y_pred", "mae");
    single(run, Metrics.rootMeanSquaredError(), "y_true", "y_pred", "rmse_joint");
    R2 r2 = Metrics.r2();
    r2.update(run.in("y_true"), run.in("y_pred"), run.in("sample_weight"));
    expect(run, "explained_variance", r2.explainedVariance());
  }

  private static void oneAgainstRest(GoldenRun run) {
    Tensor prob = run.in("prob");
    int classes = (int) prob.dim(1);
    double sum = 0;
    for (int i = 0; i < classes; i++) {
      ExactAuc auc = Metrics.auc().exact();
      auc.update(run.in("y_true").eq(i).cast(DType.FLOAT64), prob.select(1, i).cast(DType.FLOAT64));
      sum += auc.result();
    }
    expect(run, "value", sum / classes);
  }

  private static void perplexity(GoldenRun run) {
    Metric metric = Metrics.perplexity((long) run.c().number("ignore_index", -1));
    metric.update(run.in("labels"), run.in("logits"));
    expect(run, "value", metric.result());
    expect(run, "nll", Math.log(metric.result()));
  }
}
