package dev.neurite.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.error.FormatException;
import dev.neurite.loss.Losses;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The worked examples, digit for digit as they are printed. */
class ExplainTest {

  /** The listed text must be what is printed; zeros at the end do not count. */
  private static void assertDigits(String listed, double value) {
    assertEquals(trimmed(listed.replaceFirst("^(-?)\\.", "$10.")), trimmed(Explanation.digits(value)));
  }

  /** Listed with a last digit that was cut off or rounded twice: the exact value is less than one unit away. */
  private static void assertCutDigits(String listed, double value) {
    assertEquals(Double.parseDouble(listed), value, 1e-9);
  }

  private static String trimmed(String digits) {
    return digits.contains("e") ? digits : digits.replaceAll("0+$", "").replaceAll("\\.$", "");
  }

  private static void assertUnit(Explanation e, String unit, String in, String out) {
    assertDigits(in, e.unit(0, unit).netInput());
    assertDigits(out, e.unit(0, unit).output());
    assertTrue(e.toString().contains(Explanation.digits(e.unit(0, unit).output())), e.toString());
  }

  private static void assertGradients(Explanation e, Map<String, String> listed) {
    listed.forEach((name, digits) -> assertDigits(digits, e.change(name).gradient()));
  }

  private static void assertNew(Explanation e, Map<String, String> listed) {
    listed.forEach((name, digits) -> {
      assertDigits(digits, e.change(name).after());
      assertTrue(e.toString().contains(Explanation.digits(e.change(name).after())), name);
      assertTrue(e.toHtml("N").contains(Explanation.digits(e.change(name).after())), name);
    });
  }

  @Test
  void N1_stepWithFixedBiases() {
    Explanation e = Explain.step(Exercise.preset("n1"), 10_000);

    assertUnit(e, "h1", ".3775", ".593269992");
    assertUnit(e, "h2", ".3925", ".596884378");
    assertUnit(e, "o1", "1.105905967", ".751365070");
    assertUnit(e, "o2", "1.224921404", ".772928465");
    assertDigits(".298371109", e.lossBefore());
    assertGradients(e, Map.of("w5", ".082167041", "w6", ".082667628", "w7", "-.022602540", "w8", "-.022740242"));
    assertNew(e, Map.of("w5", ".358916480", "w6", ".408666186", "w7", ".511301270", "w8", ".561370121"));
    assertGradients(e, Map.of("w1", ".000438568", "w2", ".000877135", "w3", ".000497713", "w4", ".000995425"));
    assertNew(e, Map.of("w1", ".149780716", "w2", ".199561432", "w3", ".249751144", "w4", ".299502287"));
    assertGradients(e, Map.of("b1 at h1", ".008771355", "b1 at h2", ".009954255"));
    assertGradients(e, Map.of("b2 at o1", ".138498562", "b2 at o2", "-.038098237"));
    assertDigits(".291027774", e.lossAfter());
    assertDigits("3.51019e-05", e.later().loss());
    assertDigits(".015913620", e.later().outputs().get(0));
    assertDigits(".984064274", e.later().outputs().get(1));
    assertEquals(.35, e.change("b1 at h1").after());
  }

  @Test
  void N1_stepWithABiasPerUnitAndWithSharedBiases() {
    Explanation unit = Explain.step(Exercise.preset("n1").withBias(SmallNet.Bias.UNIT), 10_000);

    assertDigits(".280471447", unit.lossAfter());
    assertDigits("2.44756e-06", unit.later().loss());

    Explanation shared = Explain.step(Exercise.preset("n1").withBias(SmallNet.Bias.SHARED), 1);
    assertTrue(shared.toString().contains("shared: sum of the layer's gradients 0.018725609"), shared.toString());
    assertTrue(shared.toString().contains("shared: sum of the layer's gradients 0.100400325"), shared.toString());
    assertEquals(.35 - .5 * .018725609, shared.change("b1 at h1").after(), 1e-9);
    assertEquals(shared.change("b2 at o1").after(), shared.change("b2 at o2").after());
  }

  @Test
  void N2_stepWithHalfTheSquareAndTheFullSquare() {
    Explanation half = Explain.step(Exercise.preset("n2"), 1);

    assertUnit(half, "4", "-.7", ".331812228");
    assertUnit(half, "5", ".1", ".524979187");
    assertUnit(half, "6", "-.104539506", ".473888899");
    assertDigits(".138396445", half.lossBefore());
    assertDigits(".131169078", half.unit(0, "6").err());
    assertDigits("-.006542085", half.unit(0, "5").err());
    assertDigits("-.008724562", half.unit(0, "4").err());
    assertNew(half, Map.of("w46", "-.260828846", "w56", "-.138025068", "w14", ".192147894", "w15", "-.305887877"));
    assertNew(half, Map.of("w24", ".4", "w25", ".1", "w34", "-.507852106", "w35", ".194112123"));
    assertNew(half, Map.of("theta6", ".218052170", "theta5", ".194112123", "theta4", "-.407852106"));

    Explanation full = Explain.step(Exercise.preset("n2").withLoss("square"), 1);
    assertDigits(".276792891", full.lossBefore());
    assertDigits("-.087047008", full.change("w46").gradient());
    assertNew(full, Map.of("w46", "-.221657693", "w56", "-.076050135", "w14", ".184295788", "w15", "-.311775753"));
    assertNew(full, Map.of("w34", "-.515704212", "theta6", ".336104341", "theta4", "-.415704212"));
    assertCutDigits(".188224246", full.change("w35").after()); // .18822424688
    assertCutDigits(".188224246", full.change("theta5").after());
  }

  @Test
  void N3_stepWithTheFullSquareAndHalfOfIt() {
    Explanation full = Explain.step(Exercise.preset("n3"), 1);

    assertUnit(full, "5", ".4", ".598687660");
    assertUnit(full, "6", "1.0", ".731058579");
    assertUnit(full, "7", "-.333394582", ".417414899");
    assertDigits(".339405400", full.lossBefore());
    assertGradients(full, Map.of("w57", "-.169635599", "w67", "-.207142335"));
    assertCutDigits("-.283345742", full.change("w07").gradient()); // -.28334574146
    assertNew(full, Map.of("w57", "-.164291521", "w67", ".365713868", "w07", "-.073323407"));

    Explanation half = Explain.step(Exercise.preset("n3").withLoss("half_square"), 1);
    assertDigits(".169702700", half.lossBefore());
    assertNew(half, Map.of("w57", "-.232145760", "w67", ".282856934", "w07", "-.186661703"));
  }

  @Test
  void N4_stepsAlongTheDescent() {
    Explanation one = Explain.step(Exercise.preset("n4"), 1);
    assertGradients(one, Map.of("w", "-.005492319", "b", "-.007711159"));
    assertDigits(".415819901", one.lossBefore());
    assertNew(one, Map.of("w", "-1.994507681", "b", "-1.992288841"));
    assertDigits(".415729855", one.lossAfter());
    assertDigits(".414836778", n4(10).loss());
    assertEquals("1.002990 -1.050786", six(n4(100)));
    assertDigits(".017741010", n4(100).loss());
    assertEquals("1.607160 -2.012558", six(n4(200)));
    assertDigits(".000620251", n4(200).loss());
    assertEquals("7.88e-07", String.format(java.util.Locale.ROOT, "%.2e", n4(500).loss()));
    assertDigits("1.791719830", n4(1000).values().get(0));
    assertDigits("-2.282118073", n4(1000).values().get(1));
    assertEquals("2.43e-11", String.format(java.util.Locale.ROOT, "%.2e", n4(1000).loss()));
  }

  private static Explanation.Later n4(long steps) {
    return Explain.step(Exercise.preset("n4"), steps).later();
  }

  private static String six(Explanation.Later later) {
    return String.format(java.util.Locale.ROOT, "%.6f %.6f", later.values().get(0), later.values().get(1));
  }

  @Test
  void aModelsStepIsWhatItsOptimiserWouldDo() {
    for (DType type : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
      for (Optimizer optimizer : new Optimizer[] {Sgd.of(0.1), Sgd.of(0.1).momentum(0.9), Adam.of(0.01)}) {
        assertSameStep(type, optimizer);
      }
    }
  }

  private static void assertSameStep(DType type, Optimizer optimizer) {
    Neurite.seed(4);
    double near = type == DType.FLOAT64 ? 1e-12 : 1e-5;
    try (Model model = Model.sequential(
            Input.of(2).dtype(type), Dense.of(3).activation(Activation.TANH), Dense.of(2), Activation.SIGMOID);
        Tensor x = Tensor.of(new double[][] {{.5, -1}, {2, .3}}).cast(type);
        Tensor y = Tensor.of(new double[][] {{0, 1}, {1, 0}}).cast(type)) {
      model.compile(optimizer, Losses.meanSquaredError());
      model.fit(x, y, Fit.epochs(3));
      List<double[]> before = model.params().stream().map(Tensor::toDoubles).toList();
      double loss = model.evaluate(x, y).loss();

      Explanation e = Explain.step(model, x, y);

      assertEquals(3, optimizer.step());
      for (int i = 0; i < before.size(); i++) {
        assertArrayEquals(before.get(i), model.params().get(i).toDoubles());
      }
      assertEquals(loss, e.lossBefore(), near);
      model.fit(x, y, Fit.epochs(1));
      double[] kernel = model.params().get(0).toDoubles();
      assertEquals(kernel[1], e.change("wx1h2").after(), near, optimizer.toString());
      assertEquals(model.params().get(3).toDoubles()[1], e.change("bo2").after(), near, optimizer.toString());
      assertEquals(model.evaluate(x, y).loss(), e.lossAfter(), near);
    }
  }

  @Test
  void classNumbersAndSoftmaxLossesWork() {
    try (Model model = Model.sequential(Input.of(2, 1), Flatten.of(), Dense.of(3))) {
      model.compile(Sgd.of(0.1), Losses.softmaxCrossEntropy());
      Explanation e = Explain.step(
          model, Tensor.of(new float[] {1, 2}, dev.neurite.tensor.Shape.of(1, 2, 1)), Tensor.ofLongs(2));
      assertTrue(e.lossAfter() < e.lossBefore());
      assertEquals(List.of(2.0), e.rows().get(0).targets());
    }
  }

  @Test
  void otherModelsAreRefused() {
    try (Model model = Model.sequential(Input.of(4, 4, 1), Conv2D.of(2, 3), Flatten.of(), Dense.of(2))) {
      model.compile(Sgd.of(), Losses.meanSquaredError());
      assertThrows(
          IllegalArgumentException.class, () -> Explain.step(model, Tensor.of(1f, 2f), Tensor.of(1f)));
    }
    assertThrows(IllegalArgumentException.class, () -> Exercise.preset("n9"));
    assertThrows(IllegalArgumentException.class, () -> Exercise.preset("n1").withLoss("cubic"));
    assertThrows(IllegalArgumentException.class, () -> Explain.step(Exercise.preset("n1"), 0));
  }

  @Test
  void anExerciseIsReadFromJson() {
    String text = "{\"inputs\": [\"a\", \"b\"], \"x\": [[0.05, 0.1]], \"y\": [[0.01]], \"loss\": \"half_square\","
        + " \"rate\": 0.5, \"layers\": [{\"units\": [\"h\"], \"activation\": \"tanh\", \"weights\": [[0.15, 0.2]],"
        + " \"bias\": [0.35]}, {\"units\": [\"o\"], \"weights\": [[0.4]], \"bias\": [0.6], \"bias_mode\": \"fixed\"}]}";
    Explanation e = Explain.step(Exercise.read("net.json", text.getBytes(StandardCharsets.UTF_8)), 1);

    double h = Math.tanh(.05 * .15 + .1 * .2 + .35);
    double o = 1 / (1 + Math.exp(-(.4 * h + .6)));
    assertEquals(h, e.unit(0, "h").output(), 1e-15);
    assertEquals((o - .01) * o * (1 - o) * h, e.change("who").gradient(), 1e-15);
    assertEquals(.6, e.change("bo").after());
    for (String wrong : List.of(
        "{}", text.replace("[[0.15, 0.2]]", "[[0.15]]"), text.replace("half_square", "cubic"),
        text.replace("tanh", "nothing"), text.replace("[[0.05, 0.1]]", "[0.05]"), text.replace("fixed", "loose"))) {
      assertThrows(
          FormatException.class, () -> Exercise.read("net.json", wrong.getBytes(StandardCharsets.UTF_8)), wrong);
    }
  }
}
