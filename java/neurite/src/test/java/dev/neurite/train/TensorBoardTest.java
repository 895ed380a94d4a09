package dev.neurite.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.Scope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Event files decoded by a reader of their own, from the descriptions of TFRecord, CRC-32C and protobuf. */
public class TensorBoardTest {

  @TempDir Path folder;
  private Scope scope;

  @BeforeEach
  void open() {
    Neurite.seed(1);
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** One event: a scalar, a histogram or the version. */
  public record Event(
      double time, long step, String version, String tag, Double scalar, Map<Integer, Object> histogram) {}

  // ---- an independent reader

  /** All events of the only file in a folder, each record's checksums verified. */
  public static List<Event> read(Path folder) throws IOException {
    Path file;
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> all = files.toList();
      assertEquals(1, all.size(), all.toString());
      file = all.get(0);
    }
    assertTrue(file.getFileName().toString().matches("events\\.out\\.tfevents\\.\\d{10}\\..*"), file.toString());
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Event> events = new ArrayList<>();
    while (in.hasRemaining()) {
      int start = in.position();
      long length = in.getLong();
      assertEquals(masked(in.array(), start, 8), in.getInt(), "checksum of the length at " + start);
      int at = in.position();
      in.position(at + (int) length);
      assertEquals(masked(in.array(), at, (int) length), in.getInt(), "checksum of the data at " + at);
      events.add(event(ByteBuffer.wrap(in.array(), at, (int) length).slice().order(ByteOrder.LITTLE_ENDIAN)));
    }
    return events;
  }

  private static int masked(byte[] bytes, int from, int count) {
    int crc = ~0;
    for (int i = from; i < from + count; i++) {
      crc ^= bytes[i] & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1; // Castagnoli's polynomial, reflected
      }
    }
    crc = ~crc;
    return (crc >>> 15 | crc << 17) + 0xa282ead8;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  /** Fields by number: Long, Double, Float or a buffer; messages here repeat none. */
  private static Map<Integer, Object> fields(ByteBuffer in) {
    Map<Integer, Object> fields = new TreeMap<>();
    while (in.hasRemaining()) {
      long key = varint(in);
      Object value = switch ((int) (key & 7)) {
        case 0 -> varint(in);
        case 1 -> in.getDouble();
        case 5 -> in.getFloat();
        case 2 -> {
          int length = (int) varint(in);
          ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
          in.position(in.position() + length);
          yield part;
        }
        default -> throw new AssertionError("wire type " + (key & 7));
      };
      assertEquals(null, fields.put((int) (key >> 3), value), "field " + (key >> 3) + " twice");
    }
    return fields;
  }

  private static String text(Object buffer) {
    return buffer == null ? null : StandardCharsets.UTF_8.decode(((ByteBuffer) buffer).duplicate()).toString();
  }

  private static double[] doubles(Object buffer) {
    ByteBuffer b = ((ByteBuffer) buffer).duplicate().order(ByteOrder.LITTLE_ENDIAN);
    double[] values = new double[b.remaining() / 8];
    for (int i = 0; i < values.length; i++) {
      values[i] = b.getDouble();
    }
    return values;
  }

  private static Event event(ByteBuffer in) {
    Map<Integer, Object> e = fields(in);
    double time = (Double) e.get(1);
    long step = (Long) e.get(2);
    if (e.get(5) == null) {
      return new Event(time, step, text(e.get(3)), null, null, null);
    }
    Map<Integer, Object> value = fields((ByteBuffer) fields((ByteBuffer) e.get(5)).get(1));
    Map<Integer, Object> histogram = value.get(5) == null ? null : fields((ByteBuffer) value.get(5));
    Double scalar = value.get(2) == null ? null : (double) (Float) value.get(2);
    return new Event(time, step, null, text(value.get(1)), scalar, histogram);
  }

  // ---- tests

  @Test
  void theReadersChecksumIsTheKnownOne() {
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    int crc = 0xe3069283; // CRC-32C of these, RFC 3720
    assertEquals((crc >>> 15 | crc << 17) + 0xa282ead8, masked(digits, 0, 9));
  }

  @Test
  void everyRecordHasRightChecksumsTagsStepsAndValues() throws IOException {
    double before = System.currentTimeMillis() / 1e3;
    History history;
    float[] kernel;
    try (Model model = Model.sequential(Input.of(1), Dense.of(40), Dense.of(1))) {
      model.compile(Adam.of(0.01), Losses.meanSquaredError(), Metrics.meanAbsoluteError());
      history =
          model.fit(
              TrainingExamples.slope(16).batch(4),
              Fit.epochs(3)
                  .validateOn(TrainingExamples.slope(5))
                  .callbacks(TensorBoard.in(folder).histograms(2).gradients(true).everyBatches(5)));
      kernel = model.state().get("dense.kernel").toFloats();
    }

    List<Event> train = read(folder.resolve("train"));
    assertEquals("brain.Event:2", train.get(0).version());
    assertTrue(train.stream().allMatch(e -> e.time() >= before && e.time() <= before + 60), "wall times");
    for (String name : new String[] {"loss", "meanAbsoluteError"}) {
      List<Event> values = train.stream().filter(e -> ("epoch_" + name).equals(e.tag())).toList();
      assertEquals(List.of(0L, 1L, 2L), values.stream().map(Event::step).toList());
      for (int i = 0; i < 3; i++) {
        assertEquals((float) history.values(name)[i], values.get(i).scalar().floatValue());
      }
      List<Event> held = read(folder.resolve("validation")).stream()
          .filter(e -> ("epoch_" + name).equals(e.tag())).toList();
      assertEquals((float) history.last("val_" + name), held.get(2).scalar().floatValue());
    }
    assertEquals(
        List.of(5L, 10L), train.stream().filter(e -> "batch_loss".equals(e.tag())).map(Event::step).toList());
    assertEquals(3, train.stream().filter(e -> "epoch_learning_rate".equals(e.tag())).count());

    List<Event> weights = train.stream().filter(e -> "dense/kernel".equals(e.tag())).toList();
    assertEquals(List.of(0L, 2L), weights.stream().map(Event::step).toList());
    assertHistogram(kernel, weights.get(1).histogram());
    assertEquals(
        List.of(0L, 2L),
        train.stream().filter(e -> "gradients/dense_1/bias".equals(e.tag())).map(Event::step).toList());
  }

  private static void assertHistogram(float[] values, Map<Integer, Object> h) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (float v : values) {
      min = Math.min(min, v);
      max = Math.max(max, v);
      sum += v;
    }
    assertEquals(min, h.get(1));
    assertEquals(max, h.get(2));
    assertEquals((double) values.length, h.get(3));
    assertEquals(sum, (Double) h.get(4), 1e-9);
    double[] limits = doubles(h.get(6));
    double[] counts = doubles(h.get(7));
    assertEquals(Histogram.INTERVALS, limits.length);
    for (int i = 0; i < limits.length; i++) {
      double low = i == 0 ? Double.NEGATIVE_INFINITY : limits[i - 1];
      double high = limits[i];
      long inside = 0;
      for (float v : values) {
        inside += v > low && v <= high || v == low && v == limits[i] ? 1 : 0;
      }
      assertEquals(inside, counts[i], 1, "interval " + i); // a value at a limit may be on either side
    }
  }

  @Test
  void valuesThatAreNotFiniteAndEqualOnesAreCounted() {
    Histogram h = Histogram.of(new double[] {2, 2, Double.NaN, Double.NEGATIVE_INFINITY}, 5);
    assertEquals(new Histogram(2, 2, 4, 8, List.of(2.0), List.of(2L), 2), h);
    assertEquals(0, Histogram.of(new double[] {Double.NaN}, 5).count());
    assertEquals(List.of(1L, 0L, 2L), Histogram.of(new double[] {0, 2.5, 3}, 3).counts());
  }
}
