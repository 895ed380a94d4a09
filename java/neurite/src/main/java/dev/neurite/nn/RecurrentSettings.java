package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.regularizer.Regularizer;

/** Options of {@link Recurrent} layers. */
abstract sealed class RecurrentSettings<S extends Recurrent<S>> extends MultiLayer permits Recurrent {

  final long units;
  Activation activation = Activation.TANH;
  Activation recurrentActivation = Activation.SIGMOID;
  boolean useBias = true;
  boolean fused = true;
  double recurrentDropout;
  boolean returnSequences;
  boolean returnState;
  boolean goBackwards;
  boolean inputOrder;
  boolean stateful;
  boolean zeroOutput;
  double dropout;
  Initializer kernelInitializer = Initializers.glorotUniform();
  Initializer recurrentInitializer = Initializers.orthogonal(1);
  Initializer biasInitializer = Initializers.zeros();
  Regularizer kernelRegularizer;
  Regularizer recurrentRegularizer;
  Regularizer biasRegularizer;

  RecurrentSettings(long units) {
    if (units < 1) {
      throw new IllegalArgumentException(typeName() + ": expected at least one unit, given " + units);
    }
    this.units = units;
  }

  abstract S self();

  /** Sets the function of the candidate (default tanh); others than the default leave the fused kernel. */
  public S activation(Activation activation) {
    requireUnbuilt();
    this.activation = activation;
    return self();
  }

  /** Leaves the bias out (false). */
  public S bias(boolean use) {
    requireUnbuilt();
    useBias = use;
    return self();
  }

  /** Returns every step's output [batch, time, units] instead of the last one's. */
  public S returnSequences(boolean on) {
    requireUnbuilt();
    returnSequences = on;
    return self();
  }

  /** Returns the last states too, as further outputs: {@code lstm.onAll(3, x)}. */
  public S returnState(boolean on) {
    requireUnbuilt();
    returnState = on;
    return self();
  }

  /**
   * Reads each sequence from its last step to its first. Outputs come in the order they are computed, the last step's
   * first, as in Keras.
   */
  public S goBackwards(boolean on) {
    requireUnbuilt();
    goBackwards = on;
    return self();
  }

  /**
   * Puts the outputs of a backwards layer at the steps they belong to, with zeros at padding; {@link Bidirectional}
   * uses it.
   */
  public S inputOrder(boolean on) {
    requireUnbuilt();
    inputOrder = on;
    return self();
  }

  /**
   * Goes on, in each call, from the states the call before ended with, until {@link Recurrent#resetStates()}. The one
   * exception to the rule that calls do not change a layer: a stateful layer must not be shared between threads, and
   * its batch must keep its size. States given as inputs win. The gradient stops at the kept states. They are not
   * saved.
   */
  public S stateful(boolean on) {
    requireUnbuilt();
    stateful = on;
    return self();
  }

  /** Makes outputs past a sequence's length 0 (as PyTorch's packed sequences) instead of repeating the last one. */
  public S zeroOutput(boolean on) {
    requireUnbuilt();
    zeroOutput = on;
    return self();
  }

  /** With false, runs step by step in tensor ops, which have second-order gradients; slower. */
  public S fused(boolean on) {
    requireUnbuilt();
    fused = on;
    return self();
  }

  /**
   * Sets the part of the inputs dropped in training, the same ones at every step (Gal and Ghahramani 2016). Usual: 0.2
   * to 0.3.
   */
  public S dropout(double rate) {
    requireUnbuilt();
    dropout = checkedRate("dropout", rate);
    return self();
  }

  /**
   * Sets the part of the states dropped inside the recurrent products in training, the same ones at every step (Gal and
   * Ghahramani 2016). Usual: 0.2 to 0.3.
   */
  public S recurrentDropout(double rate) {
    requireUnbuilt();
    recurrentDropout = checkedRate("recurrentDropout", rate);
    return self();
  }

  private double checkedRate(String option, double rate) {
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException(
          typeName() + ": expected " + option + " in [0, 1), the part DROPPED, given " + rate);
    }
    return rate;
  }

  /** Sets what draws the input weights (default Glorot uniform). */
  public S kernelInitializer(Initializer initializer) {
    requireUnbuilt();
    kernelInitializer = initializer;
    return self();
  }

  /** Sets what draws the recurrent weights (default orthogonal). */
  public S recurrentInitializer(Initializer initializer) {
    requireUnbuilt();
    recurrentInitializer = initializer;
    return self();
  }

  /** Sets what draws the bias (default zeros). */
  public S biasInitializer(Initializer initializer) {
    requireUnbuilt();
    biasInitializer = initializer;
    return self();
  }

  /** Sets a penalty on the input weights; null for none. */
  public S kernelRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    kernelRegularizer = regularizer;
    return self();
  }

  /** Sets a penalty on the recurrent weights; null for none. */
  public S recurrentRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    recurrentRegularizer = regularizer;
    return self();
  }

  /** Sets a penalty on the bias; null (default) for none. */
  public S biasRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    biasRegularizer = regularizer;
    return self();
  }

  @Override
  public S name(String name) {
    super.name(name);
    return self();
  }

  final RecurrentOptions options() {
    return new RecurrentOptions(
        units, activation, recurrentActivation, useBias, returnSequences, returnState, goBackwards, inputOrder,
        stateful, zeroOutput, fused, dropout, recurrentDropout, kernelInitializer, recurrentInitializer,
        biasInitializer, kernelRegularizer, recurrentRegularizer, biasRegularizer);
  }

  final S with(RecurrentOptions o) {
    recurrentActivation = o.recurrentActivation();
    return activation(o.activation()).bias(o.bias()).returnSequences(o.returnSequences()).returnState(o.returnState())
        .goBackwards(o.goBackwards()).inputOrder(o.inputOrder()).stateful(o.stateful()).zeroOutput(o.zeroOutput())
        .fused(o.fused()).dropout(o.dropout()).recurrentDropout(o.recurrentDropout())
        .kernelInitializer(o.kernelInitializer()).recurrentInitializer(o.recurrentInitializer())
        .biasInitializer(o.biasInitializer()).kernelRegularizer(o.kernelRegularizer())
        .recurrentRegularizer(o.recurrentRegularizer()).biasRegularizer(o.biasRegularizer());
  }

  /** Length of the state. */
  public final long units() {
    return units;
  }
}
