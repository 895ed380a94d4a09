package dev.neurite.audio;

import dev.neurite.tensor.Tensor;

/**
 * Mel-frequency cepstral coefficients: power spectrogram, mel bands, decibels, orthonormal cosine transform (Davis and
 * Mermelstein 1980; the steps of librosa). Differentiable.
 *
 * <pre>{@code
 * Mfcc mfcc = Mfcc.of(Stft.of(512).hop(160), MelFilterBank.of(16000, 512, 40), 13);
 * Tensor features = mfcc.apply(samples);   // [13, frames]
 * }</pre>
 *
 * <p><b>Shapes</b>: [.., samples] to [.., coefficients, frames].
 *
 * @param stft the short-time transform
 * @param bank the mel bands, for the same length
 * @param coefficients how many are kept, at most as many as bands
 * @param floor least power, 1e-10 by default
 * @param topDecibels how far below its loudest value a spectrogram may fall; infinity (default): any distance
 */
public record Mfcc(Stft stft, MelFilterBank bank, int coefficients, double floor, double topDecibels) {

  /** Checks that the parts fit. */
  public Mfcc {
    if (stft.length() != bank.fftLength() || coefficients < 1 || coefficients > bank.bands()) {
      throw new IllegalArgumentException(
          "Mfcc: expected a filter bank for length " + stft.length() + " and 1 to " + bank.bands()
              + " coefficients, given length " + bank.fftLength() + " and " + coefficients);
    }
  }

  /** With power cut at 1e-10 and no limit on the range. */
  public static Mfcc of(Stft stft, MelFilterBank bank, int coefficients) {
    return new Mfcc(stft, bank, coefficients, 1e-10, Double.POSITIVE_INFINITY);
  }

  /** Power in each band: [.., bands, frames]. */
  public Tensor melPower(Tensor x) {
    return bank.matrix(x.dtype()).matmul(stft.apply(x).power());
  }

  /** {@code 10 log10(max(power, floor))} of {@link #melPower}: [.., bands, frames]. */
  public Tensor logMel(Tensor x) {
    Tensor decibels = Audio.decibels(melPower(x), floor);
    if (Double.isInfinite(topDecibels)) {
      return decibels;
    }
    Tensor least = decibels.max(true, -2, -1).sub(topDecibels);
    return decibels.maximum(least);
  }

  /** The coefficients: [.., coefficients, frames]. */
  public Tensor apply(Tensor x) {
    return Audio.dct2(logMel(x).transpose()).slice(-1, 0, coefficients).transpose();
  }
}
