package dev.neurite.ops;

import dev.neurite.natives.Abi;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** A convolution's kernel in the form in which the forward kernels read it; the images do not matter to it. */
final class ConvPacking implements Packing {

  private static final int PLAIN = 0;

  private final int form;
  private final int groups;
  private final long[] descriptor; // of the convolution that asked first

  private ConvPacking(int form, int groups, long[] descriptor) {
    this.form = form;
    this.groups = groups;
    this.descriptor = descriptor;
  }

  /** How w is packed for a convolution; null: w is no parameter, or packing brings nothing. */
  static ConvPacking of(Tensor w, int groups, long[] descriptor) {
    if (!(w instanceof Param p)) {
      return null;
    }
    int form = Abi.nrt_conv2d_form(p.ctx(), p.code(), descriptor);
    return form == PLAIN ? null : new ConvPacking(form, groups, descriptor);
  }

  int form() {
    return form;
  }

  @Override
  public long bytes(Param p) {
    return Abi.nrt_conv2d_packed_bytes(p.ctx(), p.code(), descriptor, form);
  }

  @Override
  public void pack(Param p, long address) {
    Status.check(Abi.nrt_conv2d_pack(p.ctx(), p.code(), address, p.addr(), descriptor, form), "conv2d", p);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ConvPacking that && form == that.form && groups == that.groups;
  }

  @Override
  public int hashCode() {
    return 31 * form + groups;
  }
}
