/**
 * Loss functions: what training minimises. {@link dev.neurite.loss.Losses} makes the built-in ones; any lambda from
 * labels and predictions to a tensor is a {@link dev.neurite.loss.Loss} too. Penalties on weights live in
 * {@code dev.neurite.regularizer}.
 */
package dev.neurite.loss;
