package dev.neurite.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What inputs and layers tell: scale, symmetry, saturation, death, gradients that vanish or explode. */
final class LayerRules {

  private final Health health;
  private final Findings findings;

  private LayerRules(Health health, Findings findings) {
    this.health = health;
    this.findings = findings;
  }

  static void apply(Health health, Findings findings) {
    LayerRules rules = new LayerRules(health, findings);
    health.inputs().forEach(rules::scaling);
    rules.symmetry();
    rules.units(
        LayerHealth::saturated, DiagnosisLimits.SATURATED, Finding.Kind.SATURATED_UNITS,
        "of its outputs lie beyond 95 % of the range of FUNCTION, where the slope is close to 0, so hardly any "
            + "gradient passes",
        "Draw smaller weights (glorotUniform), scale the inputs to mean 0 and deviation 1, put a BatchNorm before the "
            + "activation, or take ReLU.");
    rules.units(
        LayerHealth::dead, DiagnosisLimits.DEAD, Finding.Kind.DEAD_UNITS,
        "of its units give 0 for every example looked at; the gradient of FUNCTION is 0 there, so they cannot come "
            + "back",
        "Start the biases at 0 or 0.01, take leakyRelu, draw the weights with heNormal, and lower the learning rate if "
            + "units died during training.");
    rules.gradients();
  }

  // ---- inputs

  private void scaling(InputHealth in) {
    if (in.normalised() || in.widest() < 0) {
      return;
    }
    double ratio = in.largestSpread() / in.smallestSpread();
    String what = null;
    if (ratio > DiagnosisLimits.SPREAD_RATIO) {
      what = "feature " + in.widest() + " spreads " + number(in.largestSpread()) + " around its mean, feature "
          + in.narrowest() + " only " + number(in.smallestSpread()) + ": " + number(ratio) + " times less";
    } else if (in.largestSpread() > DiagnosisLimits.LARGEST_SPREAD) {
      what = "feature " + in.widest() + " spreads " + number(in.largestSpread()) + " around its mean";
    } else if (in.largestShift() > DiagnosisLimits.LARGEST_SHIFT) {
      what = "the mean of feature " + in.shifted() + " is " + number(in.largestShift()) + " spreads away from 0";
    }
    if (what != null) {
      Map<String, Double> numbers = new LinkedHashMap<>();
      numbers.put("input", (double) in.input());
      numbers.put("largest_spread", in.largestSpread());
      numbers.put("smallest_spread", in.smallestSpread());
      numbers.put("spread_ratio", ratio);
      numbers.put("largest_shift", in.largestShift());
      findings.add(
          Finding.Kind.BAD_SCALING, Finding.Severity.CRITICAL, null, numbers,
          "The input features are badly scaled: " + what + ". The loss is steep along one weight and flat along "
              + "another, and no learning rate suits both.",
          "Standardise every feature with the training data's mean and deviation (the same numbers for validation and "
              + "use), divide pixels by 255, or begin the network with a BatchNorm.",
          true);
    }
  }

  // ---- symmetry

  private void symmetry() {
    Health.Checkup seen = health.last();
    LayerHealth worst = null;
    for (LayerHealth l : seen.layers()) {
      if (!l.output() && l.alike() > DiagnosisLimits.ALIKE_UNITS && (worst == null || l.alike() > worst.alike())) {
        worst = l;
      }
    }
    if (worst != null) {
      findings.add(
          Finding.Kind.SYMMETRIC_WEIGHTS, Finding.Severity.CRITICAL, worst.layer(), Map.of("alike", worst.alike()),
          "Layer '" + worst.layer() + "': " + percent(worst.alike()) + " of its " + worst.units()
              + " units have the same weights as another unit" + after(seen)
              + ". They get the same gradient in every step and stay the same: the layer does the work of one unit.",
          "Draw the weights at random (glorotUniform for tanh and sigmoid, heNormal for ReLU) instead of starting "
              + "them at zero or another constant; biases may start at 0.",
          true);
    }
  }

  private static String after(Health.Checkup seen) {
    return seen.step() == 0 ? "" : " after " + seen.step() + " steps";
  }

  // ---- units

  private void units(
      ToDoubleFunction<LayerHealth> share, double limit, Finding.Kind kind, String what, String advice) {
    LayerHealth first = worst(health.start(), share);
    LayerHealth last = worst(health.last(), share);
    boolean fromStart = first != null && share.applyAsDouble(first) > limit;
    LayerHealth layer = fromStart ? first : last;
    if (layer == null || share.applyAsDouble(layer) <= limit) {
      return;
    }
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("share", share.applyAsDouble(layer));
    numbers.put("share_at_start", first == null ? Double.NaN : share.applyAsDouble(first));
    numbers.put("share_at_end", last == null ? Double.NaN : share.applyAsDouble(last));
    String when = fromStart ? "from the start" : "since training (it was fine at the start)";
    findings.add(
        kind, fromStart ? Finding.Severity.CRITICAL : Finding.Severity.WARNING, layer.layer(), numbers,
        "Layer '" + layer.layer() + "': " + percent(share.applyAsDouble(layer)) + " "
            + what.replace("FUNCTION", layer.activation()) + ", " + when + ".",
        advice, fromStart);
  }

  /** True when most units of a layer died in training. */
  static boolean unitsDied(Health health) {
    LayerHealth first = worst(health.start(), LayerHealth::dead);
    LayerHealth last = worst(health.last(), LayerHealth::dead);
    return first != null && first.dead() <= DiagnosisLimits.DEAD && last != null && last.dead() > DiagnosisLimits.DEAD;
  }

  private static LayerHealth worst(Health.Checkup seen, ToDoubleFunction<LayerHealth> share) {
    LayerHealth worst = null;
    for (LayerHealth l : seen.layers()) {
      if (!l.output() && (worst == null || share.applyAsDouble(l) > share.applyAsDouble(worst))) {
        worst = l;
      }
    }
    return worst;
  }

  // ---- gradients

  private void gradients() {
    Ratio start = Ratio.of(health.start());
    Ratio end = Ratio.of(health.last());
    if (start == null) {
      return;
    }
    if (start.least() < DiagnosisLimits.VANISHING_RATIO) {
      vanishing(start, health.start(), true);
    } else if (end.least() < DiagnosisLimits.VANISHING_RATIO) {
      vanishing(end, health.last(), false);
    }
    if (start.most() > DiagnosisLimits.EXPLODING_RATIO) {
      exploding(start, health.start(), true);
    } else if (end.most() > DiagnosisLimits.EXPLODING_RATIO) {
      exploding(end, health.last(), false);
    }
  }

  private void vanishing(Ratio r, Health.Checkup seen, boolean fromStart) {
    findings.add(
        Finding.Kind.VANISHING_GRADIENT, Finding.Severity.CRITICAL, r.first.layer(), r.numbers(),
        "The gradient vanishes on its way back: in layer '" + r.first.layer() + "' it has the length "
            + number(r.first.gradient()) + ", in layer '" + r.last.layer() + "' " + number(r.last.gradient())
            + " (ratio " + number(r.weights) + ")" + after(seen) + ". The first layers do not learn.",
        "Take ReLU with heNormal weights instead of " + r.first.activation() + ", fewer layers, BatchNorm after each "
            + "layer, or skip connections (Add).",
        fromStart);
  }

  private void exploding(Ratio r, Health.Checkup seen, boolean fromStart) {
    findings.add(
        Finding.Kind.EXPLODING_GRADIENT, Finding.Severity.CRITICAL, r.first.layer(), r.numbers(),
        "The gradient explodes on its way back: from the output of layer '" + r.lastHidden.layer()
            + "' to that of layer '" + r.first.layer() + "' it grows from " + number(r.lastHidden.signal()) + " to "
            + number(r.first.signal()) + " (" + number(r.signals) + " times; the weights' gradients "
            + number(r.weights) + " times)" + after(seen)
            + ". One step throws the weights far away.",
        "Draw smaller weights (heNormal for ReLU, glorotUniform for tanh), clip the gradient (globalClipNorm(1)), put "
            + "BatchNorm between the layers.",
        fromStart);
  }

  /** First layer against last: gradients of the weights, and of the outputs of the hidden layers. */
  private record Ratio(LayerHealth first, LayerHealth lastHidden, LayerHealth last, double weights, double signals) {

    /** Null for networks with one layer of weights. */
    static Ratio of(Health.Checkup seen) {
      List<LayerHealth> weighted = new ArrayList<>();
      for (LayerHealth l : seen.layers()) {
        if (l.weighted() && !Double.isNaN(l.gradient())) {
          weighted.add(l);
        }
      }
      if (weighted.size() < 2) {
        return null;
      }
      LayerHealth first = weighted.get(0);
      LayerHealth hidden = weighted.get(weighted.size() - 2);
      LayerHealth last = weighted.get(weighted.size() - 1);
      return new Ratio(
          first, hidden, last, first.gradient() / last.gradient(), first.signal() / hidden.signal());
    }

    double least() {
      return Math.min(weights, signals);
    }

    double most() {
      return Math.max(weights, signals);
    }

    Map<String, Double> numbers() {
      Map<String, Double> numbers = new LinkedHashMap<>();
      numbers.put("first_gradient", first.gradient());
      numbers.put("last_gradient", last.gradient());
      numbers.put("weight_ratio", weights);
      numbers.put("signal_ratio", signals);
      return numbers;
    }
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  static String number(double value) {
    return String.format(Locale.ROOT, "%.3g", value);
  }
}
