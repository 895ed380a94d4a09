package dev.neurite.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.FormatException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WavTest {

  @TempDir Path folder;

  private static ByteBuffer head(int code, int channels, int rate, int bits, int dataSize, int room) {
    ByteBuffer b = ByteBuffer.allocate(44 + room).order(ByteOrder.LITTLE_ENDIAN);
    b.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + dataSize);
    b.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
    b.putShort((short) code).putShort((short) channels).putInt(rate).putInt(rate * channels * bits / 8);
    b.putShort((short) (channels * bits / 8)).putShort((short) bits);
    return b.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(dataSize);
  }

  private static void refused(String reason, byte[] bytes) {
    FormatException e = assertThrows(FormatException.class, () -> Wav.read("sound.wav", bytes));
    assertTrue(e.getMessage().contains(reason), e.getMessage());
  }

  @Test
  void sizesOfCutOffRecordingsAreClippedToTheFileInWholeFrames() {
    for (int size : new int[] {0xFFFFFFFF, 1 << 20, 7}) {
      Wav w = Wav.read("w", head(1, 2, 8000, 16, size, 7).putShort((short) 16384).putShort((short) -32768).array());
      assertEquals(Shape.of(1, 2), w.samples().shape(), "size " + size);
      assertArrayEquals(new float[] {0.5f, -1}, w.samples().toFloats());
      assertEquals(-0.25, w.mono().item());
    }
  }

  @Test
  void thirtyTwoBitsAndSixtyFourAreKeptInFloat64() {
    Wav pcm = Wav.read("w", head(1, 1, 1, 32, 4, 4).putInt(123456789).array());
    Wav wide = Wav.read("w", head(3, 1, 1, 64, 8, 8).putDouble(0.1).array());

    assertEquals(DType.FLOAT64, pcm.samples().dtype());
    assertEquals(123456789L, pcm.integers().toLongs()[0]);
    assertEquals(0.1, wide.samples().item());
    assertThrows(IllegalStateException.class, wide::integers);
  }

  @Test
  void oddChunksBeforeTheSoundAreSkippedAndTwentyFourBitsRead() {
    byte[] plain = head(1, 2, 8000, 24, 6, 6).put(new byte[] {0, 0, 0x40, 1, 0, (byte) 0x80}).array();
    ByteBuffer b = ByteBuffer.allocate(plain.length + 12).order(ByteOrder.LITTLE_ENDIAN);
    b.put(plain, 0, 36).put("LIST".getBytes(StandardCharsets.US_ASCII)).putInt(3).put(new byte[4]);
    b.put(plain, 36, plain.length - 36);
    Wav w = Wav.read("w", b.array());

    assertEquals(2, w.channels());
    assertArrayEquals(new long[] {1 << 22, 1 - (1 << 23)}, w.integers().toLongs());
    assertEquals(0.5, w.samples().get(0, 0));
  }

  @Test
  void theExtensibleFormIsRead() {
    ByteBuffer b = ByteBuffer.allocate(70).order(ByteOrder.LITTLE_ENDIAN);
    b.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(62).put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII));
    b.putInt(40).putShort((short) 0xFFFE).putShort((short) 1).putInt(8000).putInt(16000).putShort((short) 2);
    b.putShort((short) 16).putShort((short) 22).putShort((short) 16).putInt(4).putShort((short) 1).put(new byte[14]);
    b.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(2).putShort((short) 100);

    assertEquals(100, Wav.read("w", b.array()).integers().toLongs()[0]);
  }

  @Test
  void unsupportedFormsAreNamed() {
    refused("A-law", head(6, 1, 8000, 8, 0, 0).array());
    refused("mu-law", head(7, 1, 8000, 8, 0, 0).array());
    refused("ADPCM", head(2, 1, 8000, 4, 0, 0).array());
    refused("PCM of 12 bits", head(1, 1, 8000, 12, 0, 0).array());
    byte[] turned = head(1, 1, 8000, 16, 0, 0).array();
    turned[3] = 'X';
    refused("unsupported form RIFX", turned);
  }

  @Test
  void noHertzNoChannelsWrongFramesAndNoDataAreRefused() {
    refused("0 Hz", head(1, 1, 0, 16, 0, 0).array());
    refused("0 channels", head(1, 0, 8000, 16, 0, 0).array());
    byte[] frames = head(1, 2, 8000, 16, 0, 0).array();
    frames[32] = 3;
    refused("frames of 4 bytes, given 3", frames);
    refused("expected a 'data' chunk", Arrays.copyOf(head(1, 1, 8000, 16, 0, 0).array(), 36));
    byte[] early = head(1, 1, 8000, 16, 0, 0).array();
    early[12] = 'd';
    early[13] = 'a';
    early[14] = 't';
    early[15] = 'a';
    refused("'fmt ' chunk before", early);
    refused("finite", head(3, 1, 8000, 32, 4, 4).putFloat(Float.NaN).array());
  }

  @Test
  void emptyAndForeignFilesAreRefused() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.wav"));
    assertTrue(assertThrows(FormatException.class, () -> Wav.read(empty)).getMessage().contains("0 bytes"));
    refused("no WAV file", "just a text, no sound".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void whatIsWrittenComesBackAndLoudSamplesAreCutOff() {
    Path file = folder.resolve("w.wav");
    Wav.write(file, Tensor.of(new float[] {0, 0.25f, -1, 2, 0.5f, -3}, Shape.of(3, 2)), 11025);
    Wav w = Wav.read(file);

    assertEquals(11025, w.sampleRate());
    assertEquals(2, w.channels());
    assertEquals(3 / 11025.0, w.seconds());
    assertArrayEquals(new long[] {0, 8192, -32768, 32767, 16384, -32768}, w.integers().toLongs());
    assertThrows(ShapeException.class, () -> Wav.write(file, Tensor.of(1f), 0));
    assertThrows(IllegalArgumentException.class, () -> Wav.write(file, Tensor.of(Float.NaN), 1));
  }
}
