/** Text and label sequences: vocabularies, tokenizers, decoding, word vectors and their scores. */
package dev.neurite.text;
