package dev.neurite.nn;

import dev.neurite.ops.GruOp;
import dev.neurite.ops.PackedSteps;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Gated recurrent unit (Cho et al. 2014). With blocks z, r, h of {@code x_t * kernel} (p) and of the recurrent kernel
 * (U):
 *
 * <pre>
 *   z = sigmoid(p_z + h_{t-1} U_z)         keeps (the course's update gate is 1 - z)
 *   r = sigmoid(p_r + h_{t-1} U_r)         reset, the course's relevance gate
 *   n = tanh(p_h + r (h_{t-1} U_h + b))    reset after the product (default), or
 *   n = tanh(p_h + (r h_{t-1}) U_h)        before it, with {@link #resetAfter resetAfter(false)}
 *   h_t = z h_{t-1} + (1 - z) n
 * </pre>
 *
 * With {@link #relevanceGate relevanceGate(false)}, the course's simplified GRU, r is 1.
 *
 * <p><b>Shapes</b>: input {@code [batch, time, features]}, output {@code [batch, units]} or {@code [batch, time,
 * units]};
 * {@code kernel} [features, 3 units], {@code recurrent_kernel} [units, 3 units], {@code bias} [2, 3 units] (inputs',
 * products') or [3 units] with the reset before; 2 blocks and one bias without the relevance gate. Lengths and states:
 * {@link Recurrent}.
 *
 * <p>Defaults as in Keras: gates sigmoid, candidate tanh, reset after, kernel Glorot uniform, recurrent kernel
 * orthogonal, biases zeros, the last step's output.
 *
 * <pre>{@code
 * Model.sequential(Input.of(20, 8), Gru.of(32), Dense.of(5));
 * }</pre>
 */
public final class Gru extends Recurrent<Gru> {

  /** A gate with this before its sigmoid is open: the sigmoid is 1 and its derivative 0, exactly. */
  private static final double OPEN = 1000;

  /** The options, as saved. */
  public record Config(RecurrentOptions options, boolean resetAfter, boolean relevanceGate) {}

  private boolean resetAfter = true;
  private boolean relevanceGate = true;

  private Gru(long units) {
    super(units);
  }

  /** A layer with a state of the given length. */
  public static Gru of(long units) {
    return new Gru(units);
  }

  static Gru from(Config c) {
    return of(c.options.units()).with(c.options).resetAfter(c.resetAfter).relevanceGate(c.relevanceGate);
  }

  /** Sets the function of the gates (default sigmoid); others than the default leave the fused kernel. */
  public Gru recurrentActivation(Activation activation) {
    requireUnbuilt();
    recurrentActivation = activation;
    return this;
  }

  /** Applies the reset gate after the recurrent product (true, as Keras and PyTorch) or before it (Cho et al.). */
  public Gru resetAfter(boolean after) {
    requireUnbuilt();
    resetAfter = after;
    return this;
  }

  /** Leaves the reset gate out (false): the simplified GRU. */
  public Gru relevanceGate(boolean on) {
    requireUnbuilt();
    relevanceGate = on;
    return this;
  }

  @Override
  Gru self() {
    return this;
  }

  @Override
  int blocks() {
    return relevanceGate ? 3 : 2;
  }

  @Override
  int states() {
    return 1;
  }

  private boolean twoBiases() {
    return relevanceGate && resetAfter;
  }

  @Override
  Shape biasShape() {
    return twoBiases() ? Shape.of(2, blocks() * units) : super.biasShape();
  }

  /** Both biases of z and r simply add up; that of h's product is multiplied by the reset gate and stays apart. */
  @Override
  Tensor projectionBias() {
    if (bias == null || !twoBiases()) {
      return bias;
    }
    Tensor gates = bias.select(0, 1).slice(0, 0, 2 * units);
    return bias.select(0, 0).add(Tensor.concat(0, List.of(gates, Tensor.zeros(Shape.of(units), bias.dtype()))));
  }

  private Tensor productBias() {
    return bias == null || !twoBiases() ? null : bias.select(0, 1).slice(0, 2 * units, 3 * units);
  }

  @Override
  List<Tensor> steps(PackedSteps steps, Tensor projected, List<Tensor> states, Tensor mask) {
    Tensor inner = productBias();
    if (fused && mask == null && activation.equals(Activation.TANH)
        && recurrentActivation.equals(Activation.SIGMOID)) {
      Tensor p = relevanceGate ? projected : withOpenGate(projected, OPEN);
      Tensor u = relevanceGate ? recurrentKernel : withOpenGate(recurrentKernel, 0);
      GruOp.Result r = GruOp.apply(p, u, inner, states.get(0), steps, resetAfter || !relevanceGate);
      return List.of(r.h(), r.last());
    }
    return RecurrentLoop.run(
        steps, projected, startStates(steps, projected, states), (p, s, running) -> step(p, s, running, mask, inner));
  }

  /** Columns z, h to z, r, h. */
  private Tensor withOpenGate(Tensor t, double value) {
    Tensor open = Tensor.full(Shape.of(t.dim(0), units), value, t.dtype());
    return Tensor.concat(1, List.of(block(t, 0), open, block(t, 1)));
  }

  private List<Tensor> step(Tensor projected, List<Tensor> states, long running, Tensor mask, Tensor inner) {
    Tensor h = states.get(0);
    Tensor seen = masked(h, mask, running);
    Tensor gates = seen.matmul(recurrentKernel.slice(1, 0, (blocks() - 1) * units));
    Tensor kernelOfCandidate = block(recurrentKernel, blocks() - 1);
    Tensor z = recurrentActivation.apply(block(projected, 0).add(block(gates, 0)));
    Tensor product;
    if (!relevanceGate) {
      product = seen.matmul(kernelOfCandidate);
    } else {
      Tensor r = recurrentActivation.apply(block(projected, 1).add(block(gates, 1)));
      Tensor after = resetAfter ? seen.matmul(kernelOfCandidate) : null;
      product =
          resetAfter ? r.mul(inner == null ? after : after.add(inner)) : r.mul(seen).matmul(kernelOfCandidate);
    }
    Tensor candidate = activation.apply(block(projected, blocks() - 1).add(product));
    return List.of(z.mul(h).add(z.rsub(1).mul(candidate)));
  }

  @Override
  public Config config() {
    return new Config(options(), resetAfter, relevanceGate);
  }
}
