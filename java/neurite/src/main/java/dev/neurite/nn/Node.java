package dev.neurite.nn;

import java.util.ArrayList;
import java.util.List;

/**
 * A tensor to be: an input of a functional model, or what a block makes of other nodes. {@code
 * block.on(node)} makes them, {@link Model#of} turns them into a model.
 */
public sealed class Node permits Input {

  private final Application application;
  private final int output;

  /**
   * One use of a block; the nodes of all its outputs share it.
   *
   * @param block what is applied, null for an input
   * @param inputs what it is applied to
   */
  record Application(Block block, List<Node> inputs) {
    @Override
    public boolean equals(Object o) {
      return o == this;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  Node(Block block, List<Node> inputs, int output) {
    this(new Application(block, inputs), output);
  }

  private Node(Application application, int output) {
    this.application = application;
    this.output = output;
  }

  static List<Node> outputs(Block block, List<Node> inputs, int count) {
    Application shared = new Application(block, inputs);
    List<Node> nodes = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      nodes.add(new Node(shared, i));
    }
    return List.copyOf(nodes);
  }

  final Application application() {
    return application;
  }

  final int output() {
    return output;
  }
}
