package dev.neurite.tensor;

import dev.neurite.error.DTypeException;
import dev.neurite.error.DeviceException;
import dev.neurite.error.NativeException;
import dev.neurite.error.OutOfMemoryException;
import dev.neurite.natives.Abi;
import dev.neurite.natives.Natives;
import dev.neurite.ops.Current;

/**
 * Turns native return codes into exceptions.
 *
 * <p>The operands are passed along although only a message needs them: being read after the native call, they stay
 * reachable while it runs, so a loose tensor cannot be collected under a running kernel.
 */
public final class Status {

  private Status() {}

  /** Does nothing for code 0, else throws with the op's name and the native text. */
  public static void check(int code, String op) {
    if (code != 0) {
      throw failure(code, op, "");
    }
  }

  /** As {@link #check(int, String)}, naming one operand. */
  public static void check(int code, String op, Tensor a) {
    if (code != 0) {
      throw failure(code, op, a.describe());
    }
    java.lang.ref.Reference.reachabilityFence(a);
  }

  /** As {@link #check(int, String)}, naming two operands. */
  public static void check(int code, String op, Tensor a, Tensor b) {
    if (code != 0) {
      throw failure(code, op, a.describe() + " and " + b.describe());
    }
    java.lang.ref.Reference.reachabilityFence(a);
    java.lang.ref.Reference.reachabilityFence(b);
  }

  /** As {@link #check(int, String)}, naming several operands; null entries are left out. */
  public static void check(int code, String op, Tensor... operands) {
    if (code != 0) {
      StringBuilder text = new StringBuilder();
      for (Tensor t : operands) {
        if (t != null) {
          text.append(text.length() == 0 ? "" : ", ").append(t.describe());
        }
      }
      throw failure(code, op, text.toString());
    }
    java.lang.ref.Reference.reachabilityFence(operands);
  }

  /** Native texts begin with the native op's name; the caller's is the one users know. */
  private static String withoutName(String text) {
    int colon = text.indexOf(": ");
    boolean named = colon > 0 && text.substring(0, colon).chars().allMatch(c -> c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9');
    return named ? text.substring(colon + 2) : text;
  }

  /** Neurite's own exceptions collect the path while they leave the layers; Java's cannot. */
  private static String runningLayer() {
    String path = Current.get().path();
    return path.isEmpty() ? "" : "\n  in layer '" + path + "'";
  }

  private static RuntimeException failure(int code, String op, String operands) {
    String text = op + ": " + withoutName(Natives.lastError()) + (operands.isEmpty() ? "" : "\n  given " + operands);
    return switch (code) {
      case Abi.NRT_INVALID_ARGUMENT -> new IllegalArgumentException(text + runningLayer());
      case Abi.NRT_UNSUPPORTED -> new DTypeException(text);
      case Abi.NRT_OUT_OF_MEMORY -> new OutOfMemoryException(text);
      case Abi.NRT_CUDA_ERROR -> new DeviceException(text);
      default -> new NativeException(text + " (code " + code + ")");
    };
  }
}
