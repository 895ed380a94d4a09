/** Tensors, parameters, shapes, scopes: what lives in device memory and who owns it. */
package dev.neurite.tensor;
