package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.ops.DropoutOp;
import dev.neurite.ops.MatMul;
import dev.neurite.ops.PackedSteps;
import dev.neurite.ops.UnaryOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@link SimpleRnn}, {@link Lstm} and {@link Gru} share: options, lengths, states in and out.
 *
 * <p><b>Shapes</b>: input {@code [batch, time, features]}; output {@code [batch, units]}, that of each sequence's last
 * step, or {@code [batch, time, units]} with {@link #returnSequences}. A second input {@code [batch]} of int64 (or
 * int32) holds the lengths of padded sequences; further inputs {@code [batch, units]} are the first states (zeros when
 * missing), and with {@link #returnState} the last states are further outputs.
 *
 * <p><b>Lengths.</b> Past its length a sequence keeps its state, and its output repeats the last one (0 with {@link
 * #zeroOutput}). What padding holds is never read: it changes no output and no gradient, in any bit (nor does it in
 * {@link TimeDistributed} with lengths and in {@code Losses.sequence}). A length of 0 gives the output 0 and the first
 * state back; one beyond the padded length is refused. Running {@linkplain #goBackwards backwards} starts at each
 * sequence's own last step.
 *
 * <p><b>Speed.</b> The inputs of all steps are multiplied at once, then one native kernel runs all steps. Activations
 * other than the defaults, and {@link #recurrentDropout} in training, run step by step in tensor ops instead.
 *
 * <pre>{@code
 * Model.sequential(Input.of(20, 8), Lstm.of(32).returnSequences(true), Lstm.of(32), Dense.of(5));
 *
 * Input x = Input.of(20, 8), lengths = Input.of().dtype(DType.INT64);
 * Model.of(List.of(x, lengths), Dense.of(5).on(Gru.of(32).on(x, lengths)));
 *
 * Recurrent.Result r = lstm.run(x, null);           // and on: lstm.run(next, r.state())
 * }</pre>
 *
 * @param <S> the layer's own type
 */
public abstract sealed class Recurrent<S extends Recurrent<S>> extends RecurrentSettings<S>
    permits SimpleRnn, Lstm, Gru {

  /**
   * States of a recurrent layer.
   *
   * @param tensors [batch, units] each: the hidden state, then an LSTM's cell
   */
  public record State(List<Tensor> tensors) {

    /** States from tensors. */
    public static State of(Tensor... tensors) {
      return new State(List.of(tensors));
    }

    /** The hidden state [batch, units]. */
    public Tensor hidden() {
      return tensors.get(0);
    }

    /**
     * An LSTM's cell [batch, units].
     *
     * @throws IndexOutOfBoundsException for a layer without one
     */
    public Tensor cell() {
      return tensors.get(1);
    }
  }

  /**
   * What a run gave.
   *
   * @param output as the layer's only output
   * @param state after each sequence's last step
   */
  public record Result(Tensor output, State state) {}

  private static final int SEQUENCE_RANK = 3;

  Param kernel;
  Param recurrentKernel;
  Param bias;
  private volatile List<Param> kept = List.of();

  Recurrent(long units) {
    super(units);
  }

  // ---- what a kind of network adds

  /** Number of blocks of {@code units} columns in the kernels. */
  abstract int blocks();

  /** Number of states. */
  abstract int states();

  /** Shape of the bias. */
  Shape biasShape() {
    return Shape.of(blocks() * units);
  }

  /** What draws the bias, from the one set. */
  Initializer biasStart(Initializer set) {
    return set;
  }

  /** Further parameters. */
  void buildMore() {}

  /** Bias of the product over all steps, or null. */
  Tensor projectionBias() {
    return bias;
  }

  /**
   * Runs packed steps.
   *
   * @param projected [total, blocks * units]
   * @param states first states in the packed order; null for zeros
   * @param mask of the states inside the products, [batch, units] in the packed order, or null
   * @return every step's hidden state [total, units], packed, then the last states in the packed order
   */
  abstract List<Tensor> steps(PackedSteps steps, Tensor projected, List<Tensor> states, Tensor mask);

  /** The first states, zeros where none were given. */
  final List<Tensor> startStates(PackedSteps steps, Tensor projected, List<Tensor> states) {
    List<Tensor> all = new ArrayList<>();
    for (Tensor s : states) {
      all.add(s != null ? s : Tensor.zeros(Shape.of(steps.batch(), units), projected.dtype()));
    }
    return all;
  }

  /** The running sequences' states as the products see them. */
  static Tensor masked(Tensor h, Tensor mask, long running) {
    return mask == null ? h : h.mul(mask.slice(0, 0, running));
  }

  /** Columns of one block. */
  final Tensor block(Tensor t, long index) {
    return t.slice(1, index * units, (index + 1) * units);
  }

  // ---- parameters

  /** The input weights [features, blocks * units]; null before the layer is built. */
  public final Param kernel() {
    return kernel;
  }

  /** The recurrent weights [units, blocks * units]; null before the layer is built. */
  public final Param recurrentKernel() {
    return recurrentKernel;
  }

  /** The bias; null before the layer is built, or without bias. */
  public final Param bias() {
    return bias;
  }

  @Override
  protected final List<Shape> build(List<Shape> in) {
    Shape x = in.get(0);
    if (x.rank() != SEQUENCE_RANK || x.last() < 0) {
      throw new ShapeException(who() + ": expected [batch, time, features], given " + x);
    }
    if (kernel != null && kernel.dim(0) != x.last()) {
      throw wrongFeatures(x);
    }
    kernel = param("kernel", Shape.of(x.last(), blocks() * units), kernelInitializer, kernelRegularizer);
    recurrentKernel =
        param("recurrent_kernel", Shape.of(units, blocks() * units), recurrentInitializer, recurrentRegularizer);
    if (useBias) {
      bias = param("bias", biasShape(), biasStart(biasInitializer), biasRegularizer);
    }
    buildMore();
    checkFurther(in);
    Shape state = Shape.of(-1, units);
    List<Shape> out = new ArrayList<>();
    out.add(returnSequences ? x.with(-1, units) : state);
    for (int i = 0; returnState && i < states(); i++) {
      out.add(state);
    }
    return out;
  }

  private ShapeException wrongFeatures(Shape given) {
    return new ShapeException(
        who() + ": expected [batch, time, " + kernel.dim(0) + "], given " + given + "\n  kernel   " + kernel.shape()
            + ", built for input " + inputShapes().get(0));
  }

  private void checkFurther(List<Shape> in) {
    int given = 0;
    for (int i = 1; i < in.size(); i++) {
      Shape s = in.get(i);
      boolean isLengths = i == 1 && s.rank() == 1;
      boolean isState = s.rank() == 2 && s.last() == units;
      if (!isLengths && !isState) {
        throw new ShapeException(
            who() + ": expected lengths [batch] or a state [batch, " + units + "] as input " + i + ", given " + s);
      }
      given += isState ? 1 : 0;
    }
    if (given != 0 && given != states()) {
      throw new IllegalArgumentException(who() + ": expected " + states() + " states or none, given " + given);
    }
  }

  @Override
  protected final long ownMultiplyAdds(List<Shape> in, List<Shape> out) {
    return Positions.of(in.get(0), 1) * (in.get(0).last() + units) * blocks() * units;
  }

  // ---- running

  /** The output for inference. */
  public final Tensor call(Tensor x) {
    return call(x, Pass.inference());
  }

  /** The output. */
  public final Tensor call(Tensor x, Pass pass) {
    return call(List.of(x), pass).get(0);
  }

  /**
   * The output for sequences of different lengths.
   *
   * @param lengths int64 or int32 [batch], or null
   */
  public final Tensor call(Tensor x, Tensor lengths, Pass pass) {
    return call(lengths == null ? List.of(x) : List.of(x, lengths), pass).get(0);
  }

  /** Runs for inference from a state; null for zeros. */
  public final Result run(Tensor x, State state) {
    return run(x, null, state, Pass.inference());
  }

  /**
   * Runs from a state.
   *
   * @param x [batch, time, features]
   * @param lengths int64 or int32 [batch], or null
   * @param state the first states, or null for zeros
   */
  public final Result run(Tensor x, Tensor lengths, State state, Pass pass) {
    List<Tensor> in = new ArrayList<>(List.of(x));
    if (lengths != null) {
      in.add(lengths);
    }
    if (state != null) {
      in.addAll(state.tensors());
    }
    List<Tensor> out = guarded(in, pass, () -> compute(in, pass));
    return new Result(out.get(0), new State(out.subList(1, out.size())));
  }

  /**
   * One step, as decoders need it.
   *
   * @param x [batch, features]
   * @param state the state before, or null for zeros
   * @return the output [batch, units] and the state after
   */
  public final Result step(Tensor x, State state, Pass pass) {
    Result r = run(x.expandDims(1), null, state, pass);
    return new Result(r.state().hidden(), r.state());
  }

  @Override
  protected final List<Tensor> forward(List<Tensor> in, Pass pass) {
    List<Tensor> all = compute(in, pass);
    return returnState ? all : all.subList(0, 1);
  }

  /** Output, then the last states. */
  private List<Tensor> compute(List<Tensor> in, Pass pass) {
    checkFurther(in.stream().map(Tensor::shape).toList());
    Tensor x = in.get(0);
    if (x.rank() != SEQUENCE_RANK || x.shape().last() != kernel.dim(0)) {
      throw wrongFeatures(x.shape());
    }
    Tensor lengths = in.size() > 1 && in.get(1).rank() == 1 ? in.get(1) : null;
    List<Tensor> given = in.subList(lengths == null ? 1 : 2, in.size());
    PackedSteps steps = PackedSteps.of(who(), x, lengths, goBackwards);
    List<Tensor> first = new ArrayList<>();
    for (Tensor state : given.isEmpty() ? keptFor(x) : given) {
      first.add(steps.sorted(state));
    }
    while (first.size() < states()) {
      first.add(null);
    }
    Tensor dropped = dropout > 0 && pass.isTraining() ? x.mul(mask(x.dim(0), 1, x.dim(2), x, dropout, pass)) : x;
    Tensor mask =
        recurrentDropout > 0 && pass.isTraining()
            ? mask(x.dim(0), 1, units, x, recurrentDropout, pass).reshape(x.dim(0), units)
            : null;
    Tensor projected = MatMul.dense(steps.pack(dropped), kernel, projectionBias(), UnaryOp.IDENTITY);
    List<Tensor> packed = steps(steps, projected, first, steps.sorted(mask));
    List<Tensor> out = new ArrayList<>();
    out.add(null);
    for (Tensor state : packed.subList(1, packed.size())) {
      out.add(steps.original(state));
    }
    out.set(0, returnSequences ? steps.unpack(packed.get(0), inputOrder, zeroOutput) : lastOutput(out.get(1), lengths));
    keep(out.subList(1, out.size()));
    return out;
  }

  /** The last state; of a sequence without steps 0, as it has no output. */
  private static Tensor lastOutput(Tensor hidden, Tensor lengths) {
    if (lengths == null) {
      return hidden;
    }
    Tensor has = lengths.cast(DType.INT64).gt(0).expandDims(1);
    return has.where(hidden, Tensor.zeros(Shape.of(1, 1), hidden.dtype()));
  }

  /** Ones with a part dropped, the rest scaled. */
  private Tensor mask(long batch, long time, long width, Tensor like, double rate, Pass pass) {
    Tensor ones = Tensor.ones(Shape.of(batch, time, width), like.dtype());
    RandomStream random = pass.random(path());
    long offset = random.take(DropoutOp.blocks(ones.size()));
    return DropoutOp.apply(ones, rate, random.seed(), random.stream(), offset);
  }

  // ---- states between calls

  private List<? extends Tensor> keptFor(Tensor x) {
    List<Param> states = kept;
    if (!states.isEmpty() && states.get(0).dim(0) != x.dim(0)) {
      throw new ShapeException(
          who() + ": expected " + states.get(0).dim(0) + " sequences, as many as the states kept, given " + x.shape()
              + "\n  call resetStates() before a batch of another size");
    }
    return states;
  }

  private void keep(List<Tensor> states) {
    if (stateful) {
      List<Param> next = states.stream().map(s -> Param.of("state", s)).toList();
      next.forEach(p -> p.trainable(false));
      List<Param> before = kept;
      kept = next;
      before.forEach(Param::close);
    }
  }

  /** Starts the next call of a {@link #stateful} layer from zeros. */
  public final void resetStates() {
    List<Param> before = kept;
    kept = List.of();
    before.forEach(Param::close);
  }

  /** The same for all stateful layers of a model or block. */
  public static void resetStates(Block block) {
    block.visit("", (prefix, part) -> {
      if (part instanceof Recurrent<?> layer) {
        layer.resetStates();
      }
    });
  }
}
