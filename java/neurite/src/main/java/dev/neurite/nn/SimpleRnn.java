package dev.neurite.nn;

import dev.neurite.ops.PackedSteps;
import dev.neurite.ops.RnnOp;
import dev.neurite.ops.UnaryOp;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Simple recurrent network (Elman 1990): {@code h_t = tanh(x_t * kernel + h_{t-1} * recurrent_kernel + bias)}; the
 * output is the state. In the course's letters {@code kernel} is Wax, {@code recurrent_kernel} Waa, {@code bias} ba,
 * and Wya a per-step {@link Dense} behind it.
 *
 * <p><b>Shapes</b>: input {@code [batch, time, features]}, output {@code [batch, units]} or {@code [batch, time,
 * units]};
 * {@code kernel} [features, units], {@code recurrent_kernel} [units, units], {@code bias} [units]. Lengths and states:
 * {@link Recurrent}.
 *
 * <p>Defaults as in Keras: tanh, kernel Glorot uniform, recurrent kernel orthogonal, bias zeros, the last step's
 * output. Linear, ReLU, sigmoid and tanh run in the fused kernel.
 *
 * <pre>{@code
 * Model.sequential(Input.of(20, 8), SimpleRnn.of(32), Dense.of(1));
 * }</pre>
 */
public final class SimpleRnn extends Recurrent<SimpleRnn> {

  /** The options, as saved. */
  public record Config(RecurrentOptions options) {}

  private SimpleRnn(long units) {
    super(units);
  }

  /** A layer with a state of the given length. */
  public static SimpleRnn of(long units) {
    return new SimpleRnn(units);
  }

  static SimpleRnn from(Config c) {
    return of(c.options.units()).with(c.options);
  }

  @Override
  SimpleRnn self() {
    return this;
  }

  @Override
  int blocks() {
    return 1;
  }

  @Override
  int states() {
    return 1;
  }

  @Override
  List<Tensor> steps(PackedSteps steps, Tensor projected, List<Tensor> states, Tensor mask) {
    UnaryOp op = activation.plainOp();
    if (fused && mask == null && RnnOp.fuses(op)) {
      RnnOp.Result r = RnnOp.apply(projected, recurrentKernel, states.get(0), steps, op);
      return List.of(r.h(), r.last());
    }
    return RecurrentLoop.run(steps, projected, startStates(steps, projected, states), (p, s, running) -> {
      Tensor h = s.get(0);
      return List.of(activation.apply(p.add(masked(h, mask, running).matmul(recurrentKernel))));
    });
  }

  @Override
  Activation outputActivation() {
    return activation;
  }

  @Override
  public Config config() {
    return new Config(options());
  }
}
