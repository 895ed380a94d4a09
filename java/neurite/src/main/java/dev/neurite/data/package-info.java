/** Data sets, batches and the readers that need the JDK only. Readers on libraries live in {@code neurite-data}. */
package dev.neurite.data;
