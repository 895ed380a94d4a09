package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.ops.Conv2d;
import dev.neurite.ops.Conv3d;
import dev.neurite.ops.MatMul;
import dev.neurite.ops.UnaryOp;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * The options all convolutions share; each returns the layer itself.
 *
 * @param <L> the layer's own type
 */
public abstract class ConvolutionLayer<L extends ConvolutionLayer<L>> extends Layer {

  Sliding sliding;
  Activation activation = Activation.LINEAR;
  boolean useBias = true;
  Initializer kernelInitializer = Initializers.glorotUniform();
  Initializer biasInitializer = Initializers.zeros();
  Regularizer kernelRegularizer;
  Regularizer biasRegularizer;
  Param bias;

  ConvolutionLayer(long... kernel) {
    sliding = Sliding.of(kernel);
  }

  abstract L self();

  /** Whether padding in front only makes sense, on one axis. */
  boolean mayBeCausal() {
    return true;
  }

  /** Sets the step: one for all axes, or one for each; default 1. */
  public final L stride(long... strides) {
    requireUnbuilt();
    sliding = sliding.stride(strides);
    return self();
  }

  /**
   * Sets the distance between the kernel's cells: one for all axes, or one for each; default 1 (no
   * holes).
   */
  public final L dilation(long... dilations) {
    requireUnbuilt();
    sliding = sliding.dilation(dilations);
    return self();
  }

  /** Sets the padding; default {@link Padding#VALID}. */
  public final L padding(Padding padding) {
    requireUnbuilt();
    if (padding == Padding.CAUSAL && !mayBeCausal()) {
      throw new IllegalArgumentException(typeName() + ": expected VALID, SAME or widths as padding, given CAUSAL");
    }
    sliding = sliding.padding(padding);
    return self();
  }

  /** Sets what is applied to the sums. */
  public final L activation(Activation activation) {
    requireUnbuilt();
    this.activation = activation;
    return self();
  }

  /** Leaves the bias out (false). */
  public final L bias(boolean use) {
    requireUnbuilt();
    useBias = use;
    return self();
  }

  /** Sets what draws the kernel. */
  public final L kernelInitializer(Initializer initializer) {
    requireUnbuilt();
    kernelInitializer = initializer;
    return self();
  }

  /** Sets what draws the bias. */
  public final L biasInitializer(Initializer initializer) {
    requireUnbuilt();
    biasInitializer = initializer;
    return self();
  }

  /** Sets a penalty on the kernel; null for none. */
  public final L kernelRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    kernelRegularizer = regularizer;
    return self();
  }

  /** Sets a penalty on the bias; null (default) for none. */
  public final L biasRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    biasRegularizer = regularizer;
    return self();
  }

  @Override
  public final L name(String name) {
    super.name(name);
    return self();
  }

  @Override
  Activation outputActivation() {
    return activation;
  }

  static long checkedFilters(String layer, long filters) {
    if (filters < 1) {
      throw new IllegalArgumentException(layer + ": expected at least one filter, given " + filters);
    }
    return filters;
  }

  /** The kernel's spatial axes followed by two more. */
  final Shape kernelShape(long fourth, long last) {
    long[] dims = new long[sliding.axes() + 2];
    for (int i = 0; i < sliding.axes(); i++) {
      dims[i] = sliding.kernel().get(i);
    }
    dims[dims.length - 2] = fourth;
    dims[dims.length - 1] = last;
    return Shape.of(dims);
  }

  /** Creates the bias where one is wanted. */
  final void createBias(long channels) {
    if (useBias) {
      bias = param("bias", Shape.of(channels), biasInitializer, biasRegularizer);
    }
  }

  /** Refuses an input whose channels are not those the kernel was made for. */
  final void requireChannels(Shape given, Param kernel, long channels) {
    if (kernel != null && (given.rank() != sliding.axes() + 2 || given.last() != channels)) {
      throw new ShapeException(
          who() + ": expected " + Sliding.input(sliding.axes(), channels) + ", given " + given + "\n  kernel   "
              + kernel.shape() + ", built for input " + inputShapes());
    }
  }

  static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  /** The convolution with bias and activation, on one, two or three axes. */
  final Tensor convolve(Tensor x, Tensor kernel, int groups) {
    UnaryOp op = activation.plainOp();
    boolean fused = sliding.axes() < 3 && op != null && MatMul.fuses(op);
    Tensor y = convolve(x, kernel, bias, groups, fused ? op : UnaryOp.IDENTITY);
    return fused ? y : activation.apply(y);
  }

  /** The bare convolution; the op is applied on one and two axes only. */
  final Tensor convolve(Tensor x, Tensor kernel, Tensor bias, int groups, UnaryOp op) {
    if (sliding.axes() == 3) {
      return Conv3d.apply(x, kernel, bias, sliding.window3d(x.shape()), groups);
    }
    if (sliding.axes() == 2) {
      return Conv2d.apply(x, kernel, bias, sliding.window(x.shape()), groups, op);
    }
    return Conv2d.apply(x.expandDims(1), kernel.expandDims(0), bias, sliding.window(x.shape()), groups, op).squeeze(1);
  }
}
