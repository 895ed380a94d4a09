package dev.neurite.ops;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How a batch of sequences is laid out for the recurrent kernels: without padding, longest sequence first, all first
 * steps, then all second steps, and so on. What is computed from packed rows cannot depend on the padding, not even in
 * the last bit.
 */
public final class PackedSteps {

  private final int batch;
  private final int time;
  private final boolean reverse;
  private final int[] lengths; // null: all are as long as the padded ones
  private final int[] place; // of sequence b in the sorted order; null with lengths
  private final int[] order; // inverse of place
  private final long[] rows;
  private final long[] offsets;
  private final long total;

  private PackedSteps(int batch, int time, int[] lengths, boolean reverse) {
    this.batch = batch;
    this.time = time;
    this.reverse = reverse;
    this.lengths = lengths;
    if (lengths == null) {
      place = null;
      order = null;
      rows = new long[batch == 0 ? 0 : time];
      Arrays.fill(rows, batch);
    } else {
      order =
          IntStream.range(0, batch).boxed().sorted(Comparator.comparing((Integer b) -> -lengths[b]))
              .mapToInt(Integer::intValue).toArray();
      place = new int[batch];
      for (int i = 0; i < batch; i++) {
        place[order[i]] = i;
      }
      rows = new long[batch == 0 ? 0 : lengths[order[0]]];
      for (int length : lengths) {
        for (int s = 0; s < length; s++) {
          rows[s]++;
        }
      }
    }
    offsets = new long[rows.length];
    long sum = 0;
    for (int s = 0; s < rows.length; s++) {
      offsets[s] = sum;
      sum += rows[s];
    }
    total = sum;
  }

  /**
   * The layout for a batch.
   *
   * @param who begins messages
   * @param x [batch, time, *]
   * @param lengths int64 or int32 [batch], each in [0, time], or null when no sequence is padded
   * @param reverse read from each sequence's last step to its first
   * @throws IllegalArgumentException for a length that is negative or larger than the padded one
   */
  public static PackedSteps of(String who, Tensor x, Tensor lengths, boolean reverse) {
    int batch = Math.toIntExact(x.dim(0));
    int time = Math.toIntExact(x.dim(1));
    return new PackedSteps(batch, time, lengths == null ? null : checked(who, x.shape(), lengths), reverse);
  }

  private static int[] checked(String who, Shape x, Tensor lengths) {
    if (lengths.dtype() != DType.INT64 && lengths.dtype() != DType.INT32) {
      throw new DTypeException(who + ": expected lengths of int64 or int32, given " + lengths.describe());
    }
    if (!lengths.shape().equals(Shape.of(x.dim(0)))) {
      throw new ShapeException(
          who + ": expected lengths [" + x.dim(0) + "], one per sequence, given " + lengths.shape());
    }
    long[] values = lengths.cast(DType.INT64).toLongs();
    int[] out = new int[values.length];
    for (int b = 0; b < out.length; b++) {
      if (values[b] < 0 || values[b] > x.dim(1)) {
        throw new IllegalArgumentException(
            who + ": expected lengths in [0, " + x.dim(1) + "], given " + values[b] + " for sequence " + b);
      }
      out[b] = (int) values[b];
    }
    return out;
  }

  /** Sequences running at each step. */
  public long[] rows() {
    return rows;
  }

  /** Whether every sequence that has a step has all of them. */
  boolean ofOneLength() {
    return rows.length == 0 || rows[0] == rows[rows.length - 1];
  }

  /** First packed row of a step. */
  public long offset(int step) {
    return offsets[step];
  }

  /** Number of packed rows. */
  public long total() {
    return total;
  }

  /** Number of sequences. */
  public long batch() {
    return batch;
  }

  /** [batch, time, width] to [total, width]; padding is not read. */
  public Tensor pack(Tensor x) {
    long width = x.dim(2);
    if (lengths == null) {
      Tensor steps = x.permute(1, 0, 2);
      return (reverse ? steps.flip(0) : steps).reshape(total, width);
    }
    long[] ids = new long[Math.toIntExact(total)];
    for (int b = 0; b < batch; b++) {
      for (int s = 0; s < lengths[b]; s++) {
        ids[Math.toIntExact(offsets[s] + place[b])] = (long) b * time + (reverse ? lengths[b] - 1 - s : s);
      }
    }
    return Gather.apply(x.reshape((long) batch * time, width), Tensor.ofLongs(ids), -1);
  }

  /**
   * [total, width] to [batch, time, width].
   *
   * @param inputOrder of a reversed layout: each result at the step it was computed for, padding 0; else results come
   *     in the order they were computed
   * @param zero padding is 0 instead of the sequence's last result (0 for a sequence without steps)
   */
  public Tensor unpack(Tensor packed, boolean inputOrder, boolean zero) {
    long width = packed.dim(1);
    boolean back = reverse && inputOrder;
    if (lengths == null) {
      Tensor steps = packed.reshape(time, batch, width);
      return (back ? steps.flip(0) : steps).permute(1, 0, 2);
    }
    long[] ids = new long[Math.multiplyExact(batch, time)];
    boolean zeros = false;
    for (int b = 0; b < batch; b++) {
      int length = lengths[b];
      for (int t = 0; t < time; t++) {
        boolean real = t < length;
        boolean repeat = !zero && !back && length > 0;
        int step = real ? back ? length - 1 - t : t : length - 1;
        ids[b * time + t] = real || repeat ? offsets[step] + place[b] : total;
        zeros |= !real && !repeat;
      }
    }
    Tensor source =
        zeros ? Tensor.concat(0, List.of(packed, Tensor.zeros(Shape.of(1, width), packed.dtype()))) : packed;
    return Gather.apply(source, Tensor.ofLongs(ids), -1).reshape(batch, time, width);
  }

  /** Rows [batch, *] in the packed order. */
  public Tensor sorted(Tensor state) {
    return state == null || lengths == null ? state : Gather.apply(state, ids(order), -1);
  }

  /** Rows [batch, *] of the packed order in the batch's own. */
  public Tensor original(Tensor state) {
    return lengths == null ? state : Gather.apply(state, ids(place), -1);
  }

  private static Tensor ids(int[] rows) {
    return Tensor.ofLongs(Arrays.stream(rows).asLongStream().toArray());
  }

  /** Checks a state [batch, units] of the packed order; null passes. */
  void requireState(String who, Tensor like, Tensor state, long units) {
    if (state != null) {
      Binary.requireAlike(who, like, state);
      if (!state.shape().equals(Shape.of(batch, units))) {
        throw new ShapeException(
            who + ": expected a state [" + batch + ", " + units + "], given " + state.shape());
      }
    }
  }

  /** Checks projected [total, blocks * units] and recurrent [units, blocks * units]; returns units. */
  long requireWeights(String who, Tensor projected, Tensor recurrent, int blocks) {
    Binary.requireAlike(who, projected, recurrent);
    long units = recurrent.rank() == 2 ? recurrent.dim(0) : -1;
    if (units < 1 || recurrent.dim(1) != blocks * units) {
      throw new ShapeException(
          who + ": expected recurrent weights [units, " + blocks + " * units], given " + recurrent.shape());
    }
    if (!projected.shape().equals(Shape.of(total, blocks * units))) {
      throw new ShapeException(
          who + ": expected projections [" + total + ", " + blocks * units + "], given " + projected.shape());
    }
    return units;
  }
}
