package dev.neurite.golden;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Keras' mask of a recurrent layer, with true steps anywhere, for layers that take lengths: a masked step changes
 * nothing, so the layer gets each sequence's real steps one after the other, and its outputs go back to their places.
 */
final class MaskedSteps {

  private final boolean[][] real;
  private final boolean backwards;

  private MaskedSteps(boolean[][] real, boolean backwards) {
    this.real = real;
    this.backwards = backwards;
  }

  /** The steps of a mask (batch, time); null without one. */
  static MaskedSteps of(GoldenTensor mask, boolean backwards) {
    if (mask == null) {
      return null;
    }
    int time = (int) mask.shape().dim(1);
    boolean[][] real = new boolean[(int) mask.shape().dim(0)][time];
    for (int i = 0; i < mask.values().length; i++) {
      real[i / time][i % time] = mask.values()[i] != 0;
    }
    return new MaskedSteps(real, backwards);
  }

  /** Number of real steps of each sequence. */
  Tensor lengths() {
    long[] lengths = new long[real.length];
    for (int b = 0; b < real.length; b++) {
      for (boolean one : real[b]) {
        lengths[b] += one ? 1 : 0;
      }
    }
    return Tensor.ofLongs(lengths);
  }

  /** Each sequence's real steps in front; the rest is any step, past the length. */
  Tensor realFirst(Tensor x) {
    int time = real[0].length;
    long[] from = new long[real.length * time];
    for (int b = 0; b < real.length; b++) {
      Arrays.fill(from, b * time, (b + 1) * time, (long) b * time);
      int next = b * time;
      for (int t = 0; t < time; t++) {
        if (real[b][t]) {
          from[next++] = (long) b * time + t;
        }
      }
    }
    return rows(x).gather(indices(from, time));
  }

  /** Outputs in Keras' order of processing; a masked step repeats the output before it (0 if none), or gives 0. */
  Tensor inPlace(Tensor y, boolean zero) {
    int time = real[0].length;
    long none = (long) real.length * time;
    long[] from = new long[real.length * time];
    for (int b = 0; b < real.length; b++) {
      long last = none;
      long next = (long) b * time;
      for (int step = 0; step < time; step++) {
        boolean now = real[b][backwards ? time - 1 - step : step];
        last = now ? next++ : last;
        from[b * time + step] = now || !zero ? last : none;
      }
    }
    Tensor nothing = Tensor.zeros(Shape.of(1, y.dim(2)), y.dtype());
    return Tensor.concat(0, List.of(rows(y), nothing)).gather(indices(from, time));
  }

  private Tensor indices(long[] from, int time) {
    return Tensor.of(from, Shape.of(real.length, time));
  }

  private static Tensor rows(Tensor x) {
    return x.reshape(-1, x.dim(2));
  }
}
