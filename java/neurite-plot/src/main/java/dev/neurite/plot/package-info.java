/** Pictures of training runs as PNG and SVG, made without a display. */
package dev.neurite.plot;
