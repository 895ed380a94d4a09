/** The training loop: fit, evaluate, predict, callbacks and the history they leave. */
package dev.neurite.train;
