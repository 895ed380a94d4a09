package dev.neurite.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Slice;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BundledDataTest {

  @Test
  void digitsAreSplitInto1437And360WithTheSameSharesAndNoCommonImage() {
    try (Scope scope = Scope.open()) {
      Digits digits = Digits.load();
      Batch train = digits.train().all();
      Batch test = digits.test().all();

      assertEquals(Shape.of(1437, 8, 8, 1), train.x().shape());
      assertEquals(Shape.of(360, 8, 8, 1), test.x().shape());
      assertEquals(DType.INT64, train.y().dtype());
      long[] perDigit = new long[10];
      Arrays.stream(test.y().toLongs()).forEach(label -> perDigit[(int) label]++);
      assertTrue(Arrays.stream(perDigit).allMatch(n -> n == 35 || n == 36 || n == 37), Arrays.toString(perDigit));
      assertEquals(1797, digits.train().size() + digits.test().size());
    }
  }

  @Test
  void digitsAreTheFilesRowsScaledToOne() {
    try (Scope scope = Scope.open()) {
      Batch all = Digits.all().all();

      assertArrayEquals(
          new float[] {0, 0, 5 / 16f, 13 / 16f, 9 / 16f, 1 / 16f, 0, 0},
          all.x().slice(Slice.of(0, 1), Slice.of(0, 1)).toFloats());
      assertEquals(1, all.x().max().item());
      assertEquals(0, all.x().min().item());
      assertArrayEquals(new long[] {0, 1, 2, 3, 4}, all.y().slice(0, 0, 5).toLongs());
    }
  }

  @Test
  void irisHas150FlowersOfThreeSpecies() {
    try (Scope scope = Scope.open()) {
      Batch all = Iris.load().all();

      assertEquals(Shape.of(150, 4), all.x().shape());
      assertArrayEquals(new float[] {5.1f, 3.5f, 1.4f, 0.2f}, all.x().slice(0, 0, 1).toFloats());
      long[] y = all.y().toLongs();
      for (int species = 0; species < Iris.SPECIES.size(); species++) {
        int wanted = species;
        assertEquals(50, Arrays.stream(y).filter(label -> label == wanted).count());
      }
    }
  }

  @Test
  void breastCancerHas212MalignantAnd357BenignTumours() {
    try (Scope scope = Scope.open()) {
      Batch all = BreastCancer.load().all();

      assertEquals(Shape.of(569, 30), all.x().shape());
      assertArrayEquals(
          new float[] {17.99f, 10.38f, 122.8f, 1001f}, all.x().slice(Slice.of(0, 1), Slice.of(0, 4)).toFloats());
      assertEquals(357, Arrays.stream(all.y().toLongs()).sum());
      assertEquals("malignant", BreastCancer.DIAGNOSES.get((int) all.y().get(0)));
    }
  }

  @Test
  void wineHas178WinesOfThreeGrowers() {
    try (Scope scope = Scope.open()) {
      Batch all = Wine.load().all();

      assertEquals(Shape.of(178, 13), all.x().shape());
      assertEquals(1065, all.x().get(0, 12));
      long[] perGrower = new long[3];
      Arrays.stream(all.y().toLongs()).forEach(label -> perGrower[(int) label]++);
      assertArrayEquals(new long[] {59, 71, 48}, perGrower);
    }
  }
}
