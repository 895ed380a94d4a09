package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.init.Initializers;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batch normalisation folded into the layer before it. */
class BatchNormFoldingTest {

  @BeforeEach
  void seed() {
    Neurite.seed(4);
  }

  /** Every value of the state drawn anew, variances above 0, so that nothing is at its start value. */
  private static void shake(Model model) {
    model.state().forEach((name, p) -> p.assign(name.endsWith("moving_variance")
        ? RandomOp.uniform(p.shape(), p.dtype(), 0.3, 3, RandomStream.of(1, name))
        : RandomOp.normal(p.shape(), p.dtype(), 0.2, 0.7, RandomStream.of(1, name))));
  }

  private static Tensor input(long... dims) {
    return RandomOp.normal(Shape.of(dims), DType.FLOAT64, 0, 1, RandomStream.of(2, "x"));
  }

  /** The folded model has equal outputs and only the given normalisations left. */
  private static Model folded(Model model, Tensor x, String... left) {
    shake(model);
    double[] before = model.call(x).toDoubles();
    double[] state = model.state().values().iterator().next().toDoubles();
    Model small = BatchNorm.fold(model);
    assertArrayEquals(before, small.call(x).toDoubles(), x.dtype() == DType.FLOAT64 ? 1e-9 : 1e-5);
    assertArrayEquals(before, model.call(x).toDoubles());
    assertArrayEquals(state, model.state().values().iterator().next().toDoubles());
    assertEquals(
        List.of(left),
        small.state().keySet().stream().filter(k -> k.endsWith("moving_mean")).map(k -> k.replace(".moving_mean", ""))
            .toList());
    return small;
  }

  private static Input of(long... dims) {
    return Input.of(dims).dtype(DType.FLOAT64);
  }

  @Test
  void denseWithAndWithoutBiasTakeTheNormalisationUp() {
    try (Scope scope = Scope.open()) {
      Model model = Model.sequential(
          of(4), Dense.of(5).bias(false), BatchNorm.of(), Activation.RELU, Dense.of(3).name("second"),
          BatchNorm.of().center(false), Dense.of(2).name("third"), BatchNorm.of().scale(false));

      Model small = folded(model, input(6, 4));

      assertEquals(
          List.of("dense.kernel", "dense.bias", "second.kernel", "second.bias", "third.kernel", "third.bias"),
          List.copyOf(small.state().keySet()));
      assertEquals(4 * 5 + 5 + 5 * 3 + 3 + 3 * 2 + 2, small.parameterCount());
      model.close();
      small.close();
    }
  }

  @Test
  void convolutionsPlainGroupedAndDepthwiseTakeTheNormalisationUp() {
    try (Scope scope = Scope.open()) {
      Model model = Model.sequential(
          of(9, 9, 4), Conv2D.of(6, 3).groups(2).bias(false), BatchNorm.of().epsilon(1e-5),
          DepthwiseConv2D.of(3).multiplier(2), BatchNorm.of(), Activation.RELU, DepthwiseConv2D.of(2).name("plain"),
          BatchNorm.of(), GlobalAvgPool2D.of());
      Model small = folded(model, input(2, 9, 9, 4));
      model.close();
      small.close();
    }
  }

  @Test
  void nestedModelsAreFoldedAndResidualsKeepTheirReaders() {
    try (Scope scope = Scope.open()) {
      Model inner = Model.sequential("inner", Input.of(3), Dense.of(3), BatchNorm.of(), Activation.TANH);
      Input x = Input.of(3);
      Node branch = BatchNorm.of().name("b").on(Dense.of(3).name("a").on(inner.on(x)));
      Model model = Model.of(x, Dense.of(2).name("end").on(Add.of().on(branch, x)));
      Model small = folded(model, input(5, 3).cast(DType.FLOAT32));
      assertTrue(small.state().containsKey("inner.dense.bias"), small.state().keySet().toString());
      model.close();
      small.close();
    }
  }

  @Test
  void whatCannotBeFoldedStays() {
    try (Scope scope = Scope.open()) {
      Input x = of(3);
      Node active = BatchNorm.of().name("active").on(Dense.of(4).activation(Activation.RELU).on(x));
      Node read = Dense.of(4).name("read").on(active);
      Node twice = BatchNorm.of().name("twice").on(read);
      Dense shared = Dense.of(4).name("shared");
      Node first = BatchNorm.of().name("first").on(shared.on(twice));
      Node second = BatchNorm.of().name("second").on(shared.on(read));
      Model model = Model.of(x, Add.of().on(first, second, BatchNorm.of().name("alone").on(read)));
      Model small = folded(model, input(5, 3), "active", "twice", "first", "second", "alone");
      model.close();
      small.close();
      Model start = Model.sequential(of(3), BatchNorm.of(), Dense.of(2), BatchNorm.of(), BatchNorm.of());
      Model rest = folded(start, input(5, 3), "batch_norm", "batch_norm_2");
      start.close();
      rest.close();
    }
  }

  @Test
  void frozenPartsStayFrozenAndAFrozenNormalisationIsFolded() {
    try (Scope scope = Scope.open()) {
      Model model = Model.sequential(of(3), Dense.of(4), BatchNorm.of(), Dense.of(2).name("end"));
      model.children().get("batch_norm").trainable(false);
      model.children().get("end").trainable(false);
      Model small = folded(model, input(5, 3));
      assertEquals(
          List.of("dense.kernel", "dense.bias"),
          small.trainableParams().stream().map(Param::name).toList());
      model.close();
      small.close();
    }
  }

  @Test
  void otherLayersBetweenAreNoReasonToFail() {
    try (Scope scope = Scope.open()) {
      Model model = Model.sequential(
          of(6, 2), Dense.of(3).kernelInitializer(Initializers.glorotNormal()), BatchNorm.of(), Dropout.of(0.5),
          LayerNorm.of(), Flatten.of(), Dense.of(2).name("end"));
      Model small = folded(model, input(4, 6, 2));
      model.close();
      small.close();
    }
  }
}
