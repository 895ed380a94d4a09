package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** What encoder and decoder layers share besides attention: normalisations, dropouts, the two dense layers. */
final class TransformerParts {

  /** Registers and builds a part of the layer. */
  interface Owner {
    Layer part(String name, Layer block, Shape in);
  }

  private final List<Layer> norms = new ArrayList<>();
  private final List<Layer> dropouts = new ArrayList<>();
  private final Layer linear1;
  private final Layer linear2;
  private final Layer hiddenDropout;

  TransformerParts(
      Owner owner, Shape x, int branches, long feedForward, Activation activation, double dropout, double epsilon,
      boolean bias) {
    for (int i = 1; i <= branches; i++) {
      norms.add(owner.part("norm" + i, LayerNorm.of().epsilon(epsilon).center(bias), x));
      dropouts.add(owner.part("dropout" + i, Dropout.of(dropout), x));
    }
    Dense first = Dense.of(feedForward).activation(activation).bias(bias);
    linear1 = owner.part("linear1", first, x);
    Shape hidden = activation.build(x.with(-1, feedForward));
    hiddenDropout = owner.part("dropout", Dropout.of(dropout), hidden);
    linear2 = owner.part("linear2", Dense.of(x.last()).bias(bias), hidden);
  }

  static void positive(String who, long numHeads, long feedForward) {
    if (numHeads < 1 || feedForward < 1) {
      throw new IllegalArgumentException(
          who + ": expected 1 or more heads and hidden units, given " + numHeads + " and " + feedForward);
    }
  }

  static void requireInput(String who, Shape x, long numHeads) {
    if (x.rank() != 3 || x.last() < 1 || x.last() % numHeads != 0) {
      throw new ShapeException(
          who + ": expected [batch, steps, width] with a width that is a multiple of " + numHeads + " heads, given "
              + x);
    }
  }

  /** Inputs of an attention layer. */
  static <T> List<T> withExtras(T query, T value, List<T> extras) {
    List<T> all = new ArrayList<>(List.of(query, value));
    all.addAll(extras);
    return all;
  }

  /** A residual branch with its dropout and normalisation. */
  Tensor branch(int number, Tensor x, boolean normFirst, Pass pass, UnaryOperator<Tensor> branch) {
    Layer norm = norms.get(number);
    Layer dropout = dropouts.get(number);
    if (normFirst) {
      return x.add(dropout.call(branch.apply(norm.call(x, pass)), pass));
    }
    return norm.call(x.add(dropout.call(branch.apply(x), pass)), pass);
  }

  /** The two dense layers. */
  Tensor network(Tensor x, Pass pass) {
    return linear2.call(hiddenDropout.call(linear1.call(x, pass), pass), pass);
  }
}
