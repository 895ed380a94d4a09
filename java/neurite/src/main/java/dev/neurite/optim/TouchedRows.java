package dev.neurite.optim;

import dev.neurite.autograd.Gradient;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.ops.Gather;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The rows of a table that have a gradient, each once.
 *
 * @param indices different row numbers, in the order they first came
 * @param sums the sum of each row's gradients [indices, *], contiguous
 */
record TouchedRows(long[] indices, Tensor sums) {

  static TouchedRows of(String who, Param p, Gradient.Rows g) {
    boolean fits =
        p.rank() > 0 && g.rows() == p.dim(0) && g.values().rank() == p.rank()
            && g.values().shape().slice(1, p.rank()).equals(p.shape().slice(1, p.rank()));
    if (!fits) {
      throw new ShapeException(
          who + ": expected rows of a gradient of " + p.shape() + " for '" + p.name() + "', given "
              + g.values().shape() + " of " + g.rows() + " rows");
    }
    if (g.values().dtype() != p.dtype()) {
      throw new DTypeException(
          who + ": expected a gradient of " + p.dtype() + " for '" + p.name() + "', given " + g.values().dtype());
    }
    long[] all = g.indices().toLongs();
    Map<Long, Integer> places = new HashMap<>(all.length * 2);
    long[] different = new long[all.length];
    long[] place = new long[all.length];
    for (int i = 0; i < all.length; i++) {
      int next = places.size();
      Integer known = places.putIfAbsent(all[i], next);
      place[i] = known == null ? next : known;
      different[(int) place[i]] = all[i];
    }
    int count = places.size();
    Tensor values = g.values().contiguous();
    Tensor sums = count == all.length ? values : Gather.scatterRows(values, Tensor.ofLongs(place), count, -1);
    return new TouchedRows(Arrays.copyOf(different, count), sums);
  }

  /** The same rows with other gradients. */
  TouchedRows with(Tensor gradients) {
    return new TouchedRows(indices, gradients);
  }
}
