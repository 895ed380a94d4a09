/** JMH benchmarks: what an operation costs besides its arithmetic, and whole training steps. */
package dev.neurite.bench;
