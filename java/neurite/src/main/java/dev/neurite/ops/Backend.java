package dev.neurite.ops;

import dev.neurite.error.DeviceException;
import dev.neurite.error.NativeException;
import dev.neurite.natives.Abi;
import dev.neurite.natives.NativeLoadException;
import dev.neurite.natives.NativeLoader;
import dev.neurite.natives.Natives;
import dev.neurite.tensor.Device;
import java.util.Locale;

/** The native contexts, one per device, opened at first use. */
public final class Backend {

  private Backend() {}

  private static final class Cpu {
    static final long CTX = open();

    private static long open() {
      try {
        NativeLoader.load();
      } catch (NativeLoadException e) {
        throw new NativeException(e.getMessage(), e);
      }
      Settings settings = Settings.get();
      long ctx = Abi.nrt_ctx_open(Abi.NRT_CPU, 0, settings.isa(), settings.threads());
      if (ctx == 0) {
        throw new NativeException("Neurite: cannot open the CPU: " + Natives.lastError());
      }
      if (settings.memoryLimit() > 0) {
        Abi.nrt_memory_set_limit(ctx, settings.memoryLimit());
      }
      return ctx;
    }
  }

  /** Handle of the device's native context. */
  public static long ctx(Device device) {
    if (device.kind() == Device.Kind.CPU) {
      return cpu();
    }
    throw new DeviceException(
        "Neurite: expected a usable device, given " + device + "\n  this build has no CUDA part; use the CPU");
  }

  /** Handle of the CPU's native context. */
  public static long cpu() {
    try {
      return Cpu.CTX;
    } catch (ExceptionInInitializerError e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    } catch (NoClassDefFoundError e) {
      throw new NativeException("Neurite: the native library could not be loaded (see the first error)", e);
    }
  }

  /** The device tensors are made on unless said otherwise. */
  public static Device defaultDevice() {
    String wanted = Settings.get().device().toLowerCase(Locale.ROOT);
    if (wanted.isEmpty() || wanted.equals("cpu")) {
      return Device.CPU;
    }
    throw new DeviceException("neurite.device: expected cpu, given " + wanted + "\n  this build has no CUDA part");
  }
}
