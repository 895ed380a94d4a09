/**
 * Loss functions: what training minimises. {@link dev.neurite.loss.Losses} makes the built-in ones; any lambda from
 * labels and predictions to a tensor is a {@link dev.neurite.loss.Loss} too. PyTorch's are in
 * {@link dev.neurite.loss.TorchLosses}; those of embeddings, adversarial networks, style transfer, detection and word
 * vectors in {@link dev.neurite.loss.RankingLosses}, {@link dev.neurite.loss.GanLosses},
 * {@link dev.neurite.loss.StyleLosses}, {@link dev.neurite.loss.DetectionLosses} and
 * {@link dev.neurite.loss.WordLosses}. Penalties on weights live in {@code dev.neurite.regularizer}.
 */
package dev.neurite.loss;
