package dev.neurite.natives;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NativeLoaderTest {
  @BeforeAll
  static void load() {
    NativeLoader.load();
  }

  @Test
  void theLibraryLoadsAndItsAbiIsTheOneGenerated() {
    assertEquals(Abi.NRT_ABI_VERSION, Abi.nrt_abi_version());
    assertTrue(Natives.isaLevels().startsWith("base"), Natives.isaLevels());
  }

  @Test
  void arraysMoveToNativeMemoryAndBackAtByteOffsets() {
    long context = Abi.nrt_ctx_open(Abi.NRT_CPU, 0, "", 1);
    long block = Abi.nrt_alloc(context, 64);
    float[] in = {1, 2, 3, 4};
    float[] out = new float[3];

    assertEquals(Abi.NRT_OK, Abi.nrt_host_write(block, in, 4, 12));
    assertEquals(Abi.NRT_OK, Abi.nrt_host_read(out, 4, block, 8));

    assertArrayEquals(new float[] {0, 2, 3}, out);
    Abi.nrt_free(context, block);
    Abi.nrt_ctx_close(context);
  }
}
