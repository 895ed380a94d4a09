/** A process that is measured beside other libraries: it answers one line per benchmark case. */
package dev.neurite.bench.peer;
