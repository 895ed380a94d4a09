package dev.neurite.golden;

import static dev.neurite.golden.SpatialCase.bias;
import static dev.neurite.golden.SpatialCase.only;
import static dev.neurite.golden.SpatialCase.param;

import dev.neurite.loss.Losses;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Bilinear;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Embedding;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** layers_dense, and embeddings. */
final class DenseGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("layer/dense", GoldenRun.y(DenseGolden::dense));
    h.put("layer/mlp2", GoldenRun.op(DenseGolden::mlp));
    h.put("layer/bilinear", GoldenRun.y(DenseGolden::bilinear));
    h.put("layer/embedding", GoldenRun.y(r -> {
      only(r, "padding_index");
      Tensor w = r.in("weight");
      long padding = (long) r.c().number("padding_index", -1);
      Embedding layer = Embedding.of(w.dim(0), w.dim(1)).dtype(r.dtype())
          .paddingIndex(padding < -1 || padding == -1 && r.c().attrs().get("padding_index") != null
              ? padding + w.dim(0) : padding);
      layer.call(r.in("indices")); // builds it
      r.bind("weight", layer.ownParams().get("embeddings"));
      return layer.call(r.in("indices"));
    }));
  }

  private static Tensor dense(GoldenRun r) {
    only(r, "weight_layout", "use_bias");
    boolean inFirst = switch (r.c().text("weight_layout", "in_out")) {
      case "in_out" -> true;
      case "out_in" -> false;
      default -> throw new IllegalArgumentException("unknown weight_layout " + r.c().attrs());
    };
    Tensor x = r.in("x");
    Dense layer = Dense.of(r.in("weight").dim(inFirst ? 1 : 0)).bias(r.in("bias") != null);
    r.bind("weight", param(r, layer, x, "kernel"), inFirst ? new int[] {0, 1} : new int[] {1, 0});
    bias(r, layer, x);
    return layer.call(x);
  }

  private static Map<String, Tensor> mlp(GoldenRun r) {
    only(r, "hidden_activation", "output");
    String output = r.c().text("output", "softmax_cross_entropy_mean");
    if (!output.equals("softmax_cross_entropy_mean")) {
      throw new IllegalArgumentException("unknown output " + output);
    }
    String name = r.c().text("hidden_activation", "relu");
    Activation hidden = Activation.of(name);
    Tensor logits = layer(r, layer(r, r.in("x"), "1", hidden), "2", Activation.LINEAR);
    return Map.of("loss", Losses.softmaxCrossEntropy().apply(r.in("labels"), logits));
  }

  private static Tensor layer(GoldenRun r, Tensor x, String number, Activation activation) {
    Dense layer = Dense.of(r.in("W" + number).dim(1)).activation(activation);
    r.bind("W" + number, param(r, layer, x, "kernel"));
    r.bind("b" + number, param(r, layer, x, "bias"));
    return layer.call(x);
  }

  private static Tensor bilinear(GoldenRun r) {
    only(r);
    Tensor left = r.in("x1");
    // PyTorch takes any number of axes in front, ours is the batch
    List<Tensor> in = List.of(left.reshape(-1, left.dim(-1)), r.in("x2").reshape(-1, r.in("x2").dim(-1)));
    Bilinear layer = Bilinear.of(r.in("weight").dim(0)).bias(r.in("bias") != null);
    layer.call(in.stream().map(x -> Tensor.zeros(x.shape(), r.dtype())).toList()); // builds it
    r.bind("weight", layer.ownParams().get("kernel"));
    if (r.in("bias") != null) {
      r.bind("bias", layer.ownParams().get("bias"));
    }
    return layer.call(in).get(0).reshape(left.shape().with(-1, r.in("weight").dim(0)).dims());
  }
}
