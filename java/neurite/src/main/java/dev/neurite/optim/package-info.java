/**
 * Optimisers and learning-rate schedules. An {@link dev.neurite.optim.Optimizer} changes parameters from their
 * gradients, all parameters of one type in one native call; a {@link dev.neurite.optim.LearningRate} is a function from
 * the step number to the rate.
 */
package dev.neurite.optim;
