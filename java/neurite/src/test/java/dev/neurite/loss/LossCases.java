package dev.neurite.loss;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/** One case or more of every public loss, with options: inputs in float64, away from kinks. */
final class LossCases {

  private static final double[] ONE_HOT = {0, 1, 0, 1, 0, 0, 0, 0, 1};
  private static final double[] SIGNS = {-1, 1, 1, -1, -1, 1, -1, 1, 1};
  private static final double[] POSITIVE = {0.2, 0.5, 0.3, 0.6, 0.3, 0.1, 0.25, 0.35, 0.4};
  private static final double[] SPREAD = {0.3, 0.3, 0.4, 0.5, 0.2, 0.3, 0.6, 0.2, 0.2};
  private static final double[] COLUMNS = {0.3, 0.5, 0.6, 0.3, 0.2, 0.2, 0.4, 0.3, 0.2};
  private static final double[] RATES = {1, 2, 3, .1, .2, .3, 4, 5, 6};
  private static final double[] SCORES = {0.7, -1.3, 2.1, 0.4, -0.6, 1.7, -2.2, 0.9, 0.3};
  private static final double[] TARGETS = {1.5, -0.4, 0.2, 2.0, 0.8, -1.1, 0.5, 0.1, 1.9};
  private static final double[] OTHERS = {-0.9, 0.6, 1.4, -0.3, 1.2, -1.8, 0.2, -0.5, 0.75};
  private static final Shape SQUARE = Shape.of(3, 3);

  private final List<Case> all = new ArrayList<>();

  private LossCases() {}

  /**
   * A loss and what it depends on.
   *
   * @param factory class, method and number of parameters of what made it
   * @param options what is set
   * @param takesWeights whether sample weights can be given
   * @param inputs what the gradient is taken by
   * @param loss from reduction and whether to weigh to the value
   */
  record Case(
      String factory, String options, boolean takesWeights, List<Param> inputs,
      BiFunction<Reduction, Boolean, Tensor> loss) {
    @Override
    public String toString() {
      return factory + " " + options;
    }
  }

  static List<Case> all() {
    LossCases cases = new LossCases();
    cases.keras();
    cases.torchElements();
    cases.torchClasses();
    cases.triples();
    cases.gan();
    cases.pictures();
    cases.detection();
    cases.words();
    cases.sequences();
    cases.steps();
    return cases.all;
  }

  // ---- what cases are made of

  private static Param param(String name, Shape shape, double... values) {
    return Param.of(name, Tensor.of(values, shape));
  }

  private static Tensor weights(boolean on, double... values) {
    return on ? Tensor.of(values) : null;
  }

  private void element(String factory, String options, ElementLoss loss, double[] labels, double[] predictions) {
    Param p = param("p", SQUARE, predictions);
    all.add(
        new Case(
            factory, options, true, List.of(p),
            (r, w) -> loss.reduction(r).apply(Tensor.of(labels, SQUARE), p, weights(w, 1, 0.5, 2))));
  }

  private void classes(String factory, String options, ElementLoss loss, double[] predictions, long... labels) {
    Param p = param("p", SQUARE, predictions);
    all.add(
        new Case(
            factory, options, true, List.of(p),
            (r, w) -> loss.reduction(r).apply(Tensor.ofLongs(labels), p, weights(w, 1, 0.5, 2))));
  }

  private void pair(String factory, PairLoss loss, Param a, Param b) {
    all.add(
        new Case(factory, "", true, List.of(a, b), (r, w) -> loss.reduction(r).apply(a, b, weights(w, 1, 0.5, 2))));
  }

  /** A loss of labels that are not differentiated and two inputs that are. */
  private void labelled(String factory, String options, TripleLoss loss, double[] labels, Param a, Param b) {
    all.add(
        new Case(
            factory, options, true, List.of(a, b),
            (r, w) -> loss.reduction(r).apply(Tensor.of(labels), a, b, weights(w, 1, 0.5, 2))));
  }

  private void triplet(String factory, String options, TripleLoss loss, double scale) {
    Param a = param("anchor", SQUARE, SCORES);
    Param p = param("positive", SQUARE, TARGETS);
    Param n = param("negative", SQUARE, Arrays.stream(OTHERS).map(v -> v * scale).toArray());
    all.add(
        new Case(
            factory, options, true, List.of(a, p, n),
            (r, w) -> loss.reduction(r).apply(a, p, n, weights(w, 1, 0.5, 2))));
  }

  private static Param vector(String name, double... values) {
    return param(name, Shape.of(values.length), values);
  }

  // ---- the losses

  private void keras() {
    element("Losses.meanSquaredError/0", "", Losses.meanSquaredError(), TARGETS, SCORES);
    element("Losses.meanAbsoluteError/0", "", Losses.meanAbsoluteError(), TARGETS, SCORES);
    element("Losses.meanAbsolutePercentageError/0", "", Losses.meanAbsolutePercentageError(), TARGETS, SCORES);
    element("Losses.meanSquaredLogarithmicError/0", "", Losses.meanSquaredLogarithmicError(), POSITIVE, RATES);
    element("Losses.huber/0", "", Losses.huber(), TARGETS, SCORES);
    element("Losses.huber/1", "0.75", Losses.huber(0.75), TARGETS, SCORES);
    element("Losses.logCosh/0", "", Losses.logCosh(), TARGETS, SCORES);
    element("Losses.poisson/0", "", Losses.poisson(), POSITIVE, RATES);
    element("Losses.klDivergence/0", "", Losses.klDivergence(), POSITIVE, SPREAD);
    element("Losses.cosineSimilarity/0", "", Losses.cosineSimilarity(), TARGETS, SCORES);
    element("Losses.cosineSimilarity/1", "axis 0", Losses.cosineSimilarity(0), TARGETS, SCORES);
    element("Losses.hinge/0", "0 and 1", Losses.hinge(), ONE_HOT, SCORES);
    element("Losses.hinge/0", "-1 and 1", Losses.hinge(), SIGNS, SCORES);
    element("Losses.squaredHinge/0", "", Losses.squaredHinge(), ONE_HOT, SCORES);
    element("Losses.categoricalHinge/0", "", Losses.categoricalHinge(), ONE_HOT, SCORES);
    element("Losses.perceptron/0", "", Losses.perceptron(), SIGNS, SCORES);
    element("Losses.dice/1", "", Losses.dice(-1), ONE_HOT, POSITIVE);
    element("Losses.tversky/3", "", Losses.tversky(0.3, 0.7, -1), ONE_HOT, POSITIVE);
    binary();
    categorical();
    pair("Losses.vaeDivergence/0", Losses.vaeDivergence(), param("mu", SQUARE, SCORES), param("v", SQUARE, TARGETS));
  }

  private void binary() {
    String name = "Losses.binaryCrossEntropy/0";
    element(name, "", Losses.binaryCrossEntropy(), ONE_HOT, POSITIVE);
    element(name, "smoothed", Losses.binaryCrossEntropy().labelSmoothing(0.1), ONE_HOT, POSITIVE);
    element(name, "logits", Losses.binaryCrossEntropy().fromLogits(true).labelSmoothing(0.1), ONE_HOT, SCORES);
    element("Losses.sigmoidCrossEntropy/0", "", Losses.sigmoidCrossEntropy(), ONE_HOT, SCORES);
    name = "Losses.binaryFocalCrossEntropy/0";
    var focal = Losses.binaryFocalCrossEntropy();
    element(name, "", focal, ONE_HOT, POSITIVE);
    element(name, "balanced", focal.classBalancing(true).alpha(0.4).gamma(1.5), ONE_HOT, POSITIVE);
    element(name, "logits, smoothed", focal.fromLogits(true).labelSmoothing(0.1), ONE_HOT, SCORES);
  }

  private void categorical() {
    String name = "Losses.categoricalCrossEntropy/0";
    var dense = Losses.categoricalCrossEntropy();
    element(name, "", dense, ONE_HOT, POSITIVE);
    element(name, "smoothed", dense.labelSmoothing(0.2), ONE_HOT, POSITIVE);
    element(name, "logits, axis 0", dense.fromLogits(true).axis(0), COLUMNS, SCORES);
    name = "Losses.categoricalFocalCrossEntropy/0";
    element(name, "", Losses.categoricalFocalCrossEntropy(), ONE_HOT, POSITIVE);
    element(name, "logits", Losses.categoricalFocalCrossEntropy().fromLogits(true).gamma(1.5), ONE_HOT, SCORES);
    name = "Losses.softmaxCrossEntropy/0";
    element(name, "soft, smoothed", Losses.softmaxCrossEntropy().labelSmoothing(0.2), ONE_HOT, SCORES);
    classes(name, "", Losses.softmaxCrossEntropy(), SCORES, 1, 0, 2);
    classes(name, "ignored", Losses.softmaxCrossEntropy().ignoreClass(-1).labelSmoothing(.1), SCORES, 1, -1, 2);
    classes("Losses.categoricalGeneralizedCrossEntropy/1", "", Losses.categoricalGeneralizedCrossEntropy(0.5), POSITIVE,
        1, 0, 2);
    name = "Losses.sparseCategoricalCrossEntropy/0";
    var sparse = Losses.sparseCategoricalCrossEntropy();
    classes(name, "", sparse, POSITIVE, 1, 0, 2);
    classes(name, "ignored", sparse.ignoreClass(0), POSITIVE, 1, 0, 2);
    classes(name, "logits, ignored", sparse.fromLogits(true).ignoreClass(-1), SCORES, 1, -1, 2);
  }

  private void torchElements() {
    element("TorchLosses.mse/0", "", TorchLosses.mse(), TARGETS, SCORES);
    element("TorchLosses.l1/0", "", TorchLosses.l1(), TARGETS, SCORES);
    element("TorchLosses.huber/1", "", TorchLosses.huber(0.6), TARGETS, SCORES);
    element("TorchLosses.smoothL1/1", "", TorchLosses.smoothL1(0.6), TARGETS, SCORES);
    element("TorchLosses.smoothL1/1", "beta 0", TorchLosses.smoothL1(0), TARGETS, SCORES);
    element("TorchLosses.poissonNll/0", "", TorchLosses.poissonNll(), RATES, SCORES);
    element("TorchLosses.poissonNll/3", "rates, full", TorchLosses.poissonNll(false, true, 1e-8), RATES, RATES);
    element("TorchLosses.poissonNll/3", "full", TorchLosses.poissonNll(true, true, 1e-8), RATES, SCORES);
    element("TorchLosses.klDiv/0", "", TorchLosses.klDiv(), POSITIVE, SCORES);
    element("TorchLosses.klDiv/0", "log target", TorchLosses.klDiv().logTarget(true), TARGETS, SCORES);
    element("TorchLosses.klDiv/0", "batch mean", TorchLosses.klDiv().batchMean(true), ONE_HOT, SCORES);
    element("TorchLosses.softMargin/0", "", TorchLosses.softMargin(), SIGNS, SCORES);
    element("TorchLosses.hingeEmbedding/1", "", TorchLosses.hingeEmbedding(1), SIGNS, SCORES);
    element("TorchLosses.multilabelSoftMargin/1", "", TorchLosses.multilabelSoftMargin(), ONE_HOT, SCORES);
    element("TorchLosses.multilabelSoftMargin/1", "weights", TorchLosses.multilabelSoftMargin(1, 2, .5), ONE_HOT,
        SCORES);
    Tensor factors = Tensor.of(0.5, 1.0, 3.0);
    String name = "TorchLosses.binaryCrossEntropy/0";
    element(name, "", TorchLosses.binaryCrossEntropy(), ONE_HOT, POSITIVE);
    element(name, "soft, weight", TorchLosses.binaryCrossEntropy().weight(factors), SPREAD, POSITIVE);
    name = "TorchLosses.binaryCrossEntropyWithLogits/0";
    var logits = TorchLosses.binaryCrossEntropyWithLogits();
    element(name, "", logits, ONE_HOT, SCORES);
    element(name, "weights", logits.weight(factors.reshape(3, 1)).positiveWeight(factors), SPREAD, SCORES);
  }

  private void torchClasses() {
    String name = "TorchLosses.crossEntropy/0";
    var loss = TorchLosses.crossEntropy();
    classes(name, "", loss, SCORES, 1, 0, 2);
    classes(name, "ignored", loss.ignoreIndex(0), SCORES, 1, 0, 2);
    classes(name, "weights", loss.classWeights(1, 2, 0.3), SCORES, 1, 0, 2);
    classes(name, "all", loss.classWeights(1, 2, 0.3).ignoreIndex(-5).labelSmoothing(0.1), SCORES, 1, -5, 2);
    element(name, "soft, weights", loss.classWeights(1, 2, 0.3).labelSmoothing(0.1), SPREAD, SCORES);
    Param maps = param("p", Shape.of(1, 3, 3), SCORES);
    all.add(
        new Case(
            name, "class axis 1", false, List.of(maps),
            (r, w) -> loss.classWeights(1, 2, 3).reduction(r).apply(Tensor.of(new long[] {0, 1, 2}, Shape.of(1, 3)),
                maps)));
    classes("TorchLosses.nll/0", "", TorchLosses.nll(), SCORES, 1, 0, 2);
    classes("TorchLosses.nll/0", "all", TorchLosses.nll().classWeights(1, 2, 0.3).ignoreIndex(0), SCORES, 1, 0, 2);
    classes("TorchLosses.multiMargin/0", "", TorchLosses.multiMargin(), SCORES, 1, 0, 2);
    classes("TorchLosses.multiMargin/3", "", TorchLosses.multiMargin(2, 0.8, 1, 2, 0.5), SCORES, 1, 0, 2);
    Param p = param("p", SQUARE, SCORES);
    Tensor labels = Tensor.of(new long[] {1, -1, 0, 2, 0, -1, 0, 1, 2}, SQUARE);
    ElementLoss multi = TorchLosses.multilabelMargin();
    all.add(
        new Case(
            "TorchLosses.multilabelMargin/0", "", true, List.of(p),
            (r, w) -> multi.reduction(r).apply(labels, p, weights(w, 1, 0.5, 2))));
  }

  private void triples() {
    triplet("Losses.triplet/0", "", Losses.triplet(), 0.2);
    triplet("RankingLosses.triplet/1", "", RankingLosses.triplet(1), 0.2);
    triplet("TorchLosses.tripletMargin/0", "", TorchLosses.tripletMargin(), 0.2);
    triplet("TorchLosses.tripletMargin/4", "p 1", TorchLosses.tripletMargin(2, 1, 1e-6, false), 0.2);
    triplet("TorchLosses.tripletMargin/4", "p 3, swap", TorchLosses.tripletMargin(2, 3, 1e-6, true), 1);
    triplet(
        "TorchLosses.tripletMargin/4", "p infinite",
        TorchLosses.tripletMargin(2, Double.POSITIVE_INFINITY, 1e-6, false), 0.2);
    triplet(
        "TorchLosses.tripletMarginWithDistance/3", "",
        TorchLosses.tripletMarginWithDistance((x, y) -> x.sub(y).square().sum(-1), 3, true), 1);
    double[] signs = {1, -1, 1};
    for (double margin : new double[] {0, -0.9}) {
      labelled("TorchLosses.cosineEmbedding/1", "" + margin, TorchLosses.cosineEmbedding(margin), signs,
          param("a", SQUARE, SCORES), param("b", SQUARE, TARGETS));
    }
    labelled("TorchLosses.marginRanking/1", "", TorchLosses.marginRanking(0.5), signs, vector("a", .3, .7, -1),
        vector("b", .5, .2, 2));
    labelled("RankingLosses.contrastive/1", "", RankingLosses.contrastive(6), new double[] {1, 0, 0},
        param("a", SQUARE, SCORES), param("b", SQUARE, TARGETS));
    labelled("Losses.contrastive/0", "", Losses.contrastive(), new double[] {1, 0, 1}, param("a", SQUARE, SCORES),
        param("b", SQUARE, OTHERS));
    labelled("TorchLosses.gaussianNll/0", "", TorchLosses.gaussianNll(), new double[] {.3, .7, -1},
        vector("mean", .5, .2, 2), vector("variance", .5, 1.2, 2));
    Param mean = param("mean", SQUARE, SCORES);
    Param one = param("variance", Shape.of(3), .5, 1.2, 2);
    TripleLoss full = TorchLosses.gaussianNll(true, 1e-6);
    all.add(
        new Case(
            "TorchLosses.gaussianNll/2", "a variance per row", true, List.of(mean, one),
            (r, w) -> full.reduction(r).apply(Tensor.of(TARGETS, SQUARE), mean, one, weights(w, 1, 0.5, 2))));
    mined("RankingLosses.tripletBatchHard/1", RankingLosses.tripletBatchHard(2.5));
    mined("RankingLosses.tripletSemiHard/1", RankingLosses.tripletSemiHard(2.5));
  }

  private void mined(String factory, ElementLoss loss) {
    double[] rows = {.7, -1.3, .4, -.6, 1.7, .2, -.2, .9, .35, -.8, 1.1, .15};
    Param x = param("x", Shape.of(6, 2), rows);
    Tensor labels = Tensor.ofLongs(0, 1, 0, 1, 0, 2);
    all.add(
        new Case(
            factory, "", true, List.of(x),
            (r, w) -> loss.reduction(r).apply(labels, x, weights(w, 1, 0.5, 2, 1, 3, 1))));
  }

  private void gan() {
    adversaries("GanLosses.minimax/0", GanLosses.minimax());
    adversaries("GanLosses.nonSaturating/0", GanLosses.nonSaturating());
    adversaries("GanLosses.nonSaturating/1", GanLosses.nonSaturating(0.1));
    adversaries("GanLosses.leastSquares/0", GanLosses.leastSquares());
    adversaries("GanLosses.leastSquares/3", GanLosses.leastSquares(-1, 1, 0));
    adversaries("GanLosses.wasserstein/0", GanLosses.wasserstein());
    adversaries("GanLosses.hinge/0", GanLosses.hinge());
    // The penalty is of second order, which differences of a tape's own gradients need a test of their own for.
    Param x = vector("x", 1);
    for (String factory : new String[] {"GanLosses.gradientPenalty/6", "GanLosses.gradientPenalty/5"}) {
      all.add(new Case(factory, "penaltysGradientIsOfSecondOrder", false, List.of(x), (r, w) -> x.mul(1)));
    }
  }

  private void adversaries(String factory, GanLoss loss) {
    Param real = param("real", Shape.of(3, 1), 0.4, -1.3, 2.2);
    Param fake = param("fake", Shape.of(3, 1), -0.7, 0.8, 1.9);
    all.add(
        new Case(
            factory, "discriminator", true, List.of(real, fake),
            (r, w) -> loss.reduction(r).discriminator(real, fake, weights(w, 1, 0.5, 2))));
    all.add(
        new Case(
            factory, "generator", true, List.of(fake),
            (r, w) -> loss.reduction(r).generator(fake, weights(w, 1, 0.5, 2))));
  }

  /** Deterministic numbers between -2 and 2. */
  private static double[] wave(int n, double step) {
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = 2 * Math.sin(step * (i + 1));
    }
    return values;
  }

  private static Param maps(String name, double step) {
    return param(name, Shape.of(3, 2, 2, 2), wave(24, step));
  }

  private void pictures() {
    pair("StyleLosses.content/0", StyleLosses.content(), maps("c", 0.7), maps("g", 1.1));
    pair("StyleLosses.layer/0", StyleLosses.layer(), maps("s", 0.7), maps("g", 1.1));
    Param a = param("a", Shape.of(4, 4, 3), wave(48, 0.9));
    all.add(new Case("StyleLosses.gram/1", "", false, List.of(a), (r, w) -> StyleLosses.gram(a)));
    Param g = param("g", Shape.of(4, 4, 3), wave(48, 1.3));
    Param g2 = param("g2", Shape.of(2, 2, 3), wave(12, 0.4));
    Tensor style = Tensor.of(wave(12, 2.1), Shape.of(2, 2, 3));
    all.add(
        new Case(
            "StyleLosses.total/3", "", false, List.of(a, g, g2),
            (r, w) -> StyleLosses.total(10, 40, 0.2, 0.8).apply(a, g, List.of(a, style), List.of(g, g2))));
  }

  private void detection() {
    double[] y = {1, .4, .6, .3, .2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, .7, .1, .8, .9, 1, 0};
    double[] p = {.7, .3, .5, .2, .4, -.6, .9, .2, .1, .3, .6, .4, .1, -.3, .9, .6, .2, .7, .5, .3, -1};
    String name = "DetectionLosses.localisation/0";
    cells(name, "", DetectionLosses.localisation(), y, p);
    cells(name, "weights", DetectionLosses.localisation().boxWeight(5).noObjectWeight(0.5), y, p);
    name = "DetectionLosses.mixed/0";
    cells(name, "", DetectionLosses.mixed(), y, p);
    cells(name, "logits", DetectionLosses.mixed().objectnessFromLogits(true).boxWeight(5).noObjectWeight(.5), y, p);
  }

  private void cells(String factory, String options, ElementLoss loss, double[] labels, double[] predictions) {
    Shape shape = Shape.of(3, 7);
    Param p = param("p", shape, predictions);
    all.add(
        new Case(
            factory, options, true, List.of(p),
            (r, w) -> loss.reduction(r).apply(Tensor.of(labels, shape), p, weights(w, 1, 0.5, 2))));
  }

  private void words() {
    Param center = param("center", SQUARE, SCORES);
    Param context = param("context", SQUARE, TARGETS);
    Param negatives = param("negatives", Shape.of(3, 2, 3), wave(18, 0.8));
    all.add(
        new Case(
            "WordLosses.negativeSampling/0", "", true, List.of(center, context, negatives),
            (r, w) -> WordLosses.negativeSampling().reduction(r)
                .apply(center, context, negatives, weights(w, 1, 0.5, 2))));
    Param b = vector("b", .3, -.2, .5);
    Param b2 = vector("b2", -.1, .7, .4);
    Tensor counts = Tensor.of(new double[] {5, 0, 120, 30, 1, 0, 7, 99, 100}, SQUARE, DType.FLOAT64);
    all.add(
        new Case(
            "WordLosses.glove/0", "all pairs", false, List.of(center, context, b, b2),
            (r, w) -> WordLosses.glove().reduction(r).ofAll(center, context, b, b2, counts)));
    Tensor three = Tensor.of(0.0, 12.0, 150.0);
    all.add(
        new Case(
            "WordLosses.glove/2", "some pairs", true, List.of(center, context, b, b2),
            (r, w) -> WordLosses.glove(80, 0.5).reduction(r)
                .ofPairs(center, context, b, b2, three, weights(w, 1, 0.5, 2))));
  }

  /** Three sequences of four steps and three classes: whole, with a repeat, and one that no alignment fits. */
  /** Sequences of 3, 0 and 1 steps padded to 3; the reduction belongs to the loss of a step and does not matter. */
  private void steps() {
    Param p = param("p", Shape.of(3, 3, 1), SCORES);
    Tensor y = Tensor.of(TARGETS, Shape.of(3, 3, 1));
    Tensor lengths = Tensor.ofLongs(3, 0, 1);
    for (boolean perStep : new boolean[] {false, true}) {
      all.add(
          new Case(
              "Losses.sequence/1", perStep ? "per step" : "per sequence", true, List.of(p),
              (r, w) -> Losses.sequence(Losses.meanSquaredError()).perStep(perStep)
                  .apply(y, p, w ? Tensor.of(POSITIVE, SQUARE) : lengths)));
    }
    Param logits = param("logits", Shape.of(1, 3, 3), OTHERS);
    all.add(
        new Case(
            "Losses.sequence/1", "an ignored class", false, List.of(logits),
            (r, w) -> Losses.sequence(Losses.softmaxCrossEntropy().ignoreClass(-1)).perStep(true)
                .apply(Tensor.of(new long[] {2, -1, 0}, Shape.of(1, 3)), logits)));
  }

  private void sequences() {
    double[] logits = new double[36];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = 1.5 * Math.sin(2.3 * i + 0.4);
    }
    Param p = param("p", Shape.of(3, 4, 3), logits);
    Tensor labels = Tensor.of(new long[] {1, 2, -1, 2, 2, -1, 1, -1, -1}, SQUARE);
    all.add(
        new Case(
            "Losses.ctc/0", "padded labels", true, List.of(p),
            (r, w) -> Losses.ctc().reduction(r).apply(labels, p, weights(w, 1, 0.5, 2))));
    Tensor lastBlank = Tensor.of(new long[] {0, 1, 2, 1, 1, 2, 0, 0, 0}, SQUARE);
    CtcLoss zeroed = Losses.ctc().blank(2).perLabel(true).zeroInfinity(true);
    all.add(
        new Case(
            "Losses.ctc/0", "blank last, an impossible target zeroed, per label", true, List.of(p),
            (r, w) -> zeroed.reduction(r).apply(lastBlank, p, weights(w, 1, 0.5, 2))));
    Tensor packed = CtcLoss.pack(labels, Tensor.ofLongs(4, 3, 2), Tensor.ofLongs(2, 2, 0));
    all.add(
        new Case(
            "CtcLoss.pack/3", "", true, List.of(p),
            (r, w) -> Losses.ctc().packed(true).reduction(r).apply(packed, p, weights(w, 1, 0.5, 2))));
  }
}
