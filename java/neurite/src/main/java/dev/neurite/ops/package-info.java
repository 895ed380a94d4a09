/** One class per op family: shape rule, forward and backward. Not exported: users reach it through {@code Tensor}. */
package dev.neurite.ops;
