package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.ops.LstmOp;
import dev.neurite.ops.PackedSteps;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000). With {@code z =
 * x_t * kernel + h_{t-1} * recurrent_kernel + bias} in four blocks i, f, c, o:
 *
 * <pre>
 *   i = sigmoid(z_i)   update gate        g = tanh(z_c)       candidate
 *   f = sigmoid(z_f)   forget gate        c_t = f c_{t-1} + i g
 *   o = sigmoid(z_o)   output gate        h_t = o tanh(c_t)
 * </pre>
 *
 * With {@link #peephole} the gates see the cell too (Gers and Schmidhuber 2000): {@code w_i c_{t-1}} and {@code w_f
 * c_{t-1}} are added to z_i and z_f, {@code w_o c_t} to z_o.
 *
 * <p><b>Shapes</b>: input {@code [batch, time, features]}, output {@code [batch, units]} or {@code [batch, time,
 * units]}; states h and c {@code [batch, units]}; {@code kernel} [features, 4 units], {@code recurrent_kernel} [units,
 * 4 units],
 * {@code bias} [4 units], {@code peephole_kernel} [3, units] for i, f and o. Lengths and states: {@link Recurrent}.
 *
 * <p>Defaults as in Keras: gates sigmoid, candidate tanh, kernel Glorot uniform, recurrent kernel orthogonal, bias
 * zeros but 1 for the forget gate, the last step's output. Peephole weights start as the kernel does.
 *
 * <pre>{@code
 * Model.sequential(Input.of(20, 8), Lstm.of(32).returnSequences(true), Lstm.of(32), Dense.of(5));
 * }</pre>
 */
public final class Lstm extends Recurrent<Lstm> {

  private static final int GATES = 4;
  private static final int FORGET = 1;

  /** The options, as saved. */
  public record Config(RecurrentOptions options, boolean unitForgetBias, boolean peephole) {}

  private boolean unitForgetBias = true;
  private boolean peephole;
  private Param peepholeKernel;

  private Lstm(long units) {
    super(units);
  }

  /** A layer with states of the given length. */
  public static Lstm of(long units) {
    return new Lstm(units);
  }

  static Lstm from(Config c) {
    return of(c.options.units()).with(c.options).unitForgetBias(c.unitForgetBias).peephole(c.peephole);
  }

  /** Sets the function of the gates (default sigmoid); others than the default leave the fused kernel. */
  public Lstm recurrentActivation(Activation activation) {
    requireUnbuilt();
    recurrentActivation = activation;
    return this;
  }

  /** Starts the forget gate's bias at 1 (default), so that the cell keeps what it has at first. */
  public Lstm unitForgetBias(boolean on) {
    requireUnbuilt();
    unitForgetBias = on;
    return this;
  }

  /** Lets the gates see the cell, by one weight per unit and gate. */
  public Lstm peephole(boolean on) {
    requireUnbuilt();
    peephole = on;
    return this;
  }

  /** The peephole weights [3, units] of i, f and o; null before the layer is built, or without peepholes. */
  public Param peepholeKernel() {
    return peepholeKernel;
  }

  @Override
  Lstm self() {
    return this;
  }

  @Override
  int blocks() {
    return GATES;
  }

  @Override
  int states() {
    return 2;
  }

  @Override
  Initializer biasStart(Initializer set) {
    if (!unitForgetBias) {
      return set;
    }
    return (shape, dtype, random) -> {
      Tensor start = set.create(shape, dtype, random);
      return Tensor.concat(
          0,
          List.of(
              start.slice(0, 0, FORGET * units), Tensor.ones(Shape.of(units), dtype),
              start.slice(0, (FORGET + 1) * units, GATES * units)));
    };
  }

  @Override
  void buildMore() {
    if (peephole) {
      peepholeKernel = param("peephole_kernel", Shape.of(3, units), Initializers.glorotUniform());
    }
  }

  @Override
  List<Tensor> steps(PackedSteps steps, Tensor projected, List<Tensor> states, Tensor mask) {
    if (fused && mask == null && activation.equals(Activation.TANH)
        && recurrentActivation.equals(Activation.SIGMOID)) {
      LstmOp.Result r =
          LstmOp.apply(projected, recurrentKernel, peepholeKernel, states.get(0), states.get(1), steps);
      return List.of(r.h(), r.last(), r.lastCell());
    }
    return RecurrentLoop.run(
        steps, projected, startStates(steps, projected, states), (p, s, running) -> step(p, s, running, mask));
  }

  private List<Tensor> step(Tensor projected, List<Tensor> states, long running, Tensor mask) {
    Tensor c = states.get(1);
    Tensor z = projected.add(masked(states.get(0), mask, running).matmul(recurrentKernel));
    Tensor i = recurrentActivation.apply(seeing(block(z, 0), 0, c));
    Tensor f = recurrentActivation.apply(seeing(block(z, FORGET), 1, c));
    Tensor cell = f.mul(c).add(i.mul(activation.apply(block(z, 2))));
    Tensor o = recurrentActivation.apply(seeing(block(z, 3), 2, cell));
    return List.of(o.mul(activation.apply(cell)), cell);
  }

  private Tensor seeing(Tensor z, long gate, Tensor cell) {
    return peephole ? z.add(cell.mul(peepholeKernel.select(0, gate))) : z;
  }

  @Override
  public Config config() {
    return new Config(options(), unitForgetBias, peephole);
  }
}
