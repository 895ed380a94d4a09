package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.GradCheck;
import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializers;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract for attention, positions and transformer layers. */
class AttentionLayersTest extends LayerContract {

  private static final Shape QUERY = Shape.of(2, 3, 4);
  private static final Shape VALUE = Shape.of(2, 5, 6);
  private static final Shape KEY = Shape.of(2, 5, 4);

  @Override
  protected List<Case> cases() {
    List<Case> all = new ArrayList<>();
    attention(all);
    multiHead(all);
    positions(all);
    transformers(all);
    return all;
  }

  private static void attention(List<Case> all) {
    all.add(layer("attention", Attention::of, QUERY, VALUE, KEY).output(2, 3, 6).parameters(0).multiplyAdds(150)
        .refuses(Shape.of(2, 5), "expected query, value and key [batch, (heads,) steps, width]"));
    all.add(layer("attention with a trained scale, causal", () -> Attention.of().useScale(true).causal(true), QUERY,
        KEY).output(2, 3, 4).parameters(1));
    all.add(layer("attention with an added mask", () -> Attention.of().scale(0.5).masked(true), QUERY, VALUE, KEY,
        Shape.of(2, 3, 5)).output(2, 3, 6));
    all.add(layer("attention with shared heads", Attention::of, Shape.of(2, 4, 3, 2), Shape.of(2, 2, 5, 2))
        .output(2, 4, 3, 2).multiplyAdds(240));
    all.add(layer("attention, general scores", () -> Attention.of().scoreMode(ScoreMode.GENERAL), QUERY, VALUE)
        .output(2, 3, 6).parameters(24).multiplyAdds(72 + 180));
    all.add(layer("attention, concatenated",
        () -> Attention.of().scoreMode(ScoreMode.CONCAT).useScale(true).causal(true), QUERY, VALUE, KEY)
        .output(2, 3, 6).parameters(2));
    all.add(layer("attention with lengths", () -> Attention.of().lengths(true), QUERY, VALUE, KEY, Shape.of(2))
        .integers(3, 0, 3).output(2, 3, 6));
    all.add(layer("attention with dropout", () -> Attention.of().dropout(0.3), QUERY, VALUE, KEY).output(2, 3, 6)
        .random());
    all.add(layer("additive attention", AdditiveAttention::of, QUERY, VALUE, KEY).output(2, 3, 6).parameters(4)
        .multiplyAdds(150).refuses(Shape.of(2, 5), "expected query, value and key [batch, steps, width]"));
    all.add(layer("additive attention with a small network", () -> AdditiveAttention.of(7).bias(true), QUERY, VALUE)
        .output(2, 3, 6).parameters(28 + 42 + 7 + 7).multiplyAdds(84 + 210 + 15 * 13));
    all.add(layer("additive attention, causal, masked", () -> AdditiveAttention.of().useScale(false).causal(true)
        .masked(true), QUERY, VALUE, KEY, Shape.of(2, 5)).output(2, 3, 6).parameters(0));
  }

  private static void multiHead(List<Case> all) {
    all.add(layer("multi-head attention",
            () -> MultiHeadAttention.of(2, 3).kernelInitializer(Initializers.normal(0, 0.7)), QUERY, VALUE, KEY)
        .output(2, 3, 4).parameters(4 * 6 + 6 + 4 * 6 + 6 + 6 * 6 + 6 + 6 * 4 + 4)
        .multiplyAdds(72 + 120 + 180 + 2 * 15 * 6 + 72)
        .refuses(Shape.of(2, 5), "expected query, value and key [batch, steps, width]"));
    all.add(layer("multi-head attention, grouped, no bias", () -> MultiHeadAttention.of(4, 2).kvHeads(2).valueDim(3)
        .bias(false).causal(true), QUERY, QUERY).output(2, 3, 4).parameters(32 + 16 + 24 + 48));
    all.add(layer("multi-head attention, masked, rotary", () -> MultiHeadAttention.of(2, 2).masked(true).rotary(100)
        .outputShape(3, 2), QUERY, VALUE, Shape.of(2, 2, 3, 5)).output(2, 3, 3, 2));
    all.add(layer("multi-head attention with lengths", () -> MultiHeadAttention.of(2, 2).lengths(true), QUERY, VALUE,
        Shape.of(2)).integers(2, 2, 5).output(2, 3, 4));
    all.add(layer("multi-head attention with dropout", () -> MultiHeadAttention.of(2, 2).dropout(0.3), QUERY, VALUE)
        .output(2, 3, 4).random());
  }

  private static void positions(List<Case> all) {
    all.add(layer("positional encoding", PositionalEncoding::of, QUERY).output(2, 3, 4).parameters(0).multiplyAdds(0)
        .refuses(Shape.of(2, 5), "expected [batch, *, positions, width]"));
    all.add(layer("positional encoding, odd width, sines first", () -> PositionalEncoding.of().base(100)
        .layout(PositionalEncoding.Layout.CONCATENATED), Shape.of(2, 3, 5)).output(2, 3, 5));
    all.add(layer("rotary embedding", RotaryEmbedding::of, Shape.of(2, 2, 3, 6)).output(2, 2, 3, 6).parameters(0)
        .multiplyAdds(72).refuses(Shape.of(2, 3, 5), "expected [batch, *, positions, width] with an even width"));
    all.add(layer("rotary embedding, interleaved", () -> RotaryEmbedding.of().base(50)
        .layout(RotaryEmbedding.Layout.INTERLEAVED), QUERY).output(2, 3, 4));
    all.add(layer("position embedding", () -> PositionEmbedding.of(5), QUERY).output(2, 3, 4).parameters(20)
        .multiplyAdds(0).refuses(Shape.of(2, 6, 4), "expected at most 5 positions"));
  }

  private static void transformers(List<Case> all) {
    long attention = 4 * (16 + 4);
    long network = 4 * 7 + 7 + 7 * 4 + 4;
    all.add(layer("encoder layer", () -> TransformerEncoderLayer.of(2, 7).dropout(0).activation(Activation.GELU), QUERY)
        .output(2, 3, 4).parameters(attention + network + 16).multiplyAdds(4 * 48 + 2 * 9 * 4 + 3 * 56)
        .refuses(Shape.of(2, 3, 5), "expected [batch, steps, width] with a width that is a multiple of 2 heads"));
    all.add(layer("encoder layer, norm first, masked", () -> TransformerEncoderLayer.of(2, 7).dropout(0).normFirst(true)
        .activation(Activation.TANH).causal(true).masked(true).kvHeads(1).rotary(10).bias(false), QUERY,
        Shape.of(2, 3, 3)).output(2, 3, 4));
    all.add(layer("encoder layer with dropout", () -> TransformerEncoderLayer.of(2, 7).activation(Activation.GELU),
        QUERY).output(2, 3, 4).random());
    all.add(layer("decoder layer", () -> TransformerDecoderLayer.of(2, 7).dropout(0).activation(Activation.GELU), QUERY,
            Shape.of(2, 5, 4))
        .output(2, 3, 4).parameters(2 * attention + network + 24)
        .refuses(Shape.of(2, 3, 5), "expected [batch, steps, width] with a width that is a multiple of 2 heads"));
    all.add(layer("decoder layer, norm first, masks", () -> TransformerDecoderLayer.of(2, 7).dropout(0).normFirst(true)
        .activation(Activation.SILU).masked(true).memoryMasked(true).causal(false), QUERY, VALUE, Shape.of(2, 3, 3),
        Shape.of(2, 5)).output(2, 3, 4));
  }

  private static Param normal(String name, long... dims) {
    return Param.of(name, RandomOp.normal(Shape.of(dims), DType.FLOAT64, 0, 1, RandomStream.of(5, name)));
  }

  @Test
  void gradientsHoldWithLengthsAndBooleanMasks() {
    try (Scope scope = Scope.open()) {
      Neurite.seed(4);
      Param x = normal("x", 3, 4, 6);
      Param memory = normal("memory", 3, 5, 6);
      Tensor own = Tensor.ofLongs(4, 2, 0);
      Tensor lengths = Tensor.ofLongs(0, 3, 5);
      Tensor mask = Tensor.range(0, 1, 60, DType.FLOAT32).mod(Tensor.scalar(3)).gt(0.5).reshape(3, 4, 5);
      TransformerDecoderLayer decoder = TransformerDecoderLayer.of(2, 5).dropout(0).activation(Activation.TANH)
          .lengths(true).memoryMasked(true).memoryLengths(true);
      List<Tensor> in = List.of(x, memory, own, mask, lengths);
      decoder.call(in);
      List<Param> params = new ArrayList<>(decoder.params());
      params.add(x);
      params.add(memory);
      GradCheck.Report report = GradCheck.check(() -> decoder.call(in).get(0).square().sum(), params);
      assertTrue(report.passes(1e-6), report.toString());
      for (MultiLayer layer : List.of(Attention.of().lengths(true), AdditiveAttention.of(3).lengths(true),
          Attention.of().scoreMode(ScoreMode.CONCAT).lengths(true))) {
        List<Tensor> three = List.of(x, memory, lengths);
        layer.call(three);
        GradCheck.Report r = GradCheck.check(() -> layer.call(three).get(0).square().sum(), List.of(x, memory));
        assertTrue(r.passes(1e-6), r.toString());
      }
    }
  }

  @Test
  void weightsAreAnOutputOrCapturedAndTheSameResultFollows() {
    try (Scope scope = Scope.open()) {
      Neurite.seed(4);
      Tensor x = normal("x", 2, 3, 4);
      MultiHeadAttention layer = MultiHeadAttention.of(2, 2).causal(true).name("self");
      Tensor fused = layer.call(List.of(x, x)).get(0);
      Pass pass = Pass.inference().capturing("self.scores");
      Tensor composed = layer.call(List.of(x, x), pass).get(0);
      assertArrayEquals(fused.toDoubles(), composed.toDoubles(), 1e-12);
      assertEquals(Shape.of(2, 2, 3, 3), pass.captured("self.scores").shape());
      double[] sums = pass.captured("self.scores").sum(-1).toDoubles();
      for (double s : sums) {
        assertEquals(1, s, 1e-12);
      }
      assertEquals(0, pass.captured("self.scores").get(0, 0, 0, 1));
      List<Tensor> two = Attention.of().returnScores(true).call(List.of(x, x));
      assertEquals(Shape.of(2, 3, 3), two.get(1).shape());
    }
  }

  @Test
  void aPositionBeyondTheTableIsRefused() {
    try (Scope scope = Scope.open()) {
      PositionEmbedding layer = PositionEmbedding.of(4).name("places");
      layer.call(Tensor.zeros(Shape.of(1, 2, 3)));
      ShapeException e = assertThrows(ShapeException.class, () -> layer.call(Tensor.zeros(Shape.of(1, 5, 3))));
      assertTrue(
          e.getMessage().startsWith("PositionEmbedding 'places': expected at most 4 positions, given [1, 5, 3]"),
          e.getMessage());
    }
  }

  @Test
  void wrongOptionsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> MultiHeadAttention.of(4, 2).kvHeads(3));
    assertThrows(IllegalArgumentException.class, () -> MultiHeadAttention.of(0, 2));
    assertThrows(IllegalArgumentException.class, () -> MultiHeadAttention.of(2, 3).rotary(10));
    assertThrows(IllegalArgumentException.class, () -> Attention.of().dropout(1));
    assertThrows(IllegalArgumentException.class, () -> Attention.of().scale(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> AdditiveAttention.of().bias(true));
    assertThrows(IllegalArgumentException.class, () -> PositionalEncoding.of().base(0));
    assertThrows(IllegalArgumentException.class, () -> TransformerEncoderLayer.of(2, 0));
    Tensor x = Tensor.zeros(Shape.of(2, 3, 4));
    IllegalArgumentException e = assertThrows(
        IllegalArgumentException.class, () -> Attention.of().masked(true).name("a").call(List.of(x, x)));
    assertEquals("Attention 'a': expected query, value and perhaps key, then a mask, given 2 inputs", e.getMessage());
  }
}
