package dev.neurite.tensor;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;

/** Copies between Java arrays and device memory, in pieces so that the collector is never held off for long. */
final class HostCopy {

  private static final long PIECE = 1 << 20; // bytes per critical region

  private HostCopy() {}

  static Tensor matrix(float[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    float[] flat = new float[rows.length * columns];
    for (int i = 0; i < rows.length; i++) {
      requireEqual(columns, rows[i].length, i);
      System.arraycopy(rows[i], 0, flat, i * columns, columns);
    }
    return Tensor.of(flat, Shape.of(rows.length, columns));
  }

  static Tensor matrix(double[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    double[] flat = new double[rows.length * columns];
    for (int i = 0; i < rows.length; i++) {
      requireEqual(columns, rows[i].length, i);
      System.arraycopy(rows[i], 0, flat, i * columns, columns);
    }
    return Tensor.of(flat, Shape.of(rows.length, columns));
  }

  private static void requireEqual(int expected, int given, int row) {
    if (expected != given) {
      throw new ShapeException(
          "Tensor.of: expected rows of equal length " + expected + ", given " + given + " in row " + row);
    }
  }

  static Tensor from(Object array, int length, Shape shape, DType dtype) {
    if (shape.size() != length) {
      throw new ShapeException("Tensor.of: expected " + shape.size() + " values for " + shape + ", given " + length);
    }
    Tensor t = Tensor.create(shape, dtype, "of");
    write(t, array);
    return t;
  }

  static Tensor from(boolean[] values, Shape shape) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (values[i] ? 1 : 0);
    }
    return from(bytes, bytes.length, shape, DType.BOOL);
  }

  static Tensor converted(double[] values, Shape shape, DType dtype) {
    if (dtype == DType.FLOAT64) {
      return from(values, values.length, shape, dtype);
    }
    if (dtype == DType.FLOAT32) {
      float[] f = new float[values.length];
      for (int i = 0; i < f.length; i++) {
        f[i] = (float) values[i];
      }
      return from(f, f.length, shape, dtype);
    }
    return Scope.run(() -> from(values, values.length, shape, DType.FLOAT64).cast(dtype));
  }

  private static void write(Tensor t, Object array) {
    long bytes = t.size() * t.dtype().bytes();
    for (long at = 0; at < bytes; at += PIECE) {
      long n = Math.min(PIECE, bytes - at);
      long dst = t.addr() + at;
      int code;
      if (array instanceof float[] a) {
        code = Abi.nrt_host_write(dst, a, at, n);
      } else if (array instanceof double[] a) {
        code = Abi.nrt_host_write(dst, a, at, n);
      } else if (array instanceof int[] a) {
        code = Abi.nrt_host_write(dst, a, at, n);
      } else if (array instanceof long[] a) {
        code = Abi.nrt_host_write(dst, a, at, n);
      } else {
        code = Abi.nrt_host_write(dst, (byte[]) array, at, n);
      }
      Status.check(code, "write", t);
    }
  }

  private static int length(Tensor t, String who) {
    if (t.size() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          who + ": expected at most " + (Integer.MAX_VALUE - 8) + " elements (the longest Java array), given "
              + t.describe() + "; slice it first");
    }
    return (int) t.size();
  }

  static float[] toFloats(Tensor t) {
    float[] out = new float[length(t, "toFloats")];
    read(t, DType.FLOAT32, (at, src, n) -> Abi.nrt_host_read(out, at, src, n));
    return out;
  }

  static double[] toDoubles(Tensor t) {
    double[] out = new double[length(t, "toDoubles")];
    read(t, DType.FLOAT64, (at, src, n) -> Abi.nrt_host_read(out, at, src, n));
    return out;
  }

  static long[] toLongs(Tensor t) {
    long[] out = new long[length(t, "toLongs")];
    read(t, DType.INT64, (at, src, n) -> Abi.nrt_host_read(out, at, src, n));
    return out;
  }

  static int[] toInts(Tensor t) {
    int[] out = new int[length(t, "toInts")];
    read(t, DType.INT32, (at, src, n) -> Abi.nrt_host_read(out, at, src, n));
    return out;
  }

  static byte[] toBytes(Tensor t) {
    if (t.dtype() != DType.UINT8 && t.dtype() != DType.BOOL) {
      throw new DTypeException("toBytes: expected uint8 or bool, given " + t.describe());
    }
    byte[] out = new byte[length(t, "toBytes")];
    read(t, t.dtype(), (at, src, n) -> Abi.nrt_host_read(out, at, src, n));
    return out;
  }

  /** Copies one piece from an address into an array, both from a byte offset; returns the native code. */
  private interface Piece {
    int read(long offset, long address, long bytes);
  }

  private static void read(Tensor t, DType as, Piece piece) {
    try (Scope scope = Scope.open()) {
      Tensor s = t.cast(as).contiguous();
      for (long at = 0, all = s.size() * as.bytes(); at < all; at += PIECE) {
        Status.check(piece.read(at, s.addr() + at, Math.min(PIECE, all - at)), "read", s);
      }
    }
  }

  static double item(Tensor t) {
    if (t.size() != 1) {
      throw new ShapeException("item: expected one element, given " + t.describe());
    }
    return first(t);
  }

  static double get(Tensor t, long... index) {
    if (index.length != t.rank()) {
      throw new ShapeException("get: expected " + t.rank() + " positions for " + t.shape() + ", given " + index.length);
    }
    try (Scope scope = Scope.open()) {
      Tensor one = t;
      for (long position : index) {
        one = one.select(0, position);
      }
      return first(one);
    }
  }

  private static double first(Tensor t) {
    return switch (t.dtype()) {
      case FLOAT32 -> {
        float[] v = new float[1];
        Status.check(Abi.nrt_host_read(v, 0, t.addr(), 4), "item", t);
        yield v[0];
      }
      case FLOAT64 -> {
        double[] v = new double[1];
        Status.check(Abi.nrt_host_read(v, 0, t.addr(), 8), "item", t);
        yield v[0];
      }
      case INT32 -> {
        int[] v = new int[1];
        Status.check(Abi.nrt_host_read(v, 0, t.addr(), 4), "item", t);
        yield v[0];
      }
      case INT64 -> {
        long[] v = new long[1];
        Status.check(Abi.nrt_host_read(v, 0, t.addr(), 8), "item", t);
        yield v[0];
      }
      case UINT8, BOOL -> {
        byte[] v = new byte[1];
        Status.check(Abi.nrt_host_read(v, 0, t.addr(), 1), "item", t);
        yield v[0] & 0xff;
      }
      case BFLOAT16 -> {
        short[] v = new short[1];
        Status.check(Abi.nrt_host_read(v, 0, t.addr(), 2), "item", t);
        yield Float.intBitsToFloat(v[0] << 16);
      }
    };
  }
}
