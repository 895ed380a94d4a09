package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Row lookup (embedding) and its transpose, adding rows into a table. */
public final class Gather {

  private static final Access TENSORS = Access.tensors();

  private Gather() {}

  /**
   * {@code y[i..., :] = table[ids[i...], :]}.
   *
   * @param table [rows, *]
   * @param ids int64, any shape
   * @param paddingIndex row that gets no gradient, or -1
   * @throws IllegalArgumentException for an id outside [0, rows), naming it and its position
   */
  public static Tensor apply(Tensor table, Tensor ids, long paddingIndex) {
    if (ids.dtype() != DType.INT64) {
      throw new DTypeException("gather: expected int64 ids, given " + ids.describe());
    }
    if (table.rank() == 0) {
      throw new ShapeException("gather: expected a table with at least one axis, given " + table.describe());
    }
    Shape row = table.shape().slice(1, table.rank());
    Shape out = ids.shape();
    for (int i = 0; i < row.rank(); i++) {
      out = out.append(row.dim(i));
    }
    long rows = table.dim(0);
    Tensor source = table.contiguous();
    Tensor index = ids.contiguous();
    Tensor y = TENSORS.create(out, table.dtype(), "gather");
    Status.check(
        Abi.nrt_gather_fwd(
            y.ctx(), y.code(), y.addr(), source.addr(), index.addr(), index.size(), rows, row.size()),
        "gather", source, index);
    Shape values = row.prepend(index.size());
    return Tape.recordRows(
        "gather", y, source, dy -> dy.reshape(values), new Tape.RowLookup(flat(index), rows, paddingIndex));
  }

  private static Tensor flat(Tensor index) {
    return index.reshape(index.size());
  }

  /**
   * A table of zeros with {@code values[i, *]} added to row {@code ids[i]}, in the order of i.
   *
   * @param values [count, *]
   * @param ids int64 [count]
   * @param rows rows of the result
   * @param skip ids to leave out, or -1
   */
  public static Tensor scatterRows(Tensor values, Tensor ids, long rows, long skip) {
    Tensor v = values.contiguous();
    Tensor index = ids.contiguous();
    Shape row = v.shape().slice(1, v.rank());
    Tensor table = TENSORS.create(row.prepend(rows), v.dtype(), "scatter");
    Status.check(
        Abi.nrt_gather_bwd(
            v.ctx(), v.code(), table.addr(), v.addr(), index.addr(), index.size(), rows, row.size(), skip, 0),
        "scatter", v, index);
    return Tape.record("scatter", table, v, dy -> apply(dy, index, -1).reshape(v.shape()), index);
  }
}
