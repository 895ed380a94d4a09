package dev.neurite.vision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class BoxesTest {

  private static double iou(double... eight) {
    return Boxes.iou(
        java.util.Arrays.copyOfRange(eight, 0, 4), java.util.Arrays.copyOfRange(eight, 4, eight.length));
  }

  @Test
  void workedExampleN10() {
    assertEquals(0.142857, iou(0, 0, 2, 2, 1, 1, 3, 3), 5e-7);
    assertEquals(1, iou(0, 0, 2, 2, 0, 0, 2, 2));
    assertEquals(0, iou(0, 0, 1, 1, 2, 2, 3, 3));
    assertEquals(0.142857, iou(2, 1, 4, 3, 1, 2, 3, 4), 5e-7);
  }

  @Test
  void touchingBoxesAndBoxesWithoutAreaShareNothing() {
    assertEquals(0, iou(0, 0, 1, 1, 1, 0, 2, 1));
    assertEquals(0, iou(1, 1, 1, 1, 1, 1, 1, 1));
  }

  @Test
  void boxesThatAreNoneAreRefused() {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> iou(0, 0, 1, 1, 2, 0, 1, 1));
    assertEquals(
        "iou: expected box b as x1, y1, x2, y2 with x1 <= x2 and y1 <= y2, given [2.0, 0.0, 1.0, 1.0]",
        e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> iou(0, 0, 1, Double.NaN, 0, 0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> iou(0, 0, 1, 1, 0, 0, 1));
  }
}
