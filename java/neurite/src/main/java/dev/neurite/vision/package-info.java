/** Pictures and boxes: steps before a network, and what detectors are trained and judged with. */
package dev.neurite.vision;
