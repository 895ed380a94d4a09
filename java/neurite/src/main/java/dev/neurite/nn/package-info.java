/**
 * Layers, and models made of them. What belongs here: everything that maps tensors to tensors and
 * may own parameters. Losses, metrics, optimisers and training loops live elsewhere.
 */
package dev.neurite.nn;
