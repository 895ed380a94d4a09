/** The command {@code ./neurite}: train, evaluate, predict, doctor, explain, info. */
package dev.neurite.cli;
