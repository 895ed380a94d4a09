package dev.neurite.golden;

import dev.neurite.nn.Activation;
import dev.neurite.nn.AdditiveAttention;
import dev.neurite.nn.Attention;
import dev.neurite.nn.Dense;
import dev.neurite.nn.LayerNorm;
import dev.neurite.nn.MultiHeadAttention;
import dev.neurite.nn.Pass;
import dev.neurite.nn.PositionalEncoding;
import dev.neurite.nn.RotaryEmbedding;
import dev.neurite.nn.ScoreMode;
import dev.neurite.nn.TransformerDecoderLayer;
import dev.neurite.nn.TransformerEncoderLayer;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * attention: dot-product, multi-head and additive attention, positions, transformer layers, all through
 * dev.neurite.nn.
 */
final class AttentionGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("attention/scaled_dot_product", GoldenRun.op(AttentionGolden::dotProduct));
    h.put("attention/grouped_query", GoldenRun.op(AttentionGolden::dotProduct));
    h.put("attention/multi_head_torch", GoldenRun.op(AttentionGolden::torch));
    h.put("attention/multi_head_keras", GoldenRun.op(AttentionGolden::keras));
    h.put("attention/additive", GoldenRun.op(AttentionGolden::additive));
    h.put("attention/keras_additive", GoldenRun.op(AttentionGolden::kerasAdditive));
    h.put("attention/luong_general", GoldenRun.op(AttentionGolden::luong));
    h.put("attention/positional_encoding", GoldenRun.y(r -> {
      known(r, Set.of("length", "dim", "layout", "base"), Set.of());
      PositionalEncoding layer = PositionalEncoding.of().base(r.c().number("base", 10000)).layout(
          pick(r.c().text("layout", "interleaved"), Map.of(
              "interleaved", PositionalEncoding.Layout.INTERLEAVED, "concatenated",
              PositionalEncoding.Layout.CONCATENATED)));
      long[] shape = {1, (long) r.c().number("length", 0), (long) r.c().number("dim", 0)};
      return layer.call(Tensor.zeros(dev.neurite.tensor.Shape.of(shape), r.dtype())).squeeze(0);
    }));
    h.put("attention/rotary", GoldenRun.y(r -> {
      known(r, Set.of("layout", "base"), Set.of("x"));
      RotaryEmbedding layer = RotaryEmbedding.of().base(r.c().number("base", 10000)).layout(
          pick(r.c().text("layout", "interleaved"), Map.of(
              "interleaved", RotaryEmbedding.Layout.INTERLEAVED, "half", RotaryEmbedding.Layout.HALF)));
      return r.in("x").rank() == 2 ? layer.call(r.in("x").expandDims(0)).squeeze(0) : layer.call(r.in("x"));
    }));
    h.put("attention/transformer_encoder_layer", GoldenRun.y(AttentionGolden::encoder));
    h.put("attention/transformer_decoder_layer", GoldenRun.y(AttentionGolden::decoder));
  }

  private static void known(GoldenRun r, Set<String> attrs, Set<String> inputs) {
    for (String key : r.c().attrs().keySet()) {
      if (!attrs.contains(key)) {
        throw new IllegalArgumentException(r.c().name() + ": unknown attribute " + key);
      }
    }
    for (String key : r.c().tensors("inputs").keySet()) {
      if (!inputs.contains(key)) {
        throw new IllegalArgumentException(r.c().name() + ": unknown input " + key);
      }
    }
  }

  private static <T> T pick(String name, Map<String, T> among) {
    if (!among.containsKey(name)) {
      throw new IllegalArgumentException("expected one of " + among.keySet() + ", given " + name);
    }
    return among.get(name);
  }

  private static Tensor or(Tensor a, Tensor b) {
    return a == null ? b : a;
  }

  private static List<Tensor> inputs(Tensor... candidates) {
    List<Tensor> all = new ArrayList<>();
    for (Tensor t : candidates) {
      if (t != null) {
        all.add(t);
      }
    }
    return all;
  }

  /** A mask that broadcasts from the last axis, with four axes. */
  private static Tensor fourAxes(Tensor mask) {
    Tensor m = mask;
    while (m != null && m.rank() < 4) {
      m = m.expandDims(0);
    }
    return m;
  }

  /** true = blocked to true = may attend. */
  private static Tensor inverted(Tensor mask) {
    return mask == null || mask.dtype() != DType.BOOL ? mask : mask.cast(DType.FLOAT32).eq(0);
  }

  /** PyTorch's two masks as one: (batch, keys) and (queries, keys) or (batch * heads, queries, keys), true = blocked. */
  private static Tensor mask(GoldenRun r, String padding, String pairs) {
    Tensor keys = inverted(r.in(padding));
    Tensor each = inverted(r.in(pairs));
    if (each != null && each.rank() == 3) {
      each = each.reshape(-1, (long) r.c().number("heads", 1), each.dim(1), each.dim(2));
    }
    if (keys == null || each == null) {
      return keys == null ? fourAxes(each) : keys;
    }
    keys = keys.reshape(keys.dim(0), 1, 1, keys.dim(1));
    each = fourAxes(each);
    return keys.dtype() == DType.BOOL && each.dtype() == DType.BOOL
        ? keys.and(each)
        : additive(r, keys).add(additive(r, each));
  }

  private static Tensor additive(GoldenRun r, Tensor mask) {
    return mask.dtype() == DType.BOOL
        ? mask.where(Tensor.scalar(0, r.dtype()), Tensor.scalar(Double.NEGATIVE_INFINITY, r.dtype()))
        : mask;
  }

  private static Map<String, Tensor> dotProduct(GoldenRun r) {
    known(r, Set.of("causal", "scale", "mask", "query_heads", "kv_heads"), Set.of("q", "k", "v", "mask"));
    Tensor mask = fourAxes(r.in("mask"));
    double scale = r.c().number("scale", 1 / Math.sqrt(r.in("q").dim(-1)));
    boolean causal = r.c().flag("causal", false);
    Attention fused = Attention.of().scale(scale).causal(causal).masked(mask != null);
    Attention both = Attention.of().scale(scale).causal(causal).masked(mask != null).returnScores(true);
    List<Tensor> in = inputs(r.in("q"), r.in("v"), r.in("k"), mask);
    return Map.of("y", fused.call(in).get(0), "weights", both.call(in).get(1));
  }

  /** y from the fused kernel; weights from a call that captures them. */
  private static List<Tensor> twice(MultiHeadAttention layer, List<Tensor> in) {
    String name = layer.path() + ".scores";
    Pass pass = Pass.inference().capturing(name);
    layer.call(in, pass);
    return List.of(layer.call(in).get(0), pass.captured(name));
  }

  private static Map<String, Tensor> torch(GoldenRun r) {
    known(r, Set.of("heads", "kind"), Set.of("query", "key", "value", "in_proj_weight", "in_proj_bias", "out_weight",
        "out_bias", "key_padding_mask", "attn_mask"));
    String kind = r.c().text("kind", "cross");
    pick(kind, Map.of("self", 0, "cross", 0, "causal", 0, "padding", 0));
    Tensor query = r.in("query");
    Tensor key = or(r.in("key"), query);
    Tensor mask = mask(r, "key_padding_mask", "attn_mask");
    long heads = (long) r.c().number("heads", 1);
    MultiHeadAttention layer = MultiHeadAttention.of(heads, query.dim(2) / heads).bias(r.in("in_proj_bias") != null)
        .causal(kind.equals("causal")).masked(mask != null);
    List<Tensor> in = inputs(query, or(r.in("value"), key), key, mask);
    layer.call(in);
    bindTorch(r, layer, "in_proj_weight", "in_proj_bias", "out_weight", "out_bias");
    List<Tensor> out = twice(layer, in);
    return Map.of("y", out.get(0), "weights_mean", out.get(1).mean(1));
  }

  /** PyTorch keeps the three projections below each other, outputs first. */
  private static void bindTorch(
      GoldenRun r, MultiHeadAttention layer, String weight, String bias, String outWeight, String outBias) {
    Dense[] parts = {layer.query(), layer.key(), layer.value()};
    long width = r.in(weight).dim(0) / 3;
    for (int i = 0; i < 3; i++) {
      r.bind(parts[i].kernel(), r.in(weight).slice(0, i * width, (i + 1) * width).transpose());
      if (r.in(bias) != null) {
        r.bind(parts[i].bias(), r.in(bias).slice(0, i * width, (i + 1) * width));
      }
    }
    r.bind(layer.output().kernel(), r.in(outWeight).transpose());
    if (r.in(outBias) != null) {
      r.bind(layer.output().bias(), r.in(outBias));
    }
  }

  private static Map<String, Tensor> keras(GoldenRun r) {
    known(r, Set.of("heads", "key_dim", "value_dim", "causal"), Set.of(
        "query", "value", "key", "wq", "bq", "wk", "bk", "wv", "bv", "wo", "bo", "attention_mask"));
    Tensor wk = r.in("wk");
    MultiHeadAttention layer = MultiHeadAttention.of((long) r.c().number("heads", 1), (long) r.c().number("key_dim", 1))
        .valueDim((long) r.c().number("value_dim", r.c().number("key_dim", 1))).kvHeads(wk.dim(1))
        .outputShape(r.in("wo").dim(2)).bias(r.in("bq") != null).causal(r.c().flag("causal", false))
        .masked(r.in("attention_mask") != null);
    List<Tensor> in = inputs(
        r.in("query"), r.in("value"), or(r.in("key"), r.in("value")), r.in("attention_mask"));
    layer.call(in);
    r.bind(layer.query().kernel(), r.in("wq").flatten(1));
    r.bind(layer.key().kernel(), wk.flatten(1));
    r.bind(layer.value().kernel(), r.in("wv").flatten(1));
    r.bind(layer.output().kernel(), r.in("wo").reshape(-1, r.in("wo").dim(2)));
    if (r.in("bq") != null) {
      r.bind(layer.query().bias(), r.in("bq").flatten(0));
      r.bind(layer.key().bias(), r.in("bk").flatten(0));
      r.bind(layer.value().bias(), r.in("bv").flatten(0));
      r.bind(layer.output().bias(), r.in("bo"));
    }
    List<Tensor> out = twice(layer, in);
    return Map.of("y", out.get(0), "scores", out.get(1));
  }

  private static Map<String, Tensor> additive(GoldenRun r) {
    known(r, Set.of(), Set.of("query", "values", "Wq", "Wv", "v"));
    AdditiveAttention layer = AdditiveAttention.of(r.in("v").dim(0)).returnScores(true);
    List<Tensor> in = inputs(r.in("query"), r.in("values"));
    layer.call(in);
    r.bind(layer.queryKernel(), r.in("Wq"));
    r.bind(layer.keyKernel(), r.in("Wv"));
    r.bind(layer.scale(), r.in("v"));
    List<Tensor> out = layer.call(in);
    return Map.of("context", out.get(0), "weights", out.get(1));
  }

  private static Map<String, Tensor> kerasAdditive(GoldenRun r) {
    known(r, Set.of("use_scale"), Set.of("query", "value", "key", "scale"));
    AdditiveAttention layer = AdditiveAttention.of().useScale(r.c().flag("use_scale", true));
    List<Tensor> in = inputs(r.in("query"), r.in("value"), r.in("key"));
    layer.call(in);
    if (layer.scale() != null) {
      r.bind(layer.scale(), r.in("scale"));
    }
    return Map.of("y", layer.call(in).get(0));
  }

  private static Map<String, Tensor> luong(GoldenRun r) {
    known(r, Set.of(), Set.of("query", "values", "W"));
    Attention layer = Attention.of().scoreMode(ScoreMode.GENERAL);
    List<Tensor> in = inputs(r.in("query"), r.in("values"));
    layer.call(in);
    r.bind(layer.kernel(), r.in("W"));
    return Map.of("y", layer.call(in).get(0));
  }

  private static Set<String> transformerInputs(String... further) {
    List<String> all = new ArrayList<>(List.of(further));
    for (String attention : List.of("self_attn", "multihead_attn")) {
      for (String part : List.of("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")) {
        all.add(attention + "." + part);
      }
    }
    for (String part : List.of("linear1", "linear2", "norm1", "norm2", "norm3")) {
      all.add(part + ".weight");
      all.add(part + ".bias");
    }
    return Set.copyOf(all);
  }

  private static final Set<String> TRANSFORMER_ATTRS =
      Set.of("heads", "feed_forward", "norm_first", "activation", "epsilon", "causal");

  private static Activation activation(GoldenRun r) {
    return pick(r.c().text("activation", "relu"), Map.of("relu", Activation.RELU, "gelu", Activation.GELU));
  }

  private static Tensor encoder(GoldenRun r) {
    known(r, TRANSFORMER_ATTRS, transformerInputs("x", "src_mask", "src_key_padding_mask"));
    Tensor mask = mask(r, "src_key_padding_mask", "src_mask");
    TransformerEncoderLayer layer =
        TransformerEncoderLayer.of((long) r.c().number("heads", 1), (long) r.c().number("feed_forward", 2048))
            .normFirst(r.c().flag("norm_first", false)).epsilon(r.c().number("epsilon", 1e-5)).dropout(0)
            .activation(activation(r)).bias(r.in("linear1.bias") != null).causal(r.c().flag("causal", false))
            .masked(mask != null);
    List<Tensor> in = inputs(r.in("x"), mask);
    layer.call(in);
    bindTransformer(r, layer.children());
    return layer.call(in).get(0);
  }

  private static Tensor decoder(GoldenRun r) {
    known(r, TRANSFORMER_ATTRS, transformerInputs(
        "x", "memory", "tgt_mask", "tgt_key_padding_mask", "memory_mask", "memory_key_padding_mask"));
    Tensor own = mask(r, "tgt_key_padding_mask", "tgt_mask");
    Tensor memory = mask(r, "memory_key_padding_mask", "memory_mask");
    TransformerDecoderLayer layer =
        TransformerDecoderLayer.of((long) r.c().number("heads", 1), (long) r.c().number("feed_forward", 2048))
            .normFirst(r.c().flag("norm_first", false)).epsilon(r.c().number("epsilon", 1e-5)).dropout(0)
            .activation(activation(r)).bias(r.in("linear1.bias") != null).causal(r.c().flag("causal", false))
            .masked(own != null).memoryMasked(memory != null);
    List<Tensor> in = inputs(r.in("x"), r.in("memory"), own, memory);
    layer.call(in);
    bindTransformer(r, layer.children());
    return layer.call(in).get(0);
  }

  private static void bindTransformer(GoldenRun r, Map<String, ? extends dev.neurite.nn.Block> parts) {
    parts.forEach((name, part) -> {
      if (part instanceof MultiHeadAttention attention) {
        String prefix = name.equals("self_attention") ? "self_attn." : "multihead_attn.";
        bindTorch(r, attention, prefix + "in_proj_weight", prefix + "in_proj_bias", prefix + "out_proj.weight",
            prefix + "out_proj.bias");
      } else if (part instanceof Dense dense) {
        r.bind(dense.kernel(), r.in(name + ".weight").transpose());
        if (dense.bias() != null) {
          r.bind(dense.bias(), r.in(name + ".bias"));
        }
      } else if (part instanceof LayerNorm norm) {
        r.bind(norm.gamma(), r.in(name + ".weight"));
        if (norm.beta() != null) {
          r.bind(norm.beta(), r.in(name + ".bias"));
        }
      }
    });
  }
}
