/** Penalties on parameters, added to the loss. */
package dev.neurite.regularizer;
