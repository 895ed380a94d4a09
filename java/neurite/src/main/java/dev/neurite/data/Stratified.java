package dev.neurite.data;

import dev.neurite.error.DTypeException;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A random split that gives each class the same share in both parts. */
final class Stratified {

  private Stratified() {}

  static Split split(Dataset data, double fraction, long seed) {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new IllegalArgumentException("Dataset.stratifiedSplit: expected a fraction from 0 to 1, given " + fraction);
    }
    try (Batch rows = data.all()) {
      if (rows.y() == null || rows.y().dtype() != DType.INT64 || rows.y().rank() != 1) {
        throw new DTypeException(
            "Dataset.stratifiedSplit: expected int64 class numbers [n] as targets, given "
                + (rows.y() == null ? "none" : rows.y().describe()));
      }
      long[] labels = rows.y().toLongs();
      boolean[] first = choose(labels, fraction, shuffled(labels.length, seed));
      return new Split(part(rows, first, true, data), part(rows, first, false, data));
    }
  }

  private static long[] shuffled(int n, long seed) {
    try (Scope scope = Scope.open()) {
      return RandomOp.permutation(n, RandomStream.of(seed, "dataset.split")).toLongs();
    }
  }

  /** Marks the examples of the first part: of each class its share, what is left by the largest remainders. */
  private static boolean[] choose(long[] labels, double fraction, long[] order) {
    Map<Long, List<Integer>> classes = new TreeMap<>();
    for (long row : order) {
      int i = (int) row;
      classes.computeIfAbsent(labels[i], label -> new ArrayList<>()).add(i);
    }
    int wanted = (int) Math.floor(fraction * labels.length + 1e-9);
    Map<Long, Integer> counts = new TreeMap<>();
    classes.forEach((label, members) -> counts.put(label, (int) Math.floor(fraction * members.size() + 1e-9)));
    int missing = wanted - counts.values().stream().mapToInt(Integer::intValue).sum();
    classes.entrySet().stream()
        .sorted(Comparator.comparingDouble(e -> counts.get(e.getKey()) - fraction * e.getValue().size()))
        .limit(missing)
        .forEach(e -> counts.merge(e.getKey(), 1, Integer::sum));
    boolean[] first = new boolean[labels.length];
    classes.forEach((label, members) -> members.subList(0, counts.get(label)).forEach(i -> first[i] = true));
    return first;
  }

  private static Dataset part(Batch rows, boolean[] first, boolean which, Dataset like) {
    long[] ids = new long[first.length];
    int count = 0;
    for (int i = 0; i < first.length; i++) {
      if (first[i] == which) {
        ids[count++] = i;
      }
    }
    long[] chosen = Arrays.copyOf(ids, count);
    Batch picked =
        Rows.each(rows.inputs(), rows.y(), rows.weights(), t -> t.gather(Tensor.ofLongs(chosen)));
    Dataset made = ArrayDataset.of(picked.inputs(), picked.y(), picked.weights());
    return like.batchSize() > 0 ? made.batch(like.batchSize()) : made;
  }
}
