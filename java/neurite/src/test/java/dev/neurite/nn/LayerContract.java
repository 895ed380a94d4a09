package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.GradCheck;
import dev.neurite.error.ShapeException;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every layer owes: the stated output shape, parameter count and multiply-adds, gradients equal to differences in
 * float64, a saved model that loads and answers the same bits, and errors that name it. A class per group of layers
 * lists the cases.
 */
public abstract class LayerContract {

  private static final double BOUND = 1e-6;

  @TempDir Path folder;

  /** The cases of this group; made anew for each test. */
  protected abstract List<Case> cases();

  /** One layer with options, and inputs for it. */
  public static final class Case {
    final String name;
    final Supplier<? extends Block> make;
    final List<Shape> inputs;
    Shape output;
    long parameters = -1;
    long multiplyAdds = -1;
    long ids;
    boolean smooth = true;
    boolean differentiable = true;
    String unsaved;
    int integersAt = -1;
    long[] integers;
    Shape bad;
    String message;

    private Case(String name, Supplier<? extends Block> make, List<Shape> inputs) {
      this.name = name;
      this.make = make;
      this.inputs = inputs;
    }

    /** Output shape expected, batch axis included. */
    public Case output(long... dims) {
      this.output = Shape.of(dims);
      return this;
    }

    /** Number of parameters expected, buffers included. */
    public Case parameters(long count) {
      this.parameters = count;
      return this;
    }

    /** Multiply-adds expected for one sample. */
    public Case multiplyAdds(long count) {
      this.multiplyAdds = count;
      return this;
    }

    /** Inputs are int64 ids below the limit; gradients are checked for the parameters only. */
    public Case ids(long limit) {
      this.ids = limit;
      return this;
    }

    /** The given input is int64, with these values (lengths, for instance); it has no gradient. */
    public Case integers(int input, long... values) {
      this.integersAt = input;
      this.integers = values;
      return this;
    }

    /** True when the input holds integers. */
    boolean isIntegers(int input) {
      return ids > 0 || input == integersAt;
    }

    /** No gradient check in training mode: the layer draws random numbers there. */
    public Case random() {
      this.smooth = false;
      return this;
    }

    /** No gradient check at all: the output holds integers. */
    public Case noGradient() {
      this.differentiable = false;
      return this;
    }

    /** A model with the layer must be refused by {@code save}, with that text in the message. */
    public Case unsaved(String text) {
      this.unsaved = text;
      return this;
    }

    /** A shape the layer must refuse at build time, with a first line that names it and holds the text. */
    public Case refuses(Shape shape, String text) {
      this.bad = shape;
      this.message = text;
      return this;
    }
  }

  /** A case. */
  protected static Case layer(String name, Supplier<? extends Block> make, Shape... inputs) {
    return new Case(name, make, List.of(inputs));
  }

  @TestFactory
  final Stream<DynamicTest> everyLayerKeepsTheContract() {
    return cases().stream()
        .flatMap(
            c -> {
              List<DynamicTest> tests = new ArrayList<>();
              tests.add(DynamicTest.dynamicTest(c.name + ": shape and counts", () -> shapes(c)));
              if (c.differentiable) {
                tests.add(DynamicTest.dynamicTest(c.name + ": gradients, inference", () -> gradients(c, false)));
              }
              if (c.differentiable && c.smooth) {
                tests.add(DynamicTest.dynamicTest(c.name + ": gradients, training", () -> gradients(c, true)));
              }
              tests.add(DynamicTest.dynamicTest(c.name + ": save and load", () -> saveAndLoad(c)));
              if (c.bad != null) {
                tests.add(DynamicTest.dynamicTest(c.name + ": wrong shape", () -> refused(c)));
              }
              return tests.stream();
            });
  }

  private static Tensor input(Case c, int i, DType dtype) {
    Shape shape = c.inputs.get(i);
    if (i == c.integersAt) {
      return Tensor.of(c.integers, shape);
    }
    RandomStream random = RandomStream.of(11, "x" + i);
    return c.ids > 0 ? RandomOp.integers(shape, 0, c.ids, random) : RandomOp.normal(shape, dtype, 0.1, 1, random);
  }

  private static Model model(Case c, DType dtype) {
    List<Input> inputs = new ArrayList<>();
    for (int i = 0; i < c.inputs.size(); i++) {
      long[] dims = c.inputs.get(i).dims();
      inputs.add(Input.of(Arrays.copyOfRange(dims, 1, dims.length)).name("in" + i).dtype(
          c.isIntegers(i) ? DType.INT64 : dtype));
    }
    Block block = c.make.get();
    Node[] nodes = inputs.toArray(Node[]::new);
    Node y = block instanceof Layer one ? one.on(nodes[0]) : ((MultiLayer) block).on(nodes);
    return Model.of("m", inputs, List.of(y));
  }

  private static List<Tensor> inputs(Case c, DType dtype) {
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < c.inputs.size(); i++) {
      all.add(input(c, i, dtype));
    }
    return all;
  }

  private static void shapes(Case c) {
    Neurite.seed(5);
    try (Scope scope = Scope.open()) {
      Model model = model(c, DType.FLOAT32);
      Tensor y = model.call(inputs(c, DType.FLOAT32), Pass.inference()).get(0);
      assertEquals(c.output, y.shape());
      long[] built = model.outputShapes().get(0).dims();
      assertArrayEquals(Arrays.copyOfRange(c.output.dims(), 1, built.length), Arrays.copyOfRange(built, 1, built.length));
      assertTrue(c.parameters < 0 || c.parameters == model.parameterCount(), model.summary());
      if (c.multiplyAdds >= 0) {
        assertEquals(c.multiplyAdds, model.multiplyAdds(model.inputShapes(), model.outputShapes()), model.summary());
      }
      model.close();
    }
  }

  private static void gradients(Case c, boolean training) {
    Neurite.seed(3);
    try (Scope scope = Scope.open()) {
      Model model = model(c, DType.FLOAT64);
      List<Param> params = new ArrayList<>(model.trainableParams());
      List<Tensor> in = new ArrayList<>();
      for (int i = 0; i < c.inputs.size(); i++) {
        Tensor x = input(c, i, DType.FLOAT64);
        if (!c.isIntegers(i)) {
          Param p = Param.of("x" + i, x);
          params.add(p);
          in.add(p);
        } else {
          in.add(x);
        }
      }
      GradCheck.Report report = GradCheck.check(() -> weighed(model, in, training), params);
      assertTrue(report.passes(BOUND), report.toString());
      assertEquals(params.size(), report.byParam().size(), report.toString());
      assertTrue(report.skipped() * 4 <= report.compared(), report.toString());
      model.close();
    }
  }

  /** Weighs every output differently, so that errors cannot cancel. */
  private static Tensor weighed(Model model, List<Tensor> in, boolean training) {
    Tensor y = model.call(in, training ? Pass.training(1) : Pass.inference()).get(0);
    Tensor w = RandomOp.normal(y.shape(), DType.FLOAT64, 0.1, 1, RandomStream.of(11, "weights"));
    return y.square().add(y).mul(w).sum();
  }

  private void saveAndLoad(Case c) {
    Neurite.seed(7);
    try (Scope scope = Scope.open()) {
      Model model = model(c, DType.FLOAT32);
      List<Tensor> in = inputs(c, DType.FLOAT32);
      model.call(in, Pass.training(1));
      Path file = folder.resolve("layer.neurite");
      if (c.unsaved != null) {
        String message = assertThrows(IllegalStateException.class, () -> model.save(file)).getMessage();
        assertTrue(message.contains(c.unsaved), message);
        model.close();
        return;
      }
      model.save(file);
      Model back = Model.load(file);
      assertArrayEquals(
          model.call(in, Pass.inference()).get(0).toDoubles(), back.call(in, Pass.inference()).get(0).toDoubles());
      assertEquals(model.summary(), back.summary());
      assertEquals(model.state().keySet(), back.state().keySet());
      assertEquals(ModelConfig.write(model), ModelConfig.write(back));
      model.close();
      back.close();
    }
  }

  private static void refused(Case c) {
    long[] dims = c.bad.dims();
    ShapeException e = assertThrows(
        ShapeException.class,
        () -> {
          Block block = c.make.get();
          Node in = Input.of(Arrays.copyOfRange(dims, 1, dims.length));
          Node[] same = new Node[c.inputs.size()];
          Arrays.fill(same, in);
          Node y = block instanceof Layer one ? one.on(in) : ((MultiLayer) block).on(same);
          Model.of("m", List.of((Input) in), List.of(y)).close();
        });
    String first = e.getMessage().split("\n")[0];
    assertTrue(first.contains(c.make.get().typeName()) && first.contains(c.message), e.getMessage());
  }
}
