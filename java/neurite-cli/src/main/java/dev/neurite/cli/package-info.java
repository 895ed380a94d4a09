/** The command {@code ./neurite}: train, evaluate, predict, info. */
package dev.neurite.cli;
