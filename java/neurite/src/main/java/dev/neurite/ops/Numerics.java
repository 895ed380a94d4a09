package dev.neurite.ops;

import dev.neurite.error.NumericsException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** The test for NaN and infinity after each op, switched on by {@code -Dneurite.check=nan}. */
public final class Numerics {

  private static final boolean ON = Settings.get().check();

  private Numerics() {}

  /** Throws when checking is on and the result holds a NaN or an infinity. */
  public static void check(String op, Tensor y) {
    if (ON && y.dtype().isDifferentiable() && !allFinite(y)) {
      throw new NumericsException(op + ": expected finite values, given a NaN or infinity in " + y.describe());
    }
  }

  /** True when every element is finite. */
  public static boolean allFinite(Tensor x) {
    if (!x.dtype().isDifferentiable()) {
      return true;
    }
    Current current = Current.get();
    var tape = current.tape;
    current.tape = null;
    try (Scope scope = Scope.open()) {
      Tensor source = x.contiguous();
      Tensor flag = Access.tensors().create(dev.neurite.tensor.Shape.scalar(), DType.UINT8, "nonfinite");
      Status.check(
          Abi.nrt_reduce_nonfinite(x.ctx(), x.code(), flag.addr(), source.addr(), source.size()),
          "nonfinite", source);
      return flag.item() == 0;
    } finally {
      current.tape = tape;
    }
  }
}
