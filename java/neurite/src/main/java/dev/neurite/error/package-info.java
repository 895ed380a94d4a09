/** Exceptions of the library: one sealed root and its kinds. Nothing else belongs here. */
package dev.neurite.error;
