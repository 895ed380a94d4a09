package dev.neurite.autograd;

import dev.neurite.ops.Access;
import dev.neurite.ops.Current;
import dev.neurite.tensor.Float32MatmulPrecision;
import dev.neurite.tensor.Tensor;

/** One recorded op; shared by the nodes of all its outputs. A leaf (parameter, watched tensor) has no entry. */
final class TapeEntry {

  private static final Access TENSORS = Access.tensors();

  final String op;
  final int firstOutput;
  final int outputs;
  final int[] inputs;
  final Tensor[] saved;
  final Backward[] single; // per input, when there is one output
  final BackwardMany many;
  final long precision; // of forward's products: backward's are to have the same
  Tape.RowLookup lookup; // for row lookups, else null
  boolean released;

  TapeEntry(
      Current current, String op, int first, int outputs, int[] inputs, Tensor[] saved, Backward[] single,
      BackwardMany many) {
    this.op = op;
    this.firstOutput = first;
    this.outputs = outputs;
    this.inputs = inputs;
    this.saved = saved;
    this.single = single;
    this.many = many;
    precision = Float32MatmulPrecision.bits(current);
    for (Tensor t : saved) {
      TENSORS.pin(t);
    }
  }

  void release() {
    if (!released) {
      released = true;
      for (Tensor t : saved) {
        TENSORS.unpin(t);
      }
    }
  }
}
