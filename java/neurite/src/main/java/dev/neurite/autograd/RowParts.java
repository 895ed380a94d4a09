package dev.neurite.autograd;

import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Puts together what several lookups in one table found. */
final class RowParts {

  private RowParts() {}

  /** The rows of all lookups, one after the other. */
  static Gradient.Rows merged(List<Gradient.Rows> parts) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    Tensor indices = Tensor.concat(0, parts.stream().map(Gradient.Rows::indices).toList());
    Tensor values = Tensor.concat(0, parts.stream().map(Gradient.Rows::values).toList());
    return new Gradient.Rows(indices, values, parts.get(0).rows());
  }

  /** What one lookup found, without the row that gets no gradient. */
  static Gradient.Rows of(Tape.RowLookup lookup, Tensor values) {
    Gradient.Rows all = new Gradient.Rows(lookup.ids(), values, lookup.rows());
    return lookup.skip() < 0 ? all : without(lookup.skip(), all);
  }

  private static Gradient.Rows without(long skip, Gradient.Rows all) {
    long[] indices = all.indices().toLongs();
    long[] kept = new long[indices.length];
    long[] positions = new long[indices.length];
    int count = 0;
    for (int i = 0; i < indices.length; i++) {
      if (indices[i] != skip) {
        kept[count] = indices[i];
        positions[count++] = i;
      }
    }
    if (count == indices.length) {
      return all;
    }
    Tensor values = all.values().gather(Tensor.ofLongs(Arrays.copyOf(positions, count)));
    return new Gradient.Rows(Tensor.ofLongs(Arrays.copyOf(kept, count)), values, all.rows());
  }
}
