/** Sound as numbers: windows, short-time Fourier transform, mel filters and cepstral coefficients. */
package dev.neurite.audio;
