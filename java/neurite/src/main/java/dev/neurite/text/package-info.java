/** Text and label sequences: decoding. */
package dev.neurite.text;
