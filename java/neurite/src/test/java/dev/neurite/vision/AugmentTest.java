package dev.neurite.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.data.Batch;
import dev.neurite.data.BatchIterator;
import dev.neurite.data.Dataset;
import dev.neurite.data.RandomStep;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AugmentTest {

  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Batch apply(RandomStep step, Tensor x, Tensor y) {
    return step.apply(Batch.of(x, y), RandomStream.of(7, "test"));
  }

  /** n pictures 6 x 8 of one channel, all values different. */
  private static Tensor pictures(int n) {
    return Tensor.range(1, 1, n * 48L, DType.FLOAT32).reshape(n, 6, 8, 1);
  }

  private static Tensor labels(int n) {
    return Tensor.range(0, 1, n, DType.INT64);
  }

  @Test
  void nothingAskedForChangesNothing() {
    Tensor x = pictures(3);
    assertArrayEquals(x.toFloats(), apply(Augment.of(), x, labels(3)).x().toFloats());
  }

  @Test
  void flipsAreExact() {
    Tensor x = pictures(2);
    assertArrayEquals(
        x.flip(2).toFloats(), apply(Augment.of().flipHorizontal(1), x, labels(2)).x().toFloats());
    assertArrayEquals(x.flip(1).toFloats(), apply(Augment.of().flipVertical(1), x, labels(2)).x().toFloats());
    Tensor some = apply(Augment.of().flipHorizontal(0.5), pictures(100), labels(100)).x();
    long flipped = Arrays.stream(some.sub(pictures(100)).abs().sum(1, 2, 3).toDoubles()).filter(d -> d > 0).count();
    assertTrue(flipped > 30 && flipped < 70, "flipped " + flipped);
  }

  @Test
  void shiftsMoveWholePixelsAndFillWhatComesIn() {
    Tensor x = pictures(200);
    Tensor y = apply(Augment.of().shift(1, 2).fill(-5), x, labels(200)).x();
    boolean[][] seen = new boolean[3][5];
    for (int i = 0; i < 200; i++) {
      int found = 0;
      for (int down = -1; down <= 1; down++) {
        for (int right = -2; right <= 2; right++) {
          float[] want = shifted(x.select(0, i).toFloats(), down, right);
          if (Arrays.equals(want, y.select(0, i).toFloats())) {
            seen[down + 1][right + 2] = true;
            found++;
          }
        }
      }
      assertEquals(1, found, "picture " + i);
    }
    assertTrue(Arrays.stream(seen).allMatch(row -> row[0] && row[1] && row[2] && row[3] && row[4]));
  }

  private static float[] shifted(float[] x, int down, int right) {
    float[] y = new float[x.length];
    for (int i = 0; i < 6; i++) {
      for (int j = 0; j < 8; j++) {
        boolean inside = i - down >= 0 && i - down < 6 && j - right >= 0 && j - right < 8;
        y[i * 8 + j] = inside ? x[(i - down) * 8 + j - right] : -5;
      }
    }
    return y;
  }

  @Test
  void cropsAreRealPartsOfThePicture() {
    Tensor y = apply(Augment.of().crop(4, 5), pictures(50), labels(50)).x();
    assertEquals(Shape.of(50, 4, 5, 1), y.shape());
    for (int i = 0; i < 50; i++) {
      float[] v = y.select(0, i).toFloats();
      for (int k = 0; k < v.length; k++) {
        assertEquals(v[0] + k / 5 * 8 + k % 5, v[k]);
      }
    }
    assertThrows(ShapeException.class, () -> apply(Augment.of().crop(7, 5), pictures(1), labels(1)));
  }

  @Test
  void aSmoothRampStaysOneWhenTurnedAndZoomed() {
    Tensor ramp = Tensor.range(0, 1, 33, DType.FLOAT32).reshape(1, 1, 33, 1).broadcastTo(Shape.of(20, 33, 33, 1));
    Tensor y = apply(Augment.of().rotate(30).zoom(1.1, 1.5), ramp.contiguous(), labels(20)).x();
    for (int i = 0; i < 20; i++) {
      Tensor one = y.select(0, i).squeeze(2);
      assertEquals(16, one.get(16, 16), 1e-4, "the middle stays");
      double right = one.get(16, 20) - one.get(16, 16);
      double down = one.get(20, 16) - one.get(16, 16);
      double zoom = 4 / Math.hypot(right, down);
      assertTrue(zoom >= 1.1 - 1e-4 && zoom <= 1.5 + 1e-4, "zoom " + zoom);
      assertTrue(Math.abs(Math.toDegrees(Math.atan2(down, right))) <= 30 + 1e-4);
    }
  }

  /** A bright rectangle, its mask and its box: after any motion they must still tell the same place. */
  @Test
  void masksAndBoxesFollowTheGeometry() {
    int n = 60;
    float[] x = new float[n * 40 * 40];
    float[] boxes = new float[n * 2 * 5];
    for (int i = 0; i < n; i++) {
      int left = 8 + i % 7;
      int top = 10 + i % 5;
      for (int r = top; r < top + 9; r++) {
        Arrays.fill(x, (i * 40 + r) * 40 + left, (i * 40 + r) * 40 + left + 14, 1);
      }
      System.arraycopy(new float[] {left, top, left + 14, top + 9, 3}, 0, boxes, i * 10, 5);
    }
    Tensor pictures = Tensor.of(x, Shape.of(n, 40, 40, 1));
    Augment motion = Augment.of().flipHorizontal(0.5).flipVertical(0.5).shift(6, 6).zoom(0.8, 1.2).crop(36, 38);
    Batch masks =
        apply(motion.targets(Augment.Targets.MASKS), pictures, pictures.squeeze(3).cast(DType.INT64));
    Batch moved =
        apply(motion.targets(Augment.Targets.BOXES), pictures, Tensor.of(boxes, Shape.of(n, 2, 5)));

    assertArrayEquals(masks.x().toFloats(), moved.x().toFloats());
    assertEquals(DType.INT64, masks.y().dtype());
    assertEquals(Shape.of(n, 36, 38), masks.y().shape());
    for (int i = 0; i < n; i++) {
      Tensor picture = masks.x().select(0, i).squeeze(2);
      Tensor mask = masks.y().select(0, i).cast(DType.FLOAT32);
      // at a corner, a bilinear pixel may have a quarter of the value the nearest one has
      double differing = picture.sub(mask).abs().gt(0.76).cast(DType.FLOAT32).sum().item();
      assertEquals(0, differing, "picture " + i);
      double[] box = moved.y().select(0, i).select(0, 0).toDoubles();
      assertEquals(box[2] - box[0], mask.max(0).sum().item(), 1, "picture " + i);
      assertEquals(box[3] - box[1], mask.max(1).sum().item(), 1, "picture " + i);
      assertEquals(1, picture.get((long) (box[1] + box[3]) / 2, (long) (box[0] + box[2]) / 2), "picture " + i);
      assertArrayEquals(
          new double[] {0, 0, 0, 0, 0}, moved.y().select(0, i).select(0, 1).toDoubles(), "the unused box");
      assertEquals(3, moved.y().get(i, 0, 4));
    }
  }

  @Test
  void aTurnedBoxIsTheSmallestUprightOneAroundIt() {
    Motion quarter = Motion.around(10, 10, 0, -1, 1, 0, 0, 0);
    assertArrayEquals(new double[] {12, 4, 16, 8}, quarter.box(4, 4, 8, 8, 20, 20), 1e-12);
    double s = Math.sqrt(0.5);
    Motion eighth = Motion.around(10, 10, s, -s, s, s, 0, 0);
    double half = 2 * Math.sqrt(2);
    assertArrayEquals(
        new double[] {10 - half, 10 - half, 10 + half, 10 + half}, eighth.box(8, 8, 12, 12, 20, 20), 1e-12);
    assertArrayEquals(new double[4], Motion.NONE.shifted(100, 0).box(4, 4, 8, 8, 20, 20));
  }

  @Test
  void coloursChangeByNoMoreThanAsked() {
    Tensor x = Tensor.full(Shape.of(200, 2, 2, 3), 0.5, DType.FLOAT32);
    double[] y = apply(Augment.of().brightness(0.2), x, labels(200)).x().toDoubles();
    assertEquals(0.7, Arrays.stream(y).max().orElseThrow(), 0.02);
    assertEquals(0.3, Arrays.stream(y).min().orElseThrow(), 0.02);

    Tensor grey = apply(Augment.of().saturation(1).contrast(0), x, labels(200)).x();
    assertEquals(0, grey.sub(x).abs().max().item(), 1e-6, "grey has no saturation to change");
    Tensor halves = Tensor.of(new float[] {0.25f, 0.75f}, Shape.of(1, 1, 2, 1));
    double[] spread = apply(Augment.of().contrast(0.5), halves, labels(1)).x().toDoubles();
    assertEquals(1, spread[0] + spread[1], 1e-6, "the mean stays");
    double[] cut = apply(Augment.of().brightness(5), x, labels(200)).x().toDoubles();
    assertTrue(Arrays.stream(cut).allMatch(v -> v >= 0 && v <= 1));
    assertThrows(ShapeException.class, () -> apply(Augment.of().saturation(0.5), pictures(1), labels(1)));
  }

  @Test
  void cutoutBlanksASquare() {
    double[] blank =
        apply(Augment.of().cutout(3).fill(-1), pictures(100), labels(100)).x().eq(-1).cast(DType.FLOAT32).sum(1, 2, 3)
            .toDoubles();
    assertEquals(9, Arrays.stream(blank).max().orElseThrow());
    assertTrue(Arrays.stream(blank).min().orElseThrow() >= 4, "a corner of the square at least");
  }

  @Test
  void mixupMixesPicturesAndTargetsAlike() {
    int n = 40;
    Tensor y = labels(n).oneHot(n, DType.FLOAT32);
    Tensor x = labels(n).cast(DType.FLOAT32).reshape(n, 1, 1, 1).broadcastTo(Shape.of(n, 4, 4, 1)).contiguous();
    for (Augment a : List.of(Augment.of().mixup(0.4), Augment.of().cutMix(1))) {
      Batch mixed = apply(a, x, y);
      double[] sums = mixed.y().sum(1).toDoubles();
      double[] expected = mixed.y().mul(labels(n).cast(DType.FLOAT32)).sum(1).toDoubles();
      assertArrayEquals(mixed.x().mean(1, 2, 3).toDoubles(), expected, 1e-4);
      Arrays.stream(sums).forEach(s -> assertEquals(1, s, 1e-5));
      assertTrue(mixed.y().max().item() <= 1);
      assertFalse(Arrays.equals(y.toFloats(), mixed.y().toFloats()));
      assertThrows(ShapeException.class, () -> apply(a, x, labels(n)), "class numbers cannot be mixed");
    }
  }

  @Test
  void theSameSeedAndPlaceGiveTheSamePicturesOnAnyNumberOfThreads() {
    Augment a = Augment.of().flipHorizontal(0.5).rotate(20).zoom(0.9, 1.1).shift(1, 1).brightness(0.1).cutout(2);
    Dataset data = Dataset.of(pictures(50), labels(50)).shuffle().batch(8).map(a);
    float[] plain = epoch(data, 3, 0);

    assertArrayEquals(plain, epoch(data, 3, 0));
    assertArrayEquals(plain, epoch(data.prefetch(2), 3, 0));
    assertArrayEquals(plain, epoch(data.prefetch(3, 4), 3, 0));
    assertFalse(Arrays.equals(plain, epoch(data, 3, 1)), "another epoch, other pictures");
    assertFalse(Arrays.equals(plain, epoch(data, 4, 0)), "another seed, other pictures");
  }

  @Test
  void twoRandomStepsDrawDifferentNumbers() {
    Augment half = Augment.of().flipHorizontal(0.5);
    Dataset twice = Dataset.of(pictures(64), labels(64)).batch(64).map(half).map(half);
    long flipped =
        Arrays.stream(Tensor.of(epoch(twice, 1, 0), Shape.of(64, 48)).sub(pictures(64).reshape(64, 48)).abs().sum(1)
                .toDoubles())
            .filter(d -> d > 0).count();
    assertTrue(flipped > 10, "equal draws would undo each other; flipped " + flipped);
  }

  private static float[] epoch(Dataset data, long seed, int epoch) {
    List<float[]> parts = new ArrayList<>();
    int count = 0;
    try (BatchIterator it = data.epoch(seed, epoch)) {
      while (it.hasNext()) {
        try (Batch b = it.next()) {
          parts.add(b.x().toFloats());
          count += parts.get(parts.size() - 1).length;
        }
      }
    }
    float[] all = new float[count];
    int at = 0;
    for (float[] p : parts) {
      System.arraycopy(p, 0, all, at, p.length);
      at += p.length;
    }
    return all;
  }

  @Test
  void wrongSettingsAndTargetsAreRefused() {
    Augment a = Augment.of();
    for (Runnable wrong : List.<Runnable>of(
        () -> a.flipHorizontal(1.5), () -> a.rotate(Double.NaN), () -> a.zoom(0, 1), () -> a.zoom(2, 1), () ->
            a.shift(-1, 0),
        () -> a.crop(0, 1), () -> a.contrast(2), () -> a.mixup(0), () -> a.cutMix(5), () -> a.valueRange(1, 0))) {
      assertThrows(IllegalArgumentException.class, wrong::run);
    }
    assertThrows(ShapeException.class, () -> apply(a, Tensor.of(1f), labels(1)));
    assertThrows(
        ShapeException.class, () -> apply(a.targets(Augment.Targets.MASKS), pictures(2), labels(2)));
    assertThrows(
        ShapeException.class, () -> apply(a.targets(Augment.Targets.BOXES), pictures(2), labels(2)));
  }
}
