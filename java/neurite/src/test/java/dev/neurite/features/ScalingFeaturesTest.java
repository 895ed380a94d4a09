package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.data.MinMaxScaler;
import dev.neurite.data.Scaler;
import dev.neurite.data.StandardScaler;
import dev.neurite.error.ShapeException;
import dev.neurite.metric.ExponentialAverage;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Averages and feature scaling of the feature map. */
class ScalingFeaturesTest {

  @TempDir Path folder;

  @Test
  void A13_exponentiallyWeightedAverageWithBiasCorrection() {
    ExponentialAverage average = ExponentialAverage.of(0.9);
    double[] series = {40, 49, 45};
    double[] raw = {4.0, 8.5, 12.15};
    double[] corrected = {40.0, 44.7368, 44.8339};
    for (int i = 0; i < 3; i++) {
      average.add(series[i]);
      assertEquals(raw[i], average.raw(), 1e-12);
      assertEquals(corrected[i], average.corrected(), 5e-5);
    }
    assertEquals(2, ExponentialAverage.of(0.5).window(), 1e-12);
    assertEquals(10, ExponentialAverage.of(0.9).window(), 1e-12);
    assertEquals(50, ExponentialAverage.of(0.98).window(), 1e-9);
    assertThrows(IllegalArgumentException.class, () -> ExponentialAverage.of(1));
  }

  @Test
  void H19_scalersAreFittedOnTrainOnlyAndSavedWithTheModel() {
    try (Scope scope = Scope.open()) {
      Tensor train = Tensor.of(new float[] {0, 100, 2, 300, 4, 200}, Shape.of(3, 2));
      Tensor test = Tensor.of(new float[] {10, 1000}, Shape.of(1, 2));
      Scaler standard = StandardScaler.fit(Dataset.of(train, Tensor.of(1f, 2f, 3f)));
      Tensor scaled = standard.apply(train);
      assertArrayEquals(new double[] {0, 0}, scaled.mean(0).toDoubles(), 1e-6);
      assertArrayEquals(new double[] {1, 1}, scaled.square().mean(0).toDoubles(), 1e-6);
      double deviation = Math.sqrt(8.0 / 3);
      assertEquals((10 - 2) / deviation, standard.apply(test).get(0, 0), 1e-5, "the training data's statistics");
      assertArrayEquals(train.toDoubles(), standard.inverse(scaled).toDoubles(), 1e-4);

      Scaler range = MinMaxScaler.fit(train, -1, 1);
      assertArrayEquals(new double[] {-1, -1, 0, 1, 1, 0}, range.apply(train).toDoubles(), 1e-6);
      assertEquals(Scaler.fromJson(range.toJson()), range);
      assertThrows(ShapeException.class, () -> range.apply(Tensor.of(1f, 2f, 3f)));

      for (Scaler scaler : new Scaler[] {standard, range}) {
        Neurite.seed(1);
        Model inside = Model.sequential(Input.of(2), scaler.layer(), Dense.of(1).name("unit"));
        Path file = folder.resolve(scaler.kind() + ".neurite");
        inside.save(file);
        Model back = Model.load(file);
        assertArrayEquals(inside.call(test).toFloats(), back.call(test).toFloats());
        Model outside = Model.sequential(Input.of(2), Dense.of(1).name("unit"));
        ((Dense) outside.block("unit")).kernel().assign(((Dense) inside.block("unit")).kernel());
        assertEquals(outside.call(scaler.apply(test)).item(), back.call(test).item(), 1e-3);
        inside.close();
        back.close();
        outside.close();
      }
    }
  }

  @Test
  void badFeaturesAreNamed() {
    String message = assertThrows(
            IllegalArgumentException.class,
            () -> StandardScaler.fit(Tensor.of(new float[] {1, 2, Float.NaN, 4}, Shape.of(2, 2))))
        .getMessage();
    assertEquals("scaler: expected finite features, given NaN in row 1, feature 0", message);
    assertThrows(IllegalArgumentException.class, () -> MinMaxScaler.fit(Tensor.of(1f, 2f), 1, 0));
    assertThrows(IllegalArgumentException.class, () -> Scaler.fromJson("{\"kind\": 3}"));
    assertTrue(
        assertThrows(
                IllegalArgumentException.class,
                () -> StandardScaler.fit(Tensor.zeros(Shape.of(0, 2), dev.neurite.tensor.DType.FLOAT32)))
            .getMessage()
            .contains("at least one row"));
  }
}
