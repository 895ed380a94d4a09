/** Boxes and what is computed from them. */
package dev.neurite.vision;
