package dev.neurite.text;

import dev.neurite.data.Dataset;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/** Sequences of ids as tensors. */
public final class Sequences {

  private Sequences() {}

  /** Which end of a sequence is filled up or cut. */
  public enum End {
    /** The front. */
    FRONT,
    /** The back. */
    BACK
  }

  /**
   * Sequences of one length, shorter ones filled up, longer ones cut (Keras' {@code pad_sequences}, whose defaults are
   * front and front).
   *
   * @param sequences ids
   * @param length of the result; 0 for the longest sequence's
   * @param filled end that gets {@code value}
   * @param cut end that is dropped
   * @return int64 [sequences, length]
   */
  public static Tensor pad(List<long[]> sequences, int length, End filled, End cut, long value) {
    if (length < 0) {
      throw new IllegalArgumentException("pad: expected a length of at least 0, given " + length);
    }
    int longest = sequences.stream().mapToInt(s -> s.length).max().orElse(0);
    int n = length == 0 ? longest : length;
    long[] out = new long[Math.multiplyExact(sequences.size(), n)];
    java.util.Arrays.fill(out, value);
    for (int i = 0; i < sequences.size(); i++) {
      long[] s = sequences.get(i);
      int kept = Math.min(s.length, n);
      int from = cut == End.FRONT ? s.length - kept : 0;
      int to = filled == End.FRONT ? n - kept : 0;
      System.arraycopy(s, from, out, i * n + to, kept);
    }
    return Tensor.of(out, Shape.of(sequences.size(), n));
  }

  /**
   * The lengths of sequences, at most {@code length} (0 for no limit): what recurrent layers and attention take beside
   * the ids.
   */
  public static Tensor lengths(List<long[]> sequences, int length) {
    long[] out = sequences.stream().mapToLong(s -> length == 0 ? s.length : Math.min(s.length, length)).toArray();
    return Tensor.of(out, Shape.of(out.length));
  }

  /**
   * Windows of a long text for a language model: x holds {@code length} ids, y the ids one place on.
   *
   * @param ids the text
   * @param length of a window
   * @param stride from one window's begin to the next one's
   * @return examples of int64 x [length] and y [length]
   * @throws IllegalArgumentException when the text is too short for one window
   */
  public static Dataset windows(long[] ids, int length, int stride) {
    if (length < 1 || stride < 1 || ids.length < length + 1) {
      throw new IllegalArgumentException(
          "windows: expected length and stride of at least 1 and a text of more than " + length + " ids, given length " + length
              + ", stride " + stride + " and " + ids.length + " ids");
    }
    int count = (ids.length - 1 - length) / stride + 1;
    long[] x = new long[Math.multiplyExact(count, length)];
    long[] y = new long[x.length];
    for (int i = 0; i < count; i++) {
      System.arraycopy(ids, i * stride, x, i * length, length);
      System.arraycopy(ids, i * stride + 1, y, i * length, length);
    }
    return Dataset.of(Tensor.of(x, Shape.of(count, length)), Tensor.of(y, Shape.of(count, length)));
  }
}
