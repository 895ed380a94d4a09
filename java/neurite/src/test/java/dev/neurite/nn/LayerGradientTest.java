package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.GradCheck;
import dev.neurite.init.Initializers;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every layer's gradients, to its parameters and to its input, against differences in float64. */
class LayerGradientTest {

  private static final double BOUND = 1e-6;

  private static Tensor random(String name, Shape shape) {
    return RandomOp.normal(shape, DType.FLOAT64, 0.1, 1, RandomStream.of(11, name));
  }

  private static Map<String, Map.Entry<Layer, Shape>> cases() {
    Map<String, Map.Entry<Layer, Shape>> all = new LinkedHashMap<>();
    Shape image = Shape.of(2, 6, 5, 4);
    all.put("dense", Map.entry(Dense.of(3), Shape.of(4, 5)));
    all.put("dense with fused activation", Map.entry(Dense.of(3).activation(Activation.TANH), Shape.of(2, 3, 5)));
    all.put("dense with another activation", Map.entry(Dense.of(3).activation(Activation.GELU), Shape.of(4, 5)));
    all.put("dense without bias", Map.entry(Dense.of(3).bias(false), Shape.of(4, 5)));
    all.put("conv", Map.entry(Conv2D.of(3, 3), image));
    all.put(
        "conv, stride, same, sigmoid",
        Map.entry(Conv2D.of(3, 3, 2).stride(2).padding(Padding.SAME).activation(Activation.SIGMOID), image));
    all.put(
        "conv, dilation, explicit padding, groups",
        Map.entry(
            Conv2D.of(4, 2).dilation(2).groups(2).padding(Padding.of(1, 0, 2, 1)).activation(Activation.SOFTPLUS),
            image));
    all.put("conv 1x1", Map.entry(Conv2D.of(5, 1), image));
    all.put(
        "depthwise", Map.entry(DepthwiseConv2D.of(3).multiplier(2).padding(Padding.SAME), image));
    all.put("max pool", Map.entry(MaxPool2D.of(2), image));
    all.put("max pool, overlap, same", Map.entry(MaxPool2D.of(3).stride(2).padding(Padding.SAME), image));
    all.put("average pool", Map.entry(AvgPool2D.of(2), image));
    all.put("average pool, same", Map.entry(AvgPool2D.of(3).stride(1).padding(Padding.SAME), image));
    all.put(
        "average pool, uncounted padding",
        Map.entry(AvgPool2D.of(2).padding(Padding.of(1)).countPadding(false), image));
    all.put("global average pool", Map.entry(GlobalAvgPool2D.of(), image));
    all.put("global max pool", Map.entry(GlobalMaxPool2D.of(), image));
    all.put("flatten", Map.entry(Flatten.of(), image));
    all.put("reshape", Map.entry(Reshape.of(-1, 10), image));
    all.put("batch norm", Map.entry(BatchNorm.of().gammaInitializer(Initializers.uniform(0.5, 2)), image));
    all.put("batch norm without gamma", Map.entry(BatchNorm.of().scale(false), Shape.of(5, 3)));
    all.put("dropout at rate 0", Map.entry(Dropout.of(0), Shape.of(4, 5)));
    all.put("glu", Map.entry(Activation.GLU, Shape.of(3, 6)));
    all.put("swiglu", Map.entry(Activation.SWIGLU, Shape.of(3, 6)));
    all.put("maxout", Map.entry(Activation.maxout(3), Shape.of(3, 6)));
    return all;
  }

  /** Weighs every output differently, so that errors cannot cancel. */
  private static Supplier<Tensor> loss(Layer layer, Tensor x, boolean training) {
    return () -> {
      Tensor y = layer.call(x, training ? Pass.training(1) : Pass.inference());
      return y.square().mul(random("weights", y.shape())).sum();
    };
  }

  @TestFactory
  Stream<DynamicTest> everyLayerPasses() {
    return cases().entrySet().stream()
        .flatMap(
            e ->
                Stream.of(true, false)
                    .map(
                        training ->
                            DynamicTest.dynamicTest(
                                e.getKey() + (training ? ", training" : ", inference"),
                                () -> check(e.getKey(), training))));
  }

  private static void check(String name, boolean training) {
    Neurite.seed(3);
    try (Scope scope = Scope.open()) {
      Layer layer = cases().get(name).getKey();
      Param x = Param.of("x", random("x", cases().get(name).getValue()));
      layer.call(x);
      List<Param> params = new ArrayList<>(layer.trainableParams());
      params.add(x);

      GradCheck.Report report = GradCheck.check(loss(layer, x, training), params);

      assertTrue(report.passes(BOUND), report.toString());
      assertEquals(params.size(), report.byParam().size(), report.toString());
      assertTrue(report.skipped() * 4 <= report.compared(), report.toString());
    }
  }

  @TestFactory
  Stream<DynamicTest> everyActivationPasses() {
    List<Activation> all = new ArrayList<>();
    for (String name : List.of(
        "linear", "relu", "relu6", "sigmoid", "log_sigmoid", "tanh", "exponential", "selu", "gelu", "gelu_tanh", "silu",
        "mish", "hard_swish", "softsign", "gaussian", "tanh_shrink")) {
      all.add(Activation.of(name));
    }
    all.addAll(
        List.of(
            Activation.HARD_SIGMOID, Activation.HARD_TANH, Activation.LEAKY_RELU, Activation.ELU, Activation.CELU,
            Activation.SOFTPLUS, Activation.SOFT_SHRINK, Activation.HARD_SHRINK, Activation.SQUAREPLUS,
            Activation.SOFTMAX, Activation.LOG_SOFTMAX, Activation.SOFTMIN, Activation.softmax(1, 0.5),
            Activation.swish(1.5), Activation.threshold(0.5, 2), Activation.relu(0.1, 1.5, 0.2),
            Activation.smht(1, 2, 0.5, 1.5)));
    return all.stream()
        .map(
            a ->
                DynamicTest.dynamicTest(
                    a.toString(),
                    () -> {
                      try (Scope scope = Scope.open()) {
                        Param x = Param.of("x", random(a.function(), Shape.of(3, 4)));
                        GradCheck.Report report = GradCheck.check(loss(a, x, false), List.of(x));
                        assertTrue(report.passes(BOUND), report.toString());
                      }
                    }));
  }

  @Test
  void embeddingPassesAndItsPaddingRowGetsNoGradient() {
    try (Scope scope = Scope.open()) {
      Embedding plain = Embedding.of(5, 3).dtype(DType.FLOAT64);
      Tensor ids = Tensor.of(new long[] {4, 0, 4, 2}, Shape.of(2, 2));
      plain.call(ids);
      GradCheck.Report report = GradCheck.check(loss(plain, ids, false), plain.params());
      assertTrue(report.passes(BOUND), report.toString());

      Embedding padded = Embedding.of(5, 3).dtype(DType.FLOAT64).paddingIndex(4);
      padded.call(ids);
      try (var tape = dev.neurite.autograd.Tape.open()) {
        Tensor loss = padded.call(ids).sum();
        Tensor g = tape.gradients(loss, padded.params()).of(padded.embeddings());
        assertEquals(0, g.get(4, 0));
        assertEquals(1, g.get(2, 0));
      }
    }
  }

  @Test
  void sharedBranchesAndRegularisersPass() {
    Neurite.seed(4);
    try (Scope scope = Scope.open()) {
      Input in = Input.of(3).dtype(DType.FLOAT64);
      Dense shared = Dense.of(3).activation(Activation.TANH).kernelRegularizer(dev.neurite.regularizer.L2.of(0.1));
      Node h = shared.on(in);
      Model model = Model.of(in, Concat.of().on(Add.of().on(h, shared.on(h)), h));
      Tensor x = random("x", Shape.of(4, 3));

      GradCheck.Report report =
          GradCheck.check(
              () -> model.call(x).square().mean().add(model.regularization().orElseThrow()), model.params());

      assertTrue(report.passes(BOUND), report.toString());
    }
  }
}
