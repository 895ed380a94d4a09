package dev.neurite.train;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;

/**
 * A file of TensorBoard's events: records framed as TFRecord (length, masked CRC-32C of the length, data, masked
 * CRC-32C of the data), each an {@code Event} message in protobuf's encoding.
 */
final class EventFile implements AutoCloseable {

  private static final AtomicLong COUNT = new AtomicLong();
  private static final int MASK = 0xa282ead8;

  // Fields of Event, Summary.Value and HistogramProto.
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;
  private static final int HISTOGRAM = 5;
  private static final int BUCKET_LIMIT = 6;
  private static final int BUCKET = 7;

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final OutputStream out;

  private EventFile(OutputStream out) {
    this.out = out;
  }

  /** A new file in a folder, with a name of its own that sorts by time. */
  static EventFile open(Path folder) throws IOException {
    Files.createDirectories(folder);
    String name =
        String.format(
            Locale.ROOT, "events.out.tfevents.%010d.neurite.%d.%d", System.currentTimeMillis() / 1000,
            ProcessHandle.current().pid(), COUNT.incrementAndGet());
    EventFile file =
        new EventFile(
            new BufferedOutputStream(Files.newOutputStream(folder.resolve(name), StandardOpenOption.CREATE_NEW)));
    file.event(0, FILE_VERSION, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
    file.flush();
    return file;
  }

  void scalar(String tag, double value, long step) throws IOException {
    Message v = new Message().text(TAG, tag).fixed32(SIMPLE_VALUE, Float.floatToRawIntBits((float) value));
    summary(v, step);
  }

  void histogram(String tag, Histogram h, long step) throws IOException {
    Message histo =
        new Message()
            .number(1, h.min())
            .number(2, h.max())
            .number(3, h.count())
            .number(4, h.sum())
            .number(5, h.sumSquares())
            .numbers(BUCKET_LIMIT, h.limits())
            .numbers(BUCKET, h.counts());
    summary(new Message().text(TAG, tag).bytes(HISTOGRAM, histo.toBytes()), step);
  }

  private void summary(Message value, long step) throws IOException {
    event(step, SUMMARY, new Message().bytes(VALUE, value.toBytes()).toBytes());
  }

  private void event(long step, int what, byte[] contents) throws IOException {
    Message event = new Message().number(WALL_TIME, System.currentTimeMillis() / 1e3);
    event.varint(STEP, step).bytes(what, contents);
    record(event.toBytes());
  }

  private void record(byte[] data) throws IOException {
    byte[] length = little(8).putLong(data.length).array();
    out.write(length);
    out.write(little(4).putInt(masked(length)).array());
    out.write(data);
    out.write(little(4).putInt(masked(data)).array());
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Rotated and shifted, so that a checksum of bytes with checksums in them is not a simple one. */
  private static int masked(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  /** A message in protobuf's encoding. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private void key(int field, int type) {
      raw((long) field << 3 | type);
    }

    private void raw(long value) {
      long left = value;
      while ((left & ~0x7fL) != 0) {
        out.write((int) (left & 0x7f | 0x80));
        left >>>= 7;
      }
      out.write((int) left);
    }

    Message varint(int field, long value) {
      key(field, VARINT);
      raw(value);
      return this;
    }

    Message number(int field, double value) {
      key(field, FIXED64);
      out.writeBytes(little(8).putDouble(value).array());
      return this;
    }

    Message fixed32(int field, int bits) {
      key(field, FIXED32);
      out.writeBytes(little(4).putInt(bits).array());
      return this;
    }

    Message bytes(int field, byte[] value) {
      key(field, BYTES);
      raw(value.length);
      out.writeBytes(value);
      return this;
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message numbers(int field, List<? extends Number> values) {
      ByteBuffer packed = little(8 * values.size());
      values.forEach(v -> packed.putDouble(v.doubleValue()));
      return bytes(field, packed.array());
    }

    byte[] toBytes() {
      return out.toByteArray();
    }
  }
}
