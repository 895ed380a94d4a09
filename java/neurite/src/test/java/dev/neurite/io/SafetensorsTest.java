package dev.neurite.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.error.FormatException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {

  @TempDir Path folder;

  private static byte[] file(String header, int dataBytes) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .array();
  }

  private String refusal(byte[] bytes) {
    try {
      Path path = folder.resolve("bad.safetensors");
      Files.write(path, bytes);
      long before = Neurite.memory().liveBlocks();
      FormatException e = assertThrows(FormatException.class, () -> Safetensors.read(path));
      assertTrue(Neurite.memory().liveBlocks() <= before, "blocks left behind");
      assertEquals(path.toString(), e.file());
      return e.reason();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String refusal(String header, int dataBytes) {
    return refusal(file(header, dataBytes));
  }

  private static String tensor(String name, String dtype, String shape, long begin, long end) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" + begin + ","
        + end + "]}";
  }

  @Test
  void everyTypeSurvivesWritingAndReading() {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> all = new LinkedHashMap<>();
      all.put("f32", Tensor.of(new float[] {1.5f, Float.NaN, -0f}, Shape.of(3)));
      all.put("f64", Tensor.of(new double[] {Math.PI, 1e-300}, Shape.of(1, 2)));
      all.put("i32", Tensor.of(new int[] {-7, Integer.MAX_VALUE}, Shape.of(2)));
      all.put("i64", Tensor.of(new long[] {Long.MIN_VALUE, 3}, Shape.of(2)));
      all.put("u8", Tensor.of(new byte[] {0, (byte) 255}, Shape.of(2)));
      all.put("bool", Tensor.of(new boolean[] {true, false}, Shape.of(2)));
      all.put("scalar", Tensor.scalar(4f));
      all.put("empty", Tensor.zeros(Shape.of(0, 3)));
      all.put("größe.✓", Tensor.zeros(Shape.of(1)));
      Path path = folder.resolve("all.safetensors");

      Safetensors.write(path, all, Map.of("note", "größe ✓"));
      Safetensors back = Safetensors.read(path);

      assertEquals(Map.of("note", "größe ✓"), back.metadata());
      assertEquals(all.keySet(), back.tensors().keySet());
      all.forEach((name, t) -> {
        Tensor b = back.tensors().get(name);
        assertEquals(t.dtype(), b.dtype(), name);
        assertEquals(t.shape(), b.shape(), name);
        if (t.dtype() == DType.INT64) {
          assertArrayEquals(t.toLongs(), b.toLongs(), name);
        } else {
          assertArrayEquals(t.toDoubles(), b.toDoubles(), name);
        }
      });
    }
  }

  @Test
  void aTensorLargerThanOnePieceAndAViewSurvive() {
    try (Scope scope = Scope.open()) {
      Tensor big = Tensor.range(0, 1, 700_001, DType.FLOAT32);
      Tensor view = Tensor.of(new float[][] {{1, 2, 3}, {4, 5, 6}}).transpose();
      Path path = folder.resolve("big.safetensors");

      Safetensors.write(path, Map.of("big", big), Map.of());
      assertArrayEquals(big.toFloats(), Safetensors.read(path).tensors().get("big").toFloats());
      Safetensors.write(path, Map.of("view", view), Map.of());
      assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, Safetensors.read(path).tensors().get("view").toFloats());
    }
  }

  @Test
  void emptyAndShortFilesAreRefused() {
    assertEquals("expected at least 8 bytes of header length, given 0 bytes", refusal(new byte[0]));
    assertEquals("expected at least 8 bytes of header length, given 7 bytes", refusal(new byte[7]));
  }

  @Test
  void wrongHeaderLengthsAreRefusedBeforeReading() {
    ByteBuffer b = ByteBuffer.allocate(120).order(ByteOrder.LITTLE_ENDIAN);
    for (long n : new long[] {0, 1, 113, 100_000_001, Long.MAX_VALUE, -1}) {
      b.putLong(0, n);
      String reason = refusal(b.array());
      assertEquals("expected a header length from 2 to 112, given " + Long.toUnsignedString(n), reason);
    }
  }

  @Test
  void headersThatAreNotStrictJsonAreRefused() {
    assertEquals("expected a header that begins with '{'", refusal("[]", 0));
    assertEquals("expected a header that begins with '{'", refusal(" {}", 0));
    assertTrue(refusal("{\"a\":", 0).startsWith("expected JSON"), refusal("{\"a\":", 0));
    assertTrue(refusal("{}{}", 0).startsWith("expected nothing after"), refusal("{}{}", 0));
    String deep = "{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}";
    assertTrue(refusal(deep, 0).contains("nesting depth"), refusal(deep, 0));
    String twice = "{" + tensor("a", "U8", "[1]", 0, 1) + "," + tensor("a", "U8", "[1]", 0, 1) + "}";
    assertTrue(refusal(twice, 1).contains("Duplicate field 'a'"), refusal(twice, 1));
    byte[] bytes = file("{\"a\":1}", 0);
    bytes[11] = (byte) 0xff;
    assertEquals("expected JSON in UTF-8, given other bytes", refusal(bytes));
  }

  @Test
  void tooManyTensorsTooLongNamesAndTooManyAxesAreRefused() {
    StringBuilder many = new StringBuilder("{");
    for (int i = 0; i < 70_000; i++) {
      many.append(i == 0 ? "" : ",").append(tensor("t" + i, "U8", "[0]", 0, 0));
    }
    assertEquals("expected at most 65536 tensors, given 70000", refusal(many + "}", 0));
    String name = "n".repeat(2000);
    assertTrue(refusal("{" + tensor(name, "U8", "[1]", 0, 1) + "}", 1).endsWith(
        "expected a name of at most 1024 characters, given 2000"));
    String shape = "[" + "1,".repeat(16) + "1]";
    assertEquals(
        "tensor 'a': expected at most 16 axes, given 17", refusal("{" + tensor("a", "U8", shape, 0, 1) + "}", 1));
  }

  @Test
  void damagedOffsetsAreRefusedEachWithItsReason() {
    String a = tensor("a", "F32", "[2]", 0, 8);
    assertEquals(
        "tensor 'b': expected data from byte 8 (no hole, no overlap), given 4 to 12",
        refusal("{" + a + "," + tensor("b", "F32", "[2]", 4, 12) + "}", 12));
    assertEquals(
        "tensor 'b': expected data from byte 8 (no hole, no overlap), given 12 to 20",
        refusal("{" + a + "," + tensor("b", "F32", "[2]", 12, 20) + "}", 20));
    assertEquals(
        "tensor 'b': expected data from byte 8 (no hole, no overlap), given 4 to 4",
        refusal("{" + a + "," + tensor("b", "F32", "[0]", 4, 4) + "}", 8));
    assertEquals("expected 8 bytes of data behind the header, given 4", refusal("{" + a + "}", 4));
    assertEquals("expected 8 bytes of data behind the header, given 9", refusal("{" + a + "}", 9));
    assertEquals(
        "tensor 'a': expected data_offsets [begin, end] with 0 <= begin <= end, given [8, 0]",
        refusal("{" + tensor("a", "F32", "[2]", 8, 0) + "}", 8));
    assertEquals(
        "tensor 'a': expected data_offsets [begin, end] with 0 <= begin <= end, given [-8, 0]",
        refusal("{" + tensor("a", "F32", "[2]", -8, 0) + "}", 8));
  }

  @Test
  void sizesThatDoNotMatchOrOverflowAreRefused() {
    assertEquals(
        "tensor 'a': expected 12 bytes for F32[3], given 8",
        refusal("{" + tensor("a", "F32", "[3]", 0, 8) + "}", 8));
    assertEquals(
        "tensor 'a': expected fewer than 2^63 elements, given shape [4194305, 4194305, 211106198978564]",
        refusal("{" + tensor("a", "F32", "[4194305,4194305,211106198978564]", 0, 4) + "}", 4));
    assertEquals(
        "tensor 'a': expected fewer than 2^63 bytes, given shape [4611686018427387904]",
        refusal("{" + tensor("a", "F64", "[4611686018427387904]", 0, 0) + "}", 0));
    assertTrue(
        refusal("{" + tensor("a", "F64", "[99999999999999999999]", 0, 0) + "}", 0).startsWith("expected JSON"));
    assertEquals(
        "tensor 'a': expected axis lengths of 0 or more, given [-1]",
        refusal("{" + tensor("a", "U8", "[-1]", 0, 1) + "}", 1));
    assertEquals(
        "tensor 'a': expected axis lengths of 0 or more, given [1.0]",
        refusal("{" + tensor("a", "U8", "[1.0]", 0, 1) + "}", 1));
  }

  @Test
  void unknownTypesAndKeysAreNamed() {
    assertEquals(
        "tensor 'a': expected a type among [F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL], given 'U64'",
        refusal("{" + tensor("a", "U64", "[1]", 0, 8) + "}", 8));
    assertEquals(
        "tensor 'a': expected exactly dtype, shape and data_offsets",
        refusal("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":1}}", 1));
    assertEquals("tensor 'a': expected exactly dtype, shape and data_offsets", refusal("{\"a\":3}", 0));
    assertEquals("__metadata__: expected a text for 'k'", refusal("{\"__metadata__\":{\"k\":1}}", 0));
  }

  @Test
  void anEmptySetOfTensorsIsAFile() {
    Path path = folder.resolve("none.safetensors");
    Safetensors.write(path, Map.of(), Map.of());
    assertEquals(Map.of(), Safetensors.read(path).tensors());
  }

  @Test
  void aMissingFileSaysSo() {
    UncheckedIOException e =
        assertThrows(UncheckedIOException.class, () -> Safetensors.read(folder.resolve("none")));
    assertTrue(e.getMessage().contains("NoSuchFileException"), e.getMessage());
  }

  @Test
  void goldenFilesAreReadOrRefusedAsTheReferenceDoes() throws IOException {
    Path golden = Path.of(System.getProperty("neurite.golden", "none"));
    Assumptions.assumeTrue(Files.exists(golden.resolve("files.json")), "no golden folder at " + golden);
    Map<String, Object> json = Json.readObject("files.json", Files.readAllBytes(golden.resolve("files.json")));
    int read = 0;
    int refused = 0;
    for (Object c : (List<?>) json.get("cases")) {
      Map<?, ?> one = (Map<?, ?>) c;
      if (!((String) one.get("op")).startsWith("file/safetensors")) {
        continue;
      }
      Path path = golden.resolve((String) ((Map<?, ?>) one.get("attrs")).get("file"));
      if (one.get("op").equals("file/safetensors_error")) {
        assertThrows(FormatException.class, () -> Safetensors.read(path), path.toString());
        refused++;
      } else {
        compare(one, path);
        read++;
      }
    }
    assertEquals(2, read);
    assertEquals(5, refused);
  }

  private static void compare(Map<?, ?> golden, Path path) {
    try (Scope scope = Scope.open()) {
      Safetensors found = Safetensors.read(path);
      Object metadata = ((Map<?, ?>) golden.get("attrs")).get("metadata");
      assertEquals(metadata == null ? Map.of() : metadata, found.metadata());
      ((Map<?, ?>) golden.get("outputs")).forEach((name, expected) -> {
        Map<?, ?> tensor = (Map<?, ?>) expected;
        double[] values =
            ((List<?>) tensor.get("data")).stream()
                .mapToDouble(v -> v instanceof Boolean b ? (b ? 1 : 0) : ((Number) v).doubleValue())
                .toArray();
        assertArrayEquals(values, found.tensors().get(name).toDoubles(), name.toString());
      });
    }
  }

  @Test
  void halfPrecisionIsExact() {
    assertEquals(1f, HalfFloat.toFloat((short) 0x3c00));
    assertEquals(-2.5f, HalfFloat.toFloat((short) 0xc100));
    assertEquals(0x1p-24f, HalfFloat.toFloat((short) 1));
    assertEquals(65504f, HalfFloat.toFloat((short) 0x7bff));
    assertEquals(Float.POSITIVE_INFINITY, HalfFloat.toFloat((short) 0x7c00));
    assertTrue(Float.isNaN(HalfFloat.toFloat((short) 0x7e00)));
    assertEquals(Float.floatToRawIntBits(-0f), Float.floatToRawIntBits(HalfFloat.toFloat((short) 0x8000)));
  }

  @Test
  void writingToAFullDeviceOrAFolderLeavesTheOldFile() throws IOException {
    Path path = folder.resolve("old.safetensors");
    Files.writeString(path, "old");

    assertThrows(
        UncheckedIOException.class,
        () -> AtomicFile.write(path, out -> {
          out.write(new byte[100]);
          throw new IOException("disk full");
        }));
    assertEquals("old", Files.readString(path));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(path), files.toList());
    }

    Path directory = Files.createDirectory(folder.resolve("directory"));
    UncheckedIOException e =
        assertThrows(UncheckedIOException.class, () -> Safetensors.write(directory, Map.of(), Map.of()));
    assertEquals("cannot write " + directory + ": it is a directory", e.getMessage());
  }

  @Test
  void leftoversOfDeadProcessesAreDeletedByTheNextWrite() throws IOException {
    Path path = folder.resolve("m.bin");
    Path dead = Files.writeString(folder.resolve(".m.bin.999999999-1.tmp"), "x");
    Path alive = Files.writeString(folder.resolve(".m.bin." + ProcessHandle.current().pid() + "-99.tmp"), "x");
    ByteArrayOutputStream contents = new ByteArrayOutputStream();
    contents.writeBytes(new byte[] {1, 2, 3});

    AtomicFile.write(path, contents::writeTo);

    assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(path));
    assertTrue(Files.notExists(dead));
    assertTrue(Files.exists(alive));
  }
}
