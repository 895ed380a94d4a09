package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.regularizer.Regularizer;

/**
 * What {@link SimpleRnn}, {@link Lstm} and {@link Gru} have in common, as saved.
 *
 * @param units length of the state
 * @param activation of the candidate and, in an LSTM, of the cell's output
 * @param recurrentActivation of the gates
 * @param bias whether there is one
 * @param returnSequences output of every step
 * @param returnState the last states as further outputs
 * @param goBackwards from the last step to the first
 * @param inputOrder results of a backwards layer stand at the step they belong to
 * @param stateful states go on in the next batch
 * @param zeroOutput padding gives zeros
 * @param fused the fused kernel is used where it can be
 * @param dropout part of the inputs dropped
 * @param recurrentDropout part of the states dropped
 * @param kernelInitializer draws the input weights
 * @param recurrentInitializer draws the recurrent weights
 * @param biasInitializer draws the bias
 * @param kernelRegularizer penalty on the input weights, or null
 * @param recurrentRegularizer penalty on the recurrent weights, or null
 * @param biasRegularizer penalty on the bias, or null
 */
public record RecurrentOptions(
    long units, Activation activation, Activation recurrentActivation, boolean bias, boolean returnSequences,
    boolean returnState, boolean goBackwards, boolean inputOrder, boolean stateful, boolean zeroOutput, boolean fused,
    double dropout, double recurrentDropout, Initializer kernelInitializer, Initializer recurrentInitializer,
    Initializer biasInitializer, Regularizer kernelRegularizer, Regularizer recurrentRegularizer,
    Regularizer biasRegularizer) {}
