package dev.neurite.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DatasetTest {

  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** n examples: x = [i, 10 i], y = i. */
  private static Dataset numbered(int n) {
    float[] x = new float[2 * n];
    for (int i = 0; i < n; i++) {
      x[2 * i] = i;
      x[2 * i + 1] = 10 * i;
    }
    return Dataset.of(
        Tensor.of(x, Shape.of(n, 2)), Tensor.ofLongs(LongStream.range(0, n).toArray()));
  }

  private static List<Long> labels(Iterable<Batch> batches) {
    List<Long> all = new ArrayList<>();
    for (Batch b : batches) {
      for (long label : b.y().toLongs()) {
        all.add(label);
      }
    }
    return all;
  }

  private static List<Long> labels(Dataset data, long seed, int epoch) {
    try (BatchIterator it = data.epoch(seed, epoch)) {
      return labels(() -> it);
    }
  }

  private static List<Long> range(int from, int to) {
    return LongStream.range(from, to).boxed().toList();
  }

  @Test
  void fourHundredRowsInBatchesOf150Give150And150And100() {
    List<Long> sizes = new ArrayList<>();
    for (Batch b : numbered(400).batch(150)) {
      sizes.add(b.size());
    }

    assertEquals(List.of(150L, 150L, 100L), sizes);
    assertEquals(3, numbered(400).batch(150).batches());
  }

  @Test
  void droppingTheLastBatchLeavesFullOnes() {
    Dataset data = numbered(400).batch(150, true);

    assertEquals(range(0, 300), labels(data));
    assertEquals(2, data.batches());
  }

  @Test
  void rowsKeepTheirTargetsWhenShuffled() {
    for (Batch b : numbered(97).shuffle(3).batch(10)) {
      float[] x = b.x().toFloats();
      long[] y = b.y().toLongs();
      for (int i = 0; i < y.length; i++) {
        assertEquals(y[i], (long) x[2 * i]);
        assertEquals(10 * y[i], (long) x[2 * i + 1]);
      }
    }
  }

  @Test
  void everyEpochHasEachRowOnceInAnotherOrder() {
    Dataset data = numbered(101).shuffle(5).batch(7);

    List<Long> first = labels(data, 0, 0);
    List<Long> second = labels(data, 0, 1);

    assertEquals(range(0, 101), first.stream().sorted().toList());
    assertEquals(range(0, 101), second.stream().sorted().toList());
    assertNotEquals(first, second);
    assertNotEquals(range(0, 101), first);
  }

  @Test
  void orderDependsOnSeedAndEpochOnly() {
    Dataset data = numbered(50).shuffle().batch(8);
    List<Long> wanted = labels(data, 7, 3);

    assertEquals(wanted, labels(data, 7, 3));
    assertEquals(wanted, labels(numbered(50).batch(8).shuffle(), 7, 3));
    assertEquals(wanted, labels(data.prefetch(3), 7, 3));
    assertNotEquals(wanted, labels(data, 8, 3));
    assertEquals(labels(numbered(50).shuffle(7), 1, 3), wanted);
  }

  @Test
  void loopsOverAShuffledSetDifferFromEachOther() {
    Dataset data = numbered(50).shuffle(11);

    assertNotEquals(labels(data), labels(data));
  }

  @Test
  void loopsFreeEachBatchWhenTheNextComes() {
    List<Batch> seen = new ArrayList<>();
    for (Batch b : numbered(30).shuffle(1).batch(10)) {
      seen.add(b);
      assertFalse(b.x().isClosed());
    }

    assertTrue(seen.stream().allMatch(b -> b.x().isClosed() && b.y().isClosed()));
  }

  @Test
  void closingABatchKeepsTheDataSet() {
    Dataset data = numbered(4).batch(4);
    data.epoch(0, 0).next().close();

    assertEquals(range(0, 4), labels(data));
  }

  @Test
  void takeAndSkipAndSplitChooseBeforeShuffling() {
    Dataset data = numbered(10);
    Split split = data.shuffle(1).split(0.8);

    assertEquals(range(0, 3), labels(data.take(3)));
    assertEquals(range(3, 10), labels(data.skip(3)));
    assertEquals(range(2, 5), labels(data.skip(2).take(3)));
    assertEquals(range(0, 8), labels(split.first()).stream().sorted().toList());
    assertEquals(range(8, 10), labels(split.second()).stream().sorted().toList());
    assertEquals(0, data.skip(11).size());
    assertEquals(10, data.take(11).size());
  }

  @Test
  void stratifiedSplitIsDisjointSeededAndKeepsTheShares() {
    int n = 90; // classes 0, 1, 2 with 60, 20, 10 examples
    long[] y = LongStream.range(0, n).map(i -> i < 60 ? 0 : i < 80 ? 1 : 2).toArray();
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = i;
    }
    Dataset data = Dataset.of(Tensor.of(x, Shape.of(n, 1)), Tensor.ofLongs(y));

    Split split = data.stratifiedSplit(0.8, 5);
    Split again = data.stratifiedSplit(0.8, 5);
    Split other = data.stratifiedSplit(0.8, 6);

    assertEquals(Map.of(0L, 48L, 1L, 16L, 2L, 8L), counts(split.first()));
    assertEquals(Map.of(0L, 12L, 1L, 4L, 2L, 2L), counts(split.second()));
    float[] first = split.first().all().x().toFloats();
    float[] second = split.second().all().x().toFloats();
    float[] both = Arrays.copyOf(first, n);
    System.arraycopy(second, 0, both, first.length, second.length);
    Arrays.sort(both);
    assertArrayEquals(x, both);
    assertArrayEquals(first, again.first().all().x().toFloats());
    assertFalse(Arrays.equals(first, other.first().all().x().toFloats()));
  }

  private static Map<Long, Long> counts(Dataset data) {
    Map<Long, Long> counts = new HashMap<>();
    labels(data).forEach(label -> counts.merge(label, 1L, Long::sum));
    return counts;
  }

  @Test
  void stratifiedSplitOfFloatTargetsIsRefused() {
    Dataset data = Dataset.of(new float[][] {{1}, {2}}, new float[] {1, 2});

    DTypeException e = assertThrows(DTypeException.class, () -> data.stratifiedSplit(0.5, 1));

    assertEquals(
        "Dataset.stratifiedSplit: expected int64 class numbers [n] as targets, given float32[2, 1]", e.getMessage());
  }

  @Test
  void mapSeesBatchesAndItsLeftoversAreFreed() {
    List<Tensor> leftovers = new ArrayList<>();
    Dataset data =
        numbered(5)
            .map(b -> {
              Tensor twice = b.x().mul(2);
              leftovers.add(twice);
              leftovers.add(b.x());
              return b.withX(twice.add(1));
            })
            .batch(2);
    List<Float> firsts = new ArrayList<>();
    for (Batch b : data) {
      firsts.add(b.x().toFloats()[0]);
    }

    assertEquals(List.of(1f, 5f, 9f), firsts);
    assertTrue(leftovers.stream().allMatch(Tensor::isClosed));
    assertEquals(5, data.size());
  }

  @Test
  void mapMustKeepTheNumberOfExamples() {
    Dataset data = numbered(4).map(b -> Batch.of(b.x().slice(0, 0, 1), b.y().slice(0, 0, 1))).batch(4);

    ShapeException e = assertThrows(ShapeException.class, () -> labels(data));

    assertEquals(
        "Dataset.map: expected a function that keeps the number of examples, 4, given 1", e.getMessage());
  }

  @Test
  void weightsTravelWithTheirRows() {
    Dataset data = numbered(20).withWeights(Tensor.range(0, 1, 20, DType.FLOAT32)).shuffle(1).batch(6);

    for (Batch b : data) {
      assertArrayEquals(b.y().cast(DType.FLOAT32).toFloats(), b.weights().toFloats());
    }
    for (Batch b : numbered(20).skip(5).withWeights(Tensor.range(5, 1, 15, DType.FLOAT32)).batch(6)) {
      assertArrayEquals(b.y().cast(DType.FLOAT32).toFloats(), b.weights().toFloats());
    }
  }

  @Test
  void concatJoinsInOrder() {
    Dataset joined = numbered(3).batch(2).concat(numbered(2));

    assertEquals(List.of(0L, 1L, 2L, 0L, 1L), labels(joined));
    assertEquals(2, joined.batchSize());
  }

  @Test
  void readyMadeBatchesAreReadAnewAndStayTheCallers() {
    List<Batch> mine = List.of(Batch.of(Tensor.of(1f, 2f), null), Batch.of(Tensor.of(3f), null));
    Dataset data = Dataset.from(mine);

    for (int epoch = 0; epoch < 2; epoch++) {
      List<Float> seen = new ArrayList<>();
      data.forEach(b -> seen.add(b.x().toFloats()[0]));
      assertEquals(List.of(1f, 3f), seen);
    }
    assertFalse(mine.get(0).x().isClosed());
    assertArrayEquals(new float[] {2, 3}, data.skip(1).all().x().toFloats());
    assertArrayEquals(new float[] {1, 2}, data.take(2).all().x().toFloats());
    assertArrayEquals(new float[] {2}, data.skip(1).take(1).all().x().toFloats());
    assertEquals(3, data.inMemory().size());
  }

  @Test
  void readyMadeBatchesCannotBeShuffledBeforeTheyAreInMemory() {
    Dataset data = Dataset.from(List.of(Batch.of(Tensor.of(1f, 2f), null)));

    IllegalStateException e = assertThrows(IllegalStateException.class, data::shuffle);

    assertEquals(
        "Dataset.shuffle: expected examples in memory, given ready-made batches; call inMemory() first",
        e.getMessage());
    assertEquals(2, data.inMemory().shuffle(1).size());
  }

  @Test
  void aStreamIsReadIntoMemory() {
    Dataset data = Dataset.from(Stream.of(Batch.of(Tensor.of(1f, 2f), null), Batch.of(Tensor.of(3f), null)));

    assertEquals(3, data.size());
    assertArrayEquals(new float[] {1, 2, 3}, data.all().x().toFloats());
  }

  @Test
  void aLoadersExceptionSurfacesUnchanged() {
    RuntimeException cause = new IllegalStateException("disk on fire");
    Dataset data =
        numbered(10)
            .batch(2)
            .map(b -> {
              if (b.y().toLongs()[0] == 4) {
                throw cause;
              }
              return b;
            })
            .prefetch(2);
    List<Long> seen = new ArrayList<>();
    Thread before = Thread.currentThread();

    RuntimeException e =
        assertThrows(IllegalStateException.class, () -> data.forEach(b -> seen.add(b.y().toLongs()[0])));

    assertSame(cause, e);
    assertSame(before, Thread.currentThread());
    assertEquals(List.of(0L, 2L), seen);
    assertTrue(loaders().isEmpty(), "the loader thread has ended");
  }

  @Test
  void prefetchingGivesTheSameBatchesAndEndsItsThreadWhenLeft() {
    assertEquals(range(0, 40), labels(numbered(40).batch(7).prefetch(3)));
    try (BatchIterator it = numbered(40).batch(7).prefetch(2).epoch(0, 0)) {
      assertEquals(7, it.next().size());
    }

    assertTrue(loaders().isEmpty(), "the loader thread has ended");
  }

  @Test
  void severalThreadsMapInOrderAndEndWhenLeftOrFailing() {
    Dataset mapped = numbered(40).batch(3).map(b -> b.withX(b.x().mul(2)));
    assertEquals(range(0, 40), labels(mapped.prefetch(2, 4)));
    try (BatchIterator it = mapped.prefetch(1, 3).epoch(0, 0)) {
      assertEquals(3, it.next().size());
    }
    RuntimeException cause = new IllegalStateException("disk on fire");
    Dataset failing = mapped.map(b -> {
      if (b.y().toLongs()[0] == 9) {
        throw cause;
      }
      return b;
    });
    List<Long> seen = new ArrayList<>();
    RuntimeException e =
        assertThrows(
            IllegalStateException.class, () -> failing.prefetch(2, 4).forEach(b -> seen.add(b.y().toLongs()[0])));

    assertSame(cause, e);
    assertEquals(List.of(0L, 3L, 6L), seen, "what came before the failure");
    assertTrue(loaders().isEmpty(), "all threads have ended: " + loaders());
    assertThrows(IllegalArgumentException.class, () -> mapped.prefetch(1, 0));
  }

  @Test
  void progressIsALineOfTextWithCountsAndSpeed() {
    List<String> lines = new ArrayList<>();
    assertEquals(range(0, 40), labels(numbered(40).batch(7).prefetch(2).progress(lines::add)));

    String last = lines.get(lines.size() - 1);
    assertTrue(last.matches("data 6/6 batches, 40/40 examples, [0-9,]+ examples/s"), last);
  }

  private static List<String> loaders() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .map(Thread::getName)
        .filter(name -> name.startsWith("neurite-loader"))
        .toList();
  }

  @Test
  void aLoopThatIsLeftLeavesNoOpenScope() {
    for (Batch b : numbered(40).shuffle(1).batch(7)) {
      assertEquals(7, b.size());
      break;
    }

    assertEquals(3, Scope.run(() -> Tensor.of(1f, 2f)).add(1).toFloats()[1]);
  }

  @Test
  void severalInputsStayTogether() {
    Tensor a = Tensor.range(0, 1, 6, DType.FLOAT32);
    Dataset data = Dataset.of(List.of(a, a.mul(2).reshape(6, 1)), null).shuffle(4).batch(4);

    for (Batch b : data) {
      assertEquals(2, b.inputs().size());
      assertArrayEquals(b.x().mul(2).toFloats(), b.inputs().get(1).toFloats());
    }
  }

  @Test
  void wrongArgumentsAreNamed() {
    Tensor x = Tensor.of(new float[][] {{1}, {2}, {3}});

    assertMessage(
        ShapeException.class, "Dataset.of: expected targets for 3 examples, given 2",
        () -> Dataset.of(x, Tensor.ofLongs(1, 2)));
    assertMessage(
        ShapeException.class, "Dataset.withWeights: expected weights for 3 examples, given 1",
        () -> Dataset.of(x).withWeights(Tensor.of(1f)));
    assertMessage(
        IllegalArgumentException.class, "Dataset.batch: expected 1 example or more, given 0",
        () -> Dataset.of(x).batch(0));
    assertMessage(
        IllegalArgumentException.class, "Dataset.take: expected 0 examples or more, given -1",
        () -> Dataset.of(x).take(-1));
    assertMessage(
        IllegalArgumentException.class, "Dataset.split: expected a fraction from 0 to 1, given 1.5",
        () -> Dataset.of(x).split(1.5));
    assertMessage(
        IllegalArgumentException.class, "Dataset.prefetch: expected 1 batch or more, given 0",
        () -> Dataset.of(x).prefetch(0));
    assertMessage(
        ShapeException.class, "Dataset.of: expected inputs with a first axis of examples, given float32[]",
        () -> Dataset.of(Tensor.scalar(1f)));
  }

  private static void assertMessage(Class<? extends Exception> kind, String message, Runnable code) {
    assertEquals(message, assertThrows(kind, code::run).getMessage());
  }

  @Test
  void anEmptySetHasNoBatches() {
    Iterator<Batch> batches = Dataset.of(Tensor.zeros(Shape.of(0, 3))).iterator();

    assertFalse(batches.hasNext());
  }
}
