package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A recurrent layer run in both directions (Schuster and Paliwal 1997): the output at step t knows the whole sequence.
 *
 * <p><b>Shapes</b>: inputs as {@link Recurrent}'s, states first those of the forward layer, then those of the backward
 * one; the outputs of both directions are joined on the last axis ({@code [batch, time, 2 units]} or {@code [batch, 2
 * units]}), or added, multiplied or averaged. With returnState the last states follow in the same order.
 *
 * <p>With lengths the backward layer starts at each sequence's own last step; its outputs at padding are 0. Without
 * returnSequences the result is each direction's own last output.
 *
 * <pre>{@code
 * Model.sequential(Input.of(20, 8), Bidirectional.of(Lstm.of(32).returnSequences(true)), Dense.of(5));
 * }</pre>
 */
public final class Bidirectional extends MultiLayer {

  /** What becomes of the two outputs. */
  public enum Merge {
    /** Side by side on the last axis (default). */
    CONCAT,
    /** Added. */
    SUM,
    /** Multiplied. */
    MULTIPLY,
    /** Averaged. */
    AVERAGE
  }

  /** The options, as saved. */
  public record Config(Merge merge, Recurrent<?> forward, Recurrent<?> backward) {}

  private final Recurrent<?> forward;
  private final Recurrent<?> backward;
  private Merge merge = Merge.CONCAT;

  private Bidirectional(Recurrent<?> forward, Recurrent<?> backward) {
    RecurrentOptions f = forward.options();
    RecurrentOptions b = backward.options();
    if (f.goBackwards() || !b.goBackwards() || !b.inputOrder()) {
      throw new IllegalArgumentException(
          "Bidirectional: expected a forward layer, and a backward one with goBackwards(true) and inputOrder(true)");
    }
    if (f.returnSequences() != b.returnSequences() || f.returnState() != b.returnState()) {
      throw new IllegalArgumentException(
          "Bidirectional: expected returnSequences and returnState to be the same for both layers");
    }
    this.forward = child("forward", forward);
    this.backward = child("backward", backward);
  }

  /** Runs a layer forwards, and another with the same options, but weights of its own, backwards. */
  public static Bidirectional of(Recurrent<?> layer) {
    return new Bidirectional(layer, reversed(layer));
  }

  /**
   * Runs two different layers.
   *
   * @param backward a layer with {@code goBackwards(true).inputOrder(true)}
   */
  public static Bidirectional of(Recurrent<?> forward, Recurrent<?> backward) {
    return new Bidirectional(forward, backward);
  }

  private static Recurrent<?> reversed(Recurrent<?> layer) {
    Recurrent<?> copy;
    if (layer instanceof SimpleRnn rnn) {
      copy = SimpleRnn.from(rnn.config());
    } else if (layer instanceof Lstm lstm) {
      copy = Lstm.from(lstm.config());
    } else {
      copy = Gru.from(((Gru) layer).config());
    }
    return copy.goBackwards(true).inputOrder(true);
  }

  static Bidirectional from(Config c) {
    return of(c.forward, c.backward).merge(c.merge);
  }

  /** Sets what becomes of the two outputs. */
  public Bidirectional merge(Merge merge) {
    requireUnbuilt();
    this.merge = merge;
    return this;
  }

  @Override
  public Bidirectional name(String name) {
    super.name(name);
    return this;
  }

  /** The layer that reads from the first step to the last. */
  public Recurrent<?> forwardLayer() {
    return forward;
  }

  /** The layer that reads from the last step to the first. */
  public Recurrent<?> backwardLayer() {
    return backward;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    int states = firstState(in.size(), in.size() > 1 ? in.get(1).rank() : 0);
    List<Shape> f = buildChild(forward, part(in, states, 0));
    List<Shape> b = buildChild(backward, part(in, states, 1));
    if (merge != Merge.CONCAT && forward.units() != backward.units()) {
      throw new IllegalArgumentException(
          who() + ": expected layers with equal units for " + merge + ", given " + forward.units() + " and "
              + backward.units());
    }
    List<Shape> out = new ArrayList<>();
    out.add(merge == Merge.CONCAT ? f.get(0).with(-1, forward.units() + backward.units()) : f.get(0));
    out.addAll(f.subList(1, f.size()));
    out.addAll(b.subList(1, b.size()));
    return out;
  }

  /** Index of the first state among the inputs. */
  private int firstState(int inputs, int rankOfSecond) {
    int first = inputs > 1 && rankOfSecond == 1 ? 2 : 1;
    if ((inputs - first) % 2 != 0) {
      throw new IllegalArgumentException(
          who() + ": expected as many states for both directions, given " + (inputs - first));
    }
    return first;
  }

  /** Inputs of one direction: those both share, and its half of the states. */
  private static <T> List<T> part(List<T> in, int firstState, int half) {
    int count = (in.size() - firstState) / 2;
    List<T> own = new ArrayList<>(in.subList(0, firstState));
    own.addAll(in.subList(firstState + half * count, firstState + (half + 1) * count));
    return own;
  }

  /** The output for inference. */
  public Tensor call(Tensor x) {
    return call(x, Pass.inference());
  }

  /** The output. */
  public Tensor call(Tensor x, Pass pass) {
    return call(List.of(x), pass).get(0);
  }

  /**
   * The output for sequences of different lengths.
   *
   * @param lengths int64 or int32 [batch], or null
   */
  public Tensor call(Tensor x, Tensor lengths, Pass pass) {
    return call(lengths == null ? List.of(x) : List.of(x, lengths), pass).get(0);
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    int states = firstState(in.size(), in.size() > 1 ? in.get(1).rank() : 0);
    List<Tensor> f = forward.call(part(in, states, 0), pass);
    List<Tensor> b = backward.call(part(in, states, 1), pass);
    List<Tensor> out = new ArrayList<>();
    out.add(merged(f.get(0), b.get(0)));
    out.addAll(f.subList(1, f.size()));
    out.addAll(b.subList(1, b.size()));
    return out;
  }

  private Tensor merged(Tensor f, Tensor b) {
    return switch (merge) {
      case CONCAT -> Tensor.concat(-1, List.of(f, b));
      case SUM -> f.add(b);
      case MULTIPLY -> f.mul(b);
      case AVERAGE -> f.add(b).mul(0.5);
    };
  }

  @Override
  public Config config() {
    return new Config(merge, forward, backward);
  }
}
