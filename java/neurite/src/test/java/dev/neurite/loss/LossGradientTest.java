package dev.neurite.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.GradCheck;
import dev.neurite.autograd.Tape;
import dev.neurite.nn.Activation;
import dev.neurite.nn.AvgPool2D;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.LayerNorm;
import dev.neurite.nn.Model;
import dev.neurite.nn.Padding;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every loss' gradient against two-sided differences in float64, in every reduction, with and without sample weights.
 * A loss that is not in {@link LossCases} fails {@link #everyPublicFactoryIsChecked}.
 */
class LossGradientTest {

  private static final double BOUND = 1e-6;

  static Stream<LossCases.Case> cases() {
    return LossCases.all().stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void gradientEqualsTwoSidedDifferences(LossCases.Case c) {
    try (Scope scope = Scope.open()) {
      for (Reduction reduction : Reduction.values()) {
        for (boolean weighted : new boolean[] {false, true}) {
          if (weighted && !c.takesWeights()) {
            continue;
          }
          GradCheck.Report report =
              GradCheck.check(() -> toScalar(c.loss().apply(reduction, weighted)), c.inputs());
          assertTrue(report.passes(BOUND), c + " " + reduction + (weighted ? " weighted" : "") + "\n" + report);
        }
      }
    }
  }

  /** Unreduced values become one number with a different factor each. */
  private static Tensor toScalar(Tensor values) {
    Tensor factors = Tensor.range(0.7, 0.3, values.size(), values.dtype()).reshape(values.shape());
    return values.mul(factors).sum();
  }

  @Test
  void everyPublicFactoryIsChecked() throws Exception {
    Set<String> factories = new TreeSet<>();
    for (Class<?> c : publicClasses()) {
      for (Method m : c.getDeclaredMethods()) {
        int modifiers = m.getModifiers();
        boolean factory = Modifier.isPublic(modifiers) && Modifier.isStatic(modifiers);
        if (factory && !m.isSynthetic() && !c.isEnum()) {
          factories.add(c.getSimpleName() + "." + m.getName() + "/" + m.getParameterCount());
        }
      }
    }
    assertTrue(factories.size() > 50, factories.toString());
    Set<String> checked = LossCases.all().stream().map(LossCases.Case::factory).collect(Collectors.toSet());
    factories.removeAll(checked);
    assertEquals(Set.of(), factories, "losses without a gradient check");
  }

  private static List<Class<?>> publicClasses() throws Exception {
    URI classes = Losses.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    Path folder = Path.of(classes).resolve("dev/neurite/loss");
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(n -> n.endsWith(".class") && !n.contains("$") && !n.equals("package-info.class"))
          .map(n -> load("dev.neurite.loss." + n.substring(0, n.length() - ".class".length())))
          .filter(c -> Modifier.isPublic(c.getModifiers()))
          .collect(Collectors.toList());
    } catch (IOException e) {
      throw new IllegalStateException("the classes of the losses are not in a folder: " + Arrays.asList(folder), e);
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, Losses.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void theGradientPenaltysGradientIsOfSecondOrder() {
    try (Scope scope = Scope.open();
        Param w1 = Param.of("w1", Tensor.of(new double[][] {{.3, -.7}, {.9, .4}, {-.2, .5}}));
        Param w2 = Param.of("w2", Tensor.of(new double[][] {{1.1}, {-.6}}))) {
      Tensor real = Tensor.of(new double[][] {{.1, .2, .3}, {-.4, .5, .6}});
      Tensor fake = Tensor.of(new double[][] {{.7, -.8, .9}, {1, 1.1, -1.2}});
      Tensor epsilon = Tensor.of(new double[][] {{.25}, {.5}});
      double[] found;
      try (Tape tape = Tape.persistent()) {
        Tensor penalty = penalty(tape, w1, w2, real, fake, epsilon);
        found = tape.gradients(penalty, List.of(w1)).of(w1).toDoubles();
      }
      double[] expected =
          GradCheck.numeric(
              () -> {
                double value;
                try (Tape tape = Tape.persistent()) {
                  value = penalty(tape, w1, w2, real, fake, epsilon).item();
                }
                return Tensor.scalar(value, DType.FLOAT64);
              },
              w1, 1e-5);
      assertTrue(GradCheck.difference(found, expected) < BOUND, Arrays.toString(found) + Arrays.toString(expected));
    }
  }

  private static Tensor penalty(Tape tape, Param w1, Param w2, Tensor real, Tensor fake, Tensor epsilon) {
    return GanLosses.gradientPenalty(tape, x -> x.matmul(w1).tanh().matmul(w2), real, fake, epsilon, 10).penalty();
  }

  @Test
  void theRandomPenaltyIsRepeatable() {
    try (Scope scope = Scope.open()) {
      Tensor real = Tensor.ones(Shape.of(4, 3), DType.FLOAT64);
      Tensor fake = real.mul(-2);
      double[] values = new double[2];
      for (int i = 0; i < 2; i++) {
        try (Tape tape = Tape.persistent()) {
          var random = RandomStream.of(7, "penalty");
          values[i] = GanLosses.gradientPenalty(tape, x -> x.square().sum(-1), real, fake, random).penalty().item();
        }
      }
      assertEquals(values[0], values[1]);
      assertTrue(values[0] > 0);
    }
  }

  /** Every weight of a critic of convolutions, a norm, averages and a softmax over channels. */
  @Test
  void thePenaltyOfAConvolutionalCriticHasRightGradients() {
    Neurite.seed(4);
    Model critic =
        Model.sequential(
            Input.of(6, 6, 2).dtype(DType.FLOAT64),
            Conv2D.of(3, 3).padding(Padding.SAME).activation(Activation.SILU), LayerNorm.of(), AvgPool2D.of(2),
            Conv2D.of(3, 2).activation(Activation.TANH), Activation.SOFTMAX, Flatten.of(), Dense.of(1));
    try (Scope scope = Scope.open()) {
      Shape shape = Shape.of(3, 6, 6, 2);
      Tensor real = RandomOp.normal(shape, DType.FLOAT64, 0, 1, RandomStream.of(7, "real"));
      Tensor fake = RandomOp.normal(shape, DType.FLOAT64, 1, 2, RandomStream.of(7, "fake"));
      Tensor epsilon = Tensor.of(0.2, 0.5, 0.9).reshape(3, 1, 1, 1);
      Map<Param, double[]> found = new HashMap<>();
      try (Tape tape = Tape.persistent()) {
        Tensor penalty = GanLosses.gradientPenalty(tape, critic::call, real, fake, epsilon, 10).penalty();
        tape.gradients(penalty, critic.params())
            .forEach(g -> found.put((Param) g.getKey(), g.getValue().dense().toDoubles()));
      }
      for (Param p : critic.params()) {
        double[] expected =
            GradCheck.numeric(
                () -> {
                  double value;
                  try (Tape tape = Tape.persistent()) {
                    value = GanLosses.gradientPenalty(tape, critic::call, real, fake, epsilon, 10).penalty().item();
                  }
                  return Tensor.scalar(value, DType.FLOAT64);
                },
                p, 1e-5);
        double[] given = found.getOrDefault(p, new double[expected.length]); // none for the last bias
        assertTrue(GradCheck.difference(given, expected) < BOUND, p.name() + Arrays.toString(given));
      }
    }
  }
}
