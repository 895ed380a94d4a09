package dev.neurite.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** .npy and .npz files, sound and hostile. */
class NpyTest {

  @TempDir Path folder;

  private static byte[] npy(int version, String descr, boolean fortran, String shape, byte[] data) {
    String text =
        "{'descr': " + descr + ", 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }\n";
    return withHeader(version, text, data);
  }

  private static byte[] withHeader(int version, String text, byte[] data) {
    byte[] header = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer b = ByteBuffer.allocate(12 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    b.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
    if (version == 1) {
      b.putShort((short) header.length);
    } else {
      b.putInt(header.length);
    }
    return Arrays.copyOf(b.put(header).put(data).array(), b.position());
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private static byte[] bytes(ByteOrder order, int... shorts) {
    ByteBuffer b = ByteBuffer.allocate(2 * shorts.length).order(order);
    for (int s : shorts) {
      b.putShort((short) s);
    }
    return b.array();
  }

  @Test
  void everyByteOrderAndVersionIsRead() throws IOException {
    for (int version = 1; version <= 3; version++) {
      for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
        String descr = order == ByteOrder.BIG_ENDIAN ? "'>i2'" : "'<i2'";
        byte[] raw = npy(version, descr, false, "(3,)", bytes(order, 1, -2, 300));
        assertArrayEquals(new int[] {1, -2, 300}, Npy.read(file("a.npy", raw)).toInts());
      }
    }
  }

  @Test
  void fortranOrderBecomesRowMajor() throws IOException {
    byte[] raw = npy(1, "'<u2'", true, "(2, 3, 1)", bytes(ByteOrder.LITTLE_ENDIAN, 1, 4, 2, 5, 3, 65535));
    Tensor x = Npy.read(file("f.npy", raw));

    assertEquals(Shape.of(2, 3, 1), x.shape());
    assertArrayEquals(new int[] {1, 2, 3, 4, 5, 65535}, x.toInts());
  }

  @Test
  void unsignedLongsAreReadUpToTheLargestSignedOne() throws IOException {
    byte[] data = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(Long.MAX_VALUE).array();
    assertEquals(Long.MAX_VALUE, Npy.read(file("u8.npy", npy(1, "'<u8'", false, "()", data))).toLongs()[0]);
    data[7] = (byte) 0xff;
    refused("2^63 - 1", npy(1, "'<u8'", false, "()", data));
  }

  @Test
  void writtenArraysComeBackEqual() {
    for (DType type : List.of(DType.FLOAT32, DType.FLOAT64, DType.INT32, DType.INT64, DType.UINT8, DType.BOOL)) {
      Tensor x = Tensor.range(0, 1, 6, DType.FLOAT32).cast(type).reshape(3, 2).transpose();
      Path file = folder.resolve(type + ".npy");
      Npy.write(file, x);
      Tensor back = Npy.read(file);
      assertEquals(type, back.dtype());
      assertEquals(Shape.of(2, 3), back.shape());
      assertArrayEquals(x.toDoubles(), back.toDoubles());
    }
  }

  private void refused(String reason, byte[] raw) throws IOException {
    Path file = file("bad.npy", raw);
    FormatException e = assertThrows(FormatException.class, () -> Npy.read(file));
    assertTrue(e.getMessage().contains(reason), e.getMessage());
  }

  @Test
  void pythonObjectsTextsAndFieldsAreRefused() throws IOException {
    refused("Python objects", npy(1, "'|O'", false, "(1,)", new byte[8]));
    refused("expected a dtype", npy(1, "'<U4'", false, "(1,)", new byte[16]));
    refused("expected a dtype", npy(1, "'<c8'", false, "(1,)", new byte[8]));
    refused("fields", npy(1, "[('a', '<f4')]", false, "(1,)", new byte[4]));
  }

  @Test
  void damagedHeadersAreRefused() throws IOException {
    refused("0 bytes", new byte[0]);
    refused("no .npy file", "hello, world".getBytes(StandardCharsets.US_ASCII));
    refused("expected version", npy(4, "'<f4'", false, "(0,)", new byte[0]));
    refused("damaged header", withHeader(1, "__import__('os')", new byte[0]));
    refused("'descr' twice", withHeader(1, "{'descr': '<f4', 'descr': '<f4'}", new byte[0]));
    refused("expected the keys", withHeader(1, "{'descr': '<f4'}", new byte[0]));
    refused("axis length", npy(1, "'<f4'", false, "(-1,)", new byte[0]));
    refused("axis length", npy(1, "'<f4'", false, "(99999999999999999999,)", new byte[0]));
    refused("more than 64 axes", npy(1, "'<f4'", false, "(" + "1,".repeat(65) + ")", new byte[4]));
    refused("at most 65536", withHeader(2, " ".repeat(70_000), new byte[0]));
  }

  @Test
  void sizesThatDoNotMatchTheFileAreRefusedBeforeAllocation() throws IOException {
    refused("promises", npy(1, "'<f8'", false, "(1000000, 1000000)", new byte[8]));
    refused("2^63", npy(1, "'<f8'", false, "(4611686018427387904, 4611686018427387904)", new byte[8]));
    refused("given 7", npy(1, "'<f4'", false, "(2,)", new byte[7]));
    refused("given 9", npy(1, "'<f4'", false, "(2,)", new byte[9]));
  }

  // ---- npz

  private static byte[] zip(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(e.getKey()));
        zip.write(e.getValue());
        zip.closeEntry();
      }
    }
    return out.toByteArray();
  }

  private void refusedZip(String reason, byte[] raw) throws IOException {
    Path file = file("bad.npz", raw);
    FormatException e = assertThrows(FormatException.class, () -> Npz.read(file));
    assertTrue(e.getMessage().contains(reason), e.getMessage());
  }

  @Test
  void namedArraysComeBackInOrder() {
    Map<String, Tensor> arrays = new LinkedHashMap<>();
    arrays.put("layer/kernel", Tensor.of(1, 2, 3f));
    arrays.put("b", Tensor.ofLongs(7));
    Path file = folder.resolve("two.npz");
    Npz.write(file, arrays);
    Map<String, Tensor> back = Npz.read(file);

    assertEquals(List.of("layer/kernel", "b"), List.copyOf(back.keySet()));
    assertArrayEquals(new float[] {1, 2, 3}, back.get("layer/kernel").toFloats());
    assertArrayEquals(new long[] {7}, back.get("b").toLongs());
  }

  @Test
  void namesAreKeysAndNeverPaths() throws IOException {
    byte[] one = npy(1, "'|u1'", false, "(1,)", new byte[] {5});
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Path file = Files.write(inner.resolve("t.npz"), zip(Map.of("../../escaped.npy", one)));

    assertEquals(5, Npz.read(file).get("../../escaped").item());
    try (var all = Files.walk(folder)) {
      assertEquals(List.of(file), all.filter(Files::isRegularFile).toList());
    }
  }

  @Test
  void aZipBombIsCappedUnlessTrusted() throws IOException {
    int size = 80 << 20;
    byte[] raw = npy(1, "'|u1'", false, "(" + size + ",)", new byte[size]);
    Path file = file("bomb.npz", zip(Map.of("zeros.npy", raw)));

    assertTrue(Files.size(file) < 1 << 20);
    refusedZip("expected arrays of at most", Files.readAllBytes(file));
    assertEquals(size, Npz.read(file, 1L << 27).get("zeros").size());
  }

  @Test
  void foreignEntriesDamageAndObjectsAreRefused() throws IOException {
    byte[] one = npy(1, "'|u1'", false, "(64,)", new byte[64]);
    refusedZip("0 bytes", new byte[0]);
    refusedZip("damaged zip", new byte[100]);
    refusedZip("end in .npy", zip(Map.of("run.py", new byte[3])));
    refusedZip("Python objects", zip(Map.of("a.npy", npy(1, "'|O'", false, "(1,)", new byte[8]))));
    byte[] whole = zip(Map.of("a.npy", one));
    refusedZip("damaged zip", Arrays.copyOf(whole, whole.length - 10));
    assertThrows(FormatException.class, () -> Npz.read(folder.resolve("none.npz")));
  }

  @Test
  void bfloat16RoundsHalvesToEvenAndKeepsNaN() {
    assertEquals(1.0f, Bfloat16.round(1.00390625f));
    assertEquals(1.015625f, Bfloat16.round(1.01171875f));
    assertEquals(Float.POSITIVE_INFINITY, Bfloat16.round(Float.MAX_VALUE));
    assertTrue(Float.isNaN(Bfloat16.round(Float.intBitsToFloat(0x7fffffff))));
    for (int bits = 0; bits < 1 << 16; bits++) {
      float v = Bfloat16.toFloat((short) bits);
      assertTrue(Float.isNaN(v) || Bfloat16.toBits(v) == (short) bits);
    }
  }
}
