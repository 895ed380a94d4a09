package dev.neurite.golden;

import dev.neurite.loss.CtcLoss;
import dev.neurite.loss.Losses;
import dev.neurite.loss.Reduction;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.text.CtcDecoder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** losses_ctc, and the CTC cases of pipelines_nlp. */
final class CtcGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("loss/ctc", GoldenRun.op(r -> Map.of("loss", loss(r).apply(
        r.in("targets"), r.in("logits").permute(1, 0, 2), r.in("input_lengths"), r.in("target_lengths")))));
    h.put("nlp/ctc_greedy_decode", GoldenRun.op(r -> {
      CtcDecoder.Path path = decoder(r).greedy(r.in("probs"));
      return Map.of(
          "path", longs(path.path()), "labels", longs(path.labels()),
          "log_prob_path", Tensor.scalar(path.logProbability(), r.dtype()));
    }));
    h.put("nlp/ctc_exact", GoldenRun.op(CtcGolden::exact));
  }

  private static CtcLoss loss(GoldenRun r) {
    CtcLoss loss = Losses.ctc().blank((long) r.c().number("blank", 0))
        .zeroInfinity(r.c().flag("zero_infinity", false));
    String reduction = r.c().text("reduction", "mean");
    return switch (reduction) {
      case "none" -> loss.reduction(Reduction.NONE);
      case "sum" -> loss.reduction(Reduction.SUM);
      case "mean" -> loss.perLabel(true);
      default -> throw new IllegalArgumentException("unknown reduction " + reduction);
    };
  }

  private static CtcDecoder decoder(GoldenRun r) {
    return CtcDecoder.of().blank((long) r.c().number("blank", 0)).fromProbabilities(true);
  }

  private static Tensor longs(long[] values) {
    return Tensor.of(values, Shape.of(values.length));
  }

  /** The given labellings by the forward algorithm; a search that keeps everything must find the same numbers. */
  private static Map<String, Tensor> exact(GoldenRun r) {
    List<?> labellings = (List<?>) r.c().attrs().get("labellings");
    CtcDecoder decoder = decoder(r);
    Map<List<Long>, Double> found = new HashMap<>();
    for (CtcDecoder.Labelling l : decoder.beam(r.in("probs"), Integer.MAX_VALUE, Integer.MAX_VALUE)) {
      found.put(Arrays.stream(l.labels()).boxed().toList(), l.logProbability());
    }
    double[] probability = new double[labellings.size()];
    for (int i = 0; i < probability.length; i++) {
      long[] labels = GoldenCase.longs(labellings.get(i));
      double exact = decoder.logProbability(r.in("probs"), labels);
      double searched = found.get(Arrays.stream(labels).boxed().toList());
      if (Math.abs(exact - searched) > 1e-12 * (1 + Math.abs(exact))) {
        throw new AssertionError("beam search found " + searched + ", the forward algorithm " + exact);
      }
      probability[i] = Math.exp(searched);
    }
    return Map.of("probability", Tensor.of(probability, Shape.of(probability.length), r.dtype()));
  }
}
