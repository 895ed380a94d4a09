package dev.neurite.autograd;

import dev.neurite.tensor.Tensor;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ArrayList;

/**
 * What a backward pass found: a gradient per target, in the order asked for. The tensors belong to the scope (or tape)
 * in which they were computed.
 */
public final class Gradients implements Iterable<Map.Entry<Tensor, Gradient>> {

  private final Map<Key, Gradient> byTarget;
  private final List<Tensor> targets;

  /** Tensors as map keys: by identity. */
  private record Key(Tensor tensor) {
    @Override
    public boolean equals(Object o) {
      return o instanceof Key k && k.tensor == tensor;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(tensor);
    }
  }

  /** Creates the result of a backward pass; a missing entry means the loss does not depend on that target. */
  public Gradients(List<? extends Tensor> targets, List<Gradient> gradients) {
    this.targets = List.copyOf(targets);
    byTarget = new LinkedHashMap<>(targets.size() * 2);
    for (int i = 0; i < targets.size(); i++) {
      if (gradients.get(i) != null) {
        byTarget.put(new Key(targets.get(i)), gradients.get(i));
      }
    }
  }

  /** The targets, in the order asked for. */
  public List<Tensor> targets() {
    return targets;
  }

  /** True when the loss depends on the target. */
  public boolean has(Tensor target) {
    return byTarget.containsKey(new Key(target));
  }

  /** The gradient, or null when the loss does not depend on the target. */
  public Gradient find(Tensor target) {
    return byTarget.get(new Key(target));
  }

  /** The gradient as a whole tensor; zeros when the loss does not depend on the target. */
  public Tensor of(Tensor target) {
    Gradient g = find(target);
    return g == null ? Tensor.zeros(target.shape(), target.dtype()) : g.dense();
  }

  /** Targets that have a gradient, with it. */
  @Override
  public Iterator<Map.Entry<Tensor, Gradient>> iterator() {
    List<Map.Entry<Tensor, Gradient>> all = new ArrayList<>(byTarget.size());
    byTarget.forEach((k, g) -> all.add(Map.entry(k.tensor(), g)));
    return Collections.unmodifiableList(all).iterator();
  }
}
