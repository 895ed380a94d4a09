package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.neurite.Neurite;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Chains of normalisation, addition and ReLU in models: found where they may be, and without any effect but speed. */
class FusedNormTest {

  private static Input in() {
    return Input.of(4, 4, 3).dtype(DType.FLOAT64);
  }

  private static Node conv(Node x) {
    return Conv2D.of(3, 3).padding(Padding.SAME).bias(false).on(x);
  }

  private static Node norm(Node x) {
    return BatchNorm.of().on(x);
  }

  private static long chains(Model model) {
    return Arrays.stream(FusedNorm.find(model.graph().steps(), model.graph().outputs()))
        .filter(Objects::nonNull).distinct().count();
  }

  private static Tensor draw(String name) {
    return RandomOp.normal(Shape.of(5, 4, 4, 3), DType.FLOAT64, 0.3, 1, RandomStream.of(3, name));
  }

  /** Output, gradients of input and parameters, and moving averages after one call. */
  private static List<double[]> results(Supplier<Model> make, Pass pass) {
    Neurite.seed(4);
    Model model = make.get();
    Tensor x = draw("x");
    List<double[]> all = new ArrayList<>();
    try (Tape tape = Tape.open()) {
      tape.watch(x);
      Tensor y = model.call(x, pass);
      List<Tensor> sources = new ArrayList<>(model.params());
      sources.add(x);
      Gradients g = tape.gradients(y.square().sum(), sources);
      all.add(y.toDoubles());
      for (Tensor source : sources) {
        all.add(g.of(source).toDoubles());
      }
    }
    model.state().values().forEach(p -> all.add(p.toDoubles()));
    return all;
  }

  /** Capturing all outputs makes every layer give its own. */
  private static void check(int chains, Supplier<Model> make) {
    assertEquals(chains, chains(make.get()));
    for (boolean training : new boolean[] {true, false}) {
      Supplier<Pass> pass = () -> training ? Pass.training(1) : Pass.inference();
      List<double[]> fused = results(make, pass.get());
      List<double[]> single = results(make, pass.get().capturingAll());
      assertEquals(single.size(), fused.size());
      for (int i = 0; i < fused.size(); i++) {
        assertArrayEquals(single.get(i), fused.get(i), 1e-10);
      }
    }
  }

  @Test
  void aReluBehindANormalisation() {
    check(1, () -> {
      Input in = in();
      return Model.of(in, conv(Activation.RELU.on(norm(conv(in)))));
    });
    check(1, () -> Model.sequential(in(), BatchNorm.of(), Activation.RELU));
  }

  @Test
  void aResidualOnEitherSideAndBetweenTwoNormalisations() {
    check(1, () -> {
      Input in = in();
      return Model.of(in, Activation.RELU.on(Add.of().on(norm(conv(in)), in)));
    });
    check(1, () -> {
      Input in = in();
      return Model.of(in, conv(Activation.RELU.on(Add.of().on(in, norm(conv(in))))));
    });
    check(2, () -> {
      Input in = in();
      Node x = Activation.RELU.on(norm(conv(in)));
      return Model.of(in, Activation.RELU.on(Add.of().on(norm(conv(x)), norm(conv(in)))));
    });
  }

  @Test
  void nothingElse() {
    check(0, () -> {
      Input in = in();
      Node n = norm(conv(in));
      return Model.of(in, Add.of().on(Activation.RELU.on(n), n)); // a second reader
    });
    check(0, () -> {
      Input in = in();
      Node n = norm(conv(in));
      return Model.of(in, Activation.RELU.on(Add.of().on(n, n)));
    });
    check(0, () -> Model.sequential(in(), BatchNorm.of(), Activation.TANH));
    check(0, () -> {
      Input in = in();
      BatchNorm shared = BatchNorm.of();
      return Model.of(in, Activation.RELU.on(shared.on(Activation.RELU.on(shared.on(in)))));
    });
  }

  @Test
  void anOutputOfTheModelIsNotFusedAway() {
    Input in = in();
    Node n = norm(in);
    Model model = Model.of(List.of(in), List.of(n, Activation.RELU.on(n)));
    assertEquals(0, chains(model));
    List<Tensor> out = model.call(List.of(draw("x")), Pass.training(1));
    assertArrayEquals(out.get(0).relu().toDoubles(), out.get(1).toDoubles());
  }

  @Test
  void anInputThatAnotherStepFreesInBetweenIsNotUsedAfterIt() {
    check(0, () -> {
      Input in = in();
      Node c = conv(in);
      Node n = norm(c);
      Node other = Activation.TANH.on(c); // last reader of c, and the residual
      return Model.of(in, Activation.RELU.on(Add.of().on(n, other)));
    });
  }
}
