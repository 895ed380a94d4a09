package dev.neurite.golden;

import dev.neurite.nn.Dropout;
import dev.neurite.nn.EmbeddingBag;
import dev.neurite.nn.Pass;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** layers_misc: dropout and bags of embeddings. */
final class MiscGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("layer/dropout_statistics", MiscGolden::statistics);
    h.put("layer/dropout_with_mask", GoldenRun.y(r -> {
      double keep = r.c().number("keep_prob", 1);
      Tensor mask = r.in("uniform").lt(Tensor.scalar(keep, r.dtype())).cast(r.dtype());
      return r.in("x").mul(mask).div(keep);
    }));
    h.put("layer/embedding_bag", GoldenRun.y(r -> {
      EmbeddingBag.Mode mode = EmbeddingBag.Mode.valueOf(r.c().text("mode", "mean").toUpperCase(Locale.ROOT));
      Tensor weight = r.in("weight");
      EmbeddingBag bag = EmbeddingBag.of(weight.dim(0), weight.dim(1)).mode(mode).dtype(r.dtype());
      List<Tensor> in = List.of(r.in("indices"), r.in("offsets"));
      bag.call(in); // builds it
      r.bind("weight", bag.embeddings());
      return bag.call(in).get(0);
    }));
  }

  private static void statistics(GoldenRun run) {
    double rate = run.c().number("rate", 0);
    int n = (int) run.c().number("n", 0);
    Tensor ones = Tensor.ones(Shape.of(n), run.dtype());
    Dropout layer = Dropout.of(rate);
    double[] y = layer.call(ones, Pass.training(17)).toDoubles();
    Map<String, GoldenTensor> want = run.c().tensors("outputs");
    int zeros = 0;
    for (double v : y) {
      if (v == 0) {
        zeros++;
      } else {
        double kept = want.get("kept_value_for_one").values()[0];
        require(Math.abs(v - kept) <= kept * (run.dtype() == DType.FLOAT64 ? 1e-12 : 1e-6), "kept value " + v);
      }
    }
    double slack = 4 * Math.sqrt(rate * (1 - rate) / n);
    require(Math.abs((double) zeros / n - want.get("zero_fraction").values()[0]) <= slack, "zero fraction");
    double mean = layer.call(ones, Pass.training(17)).mean().item();
    require(Math.abs(mean - want.get("mean_for_ones").values()[0]) <= slack / (1 - rate), "mean");
    require(layer.call(ones).sub(ones).abs().max().item() == 0, "evaluation is the identity");
    try (var tape = dev.neurite.autograd.Tape.open()) {
      tape.watch(ones);
      double[] g = tape.gradients(layer.call(ones, Pass.training(17)).sum(), List.of(ones)).of(ones).toDoubles();
      require(java.util.Arrays.equals(g, y), "the gradient uses the same mask");
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
