package dev.neurite.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HistoryTest {

  private static Map<String, Double> epoch(Object... namesAndValues) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put((String) namesAndValues[i], (Double) namesAndValues[i + 1]);
    }
    return values;
  }

  private static final History HISTORY =
      new History(42, List.of(epoch("loss", 0.5, "lr", 1e-5), epoch("loss", 1 / 3.0, "lr", 1e-5, "val_loss", Double.NaN)));

  @Test
  void csvKeepsEveryBit() {
    assertEquals("epoch,loss,lr,val_loss\n1,0.5,1.0E-5,\n2,0.3333333333333333,1.0E-5,NaN\n", HISTORY.toCsv());
  }

  @Test
  void jsonIsValidWhateverTheValues() {
    History odd = new History(-1, List.of(epoch("a \"b\"\\\n", Double.POSITIVE_INFINITY)));

    assertEquals(
        "{\"seed\": 42, \"epochs\": [{\"loss\": 0.5, \"lr\": 1.0E-5}, "
            + "{\"loss\": 0.3333333333333333, \"lr\": 1.0E-5, \"val_loss\": null}]}",
        HISTORY.toJson());
    assertEquals("{\"seed\": -1, \"epochs\": [{\"a \\\"b\\\"\\\\\\u000a\": null}]}", odd.toJson());
  }

  @Test
  void theTableHasARowPerEpoch() {
    assertEquals(
        "epoch    loss         lr  val_loss\n"
            + "    1  0.5000  1.000e-05          \n"
            + "    2  0.3333  1.000e-05       NaN\n"
            + "seed 42",
        HISTORY.toString());
  }

  @Test
  void valuesAreFoundByName() {
    assertArrayEquals(new double[] {0.5, 1 / 3.0}, HISTORY.values("loss"));
    assertArrayEquals(new double[] {Double.NaN, Double.NaN}, HISTORY.values("val_loss"));
    assertEquals(1 / 3.0, HISTORY.last("loss"));
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> HISTORY.values("acc"));
    assertEquals("History: expected one of [loss, lr, val_loss], given 'acc'", e.getMessage());
  }

  @Test
  void itDoesNotChangeWithWhatItWasMadeOf() {
    Map<String, Double> values = epoch("loss", 1.0);
    History history = new History(0, List.of(values));
    values.put("loss", 2.0);

    assertEquals(1.0, history.last("loss"));
    assertThrows(UnsupportedOperationException.class, () -> history.epochs().get(0).put("loss", 3.0));
  }

  @Test
  void anEvaluationNamesItsValues() {
    Evaluation evaluation = new Evaluation(epoch("loss", 0.25, "accuracy", 0.9833));

    assertEquals("loss 0.2500, accuracy 0.9833", evaluation.toString());
    assertEquals(0.25, evaluation.loss());
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> evaluation.value("auc"));
    assertEquals("Evaluation: expected one of [loss, accuracy], given 'auc'", e.getMessage());
  }
}
