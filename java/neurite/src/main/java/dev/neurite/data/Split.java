package dev.neurite.data;

/**
 * Two disjoint parts of a data set.
 *
 * @param first the part of the asked size, such as what is trained on
 * @param second the rest
 */
public record Split(Dataset first, Dataset second) {}
