package dev.neurite.audio;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Triangles between frequencies at equal distances in mel, which sum the bins of a spectrum to bands (as librosa does).
 *
 * <pre>{@code
 * Tensor bank = MelFilterBank.of(16000, 512, 40).matrix(DType.FLOAT32);   // [40, 257]
 * }</pre>
 *
 * @param sampleRate samples per second
 * @param fftLength length of the transform
 * @param bands number of triangles
 * @param low lowest frequency in hertz
 * @param high highest frequency in hertz
 * @param scale Slaney's or HTK's
 * @param equalArea whether each triangle is divided by half its width in hertz
 */
public record MelFilterBank(
    double sampleRate, int fftLength, int bands, double low, double high, MelScale scale, boolean equalArea) {

  /** Checks the numbers. */
  public MelFilterBank {
    if (!(sampleRate > 0) || fftLength < 1 || bands < 1 || !(low >= 0 && low < high)) {
      throw new IllegalArgumentException(
          "MelFilterBank: expected a positive rate, length and number of bands, and 0 <= low < high, given "
              + sampleRate + ", " + fftLength + ", " + bands + ", " + low + " and " + high);
    }
  }

  /** Slaney's scale from 0 to half the sample rate, triangles of equal area. */
  public static MelFilterBank of(double sampleRate, int fftLength, int bands) {
    return new MelFilterBank(sampleRate, fftLength, bands, 0, sampleRate / 2, MelScale.SLANEY, true);
  }

  /** The weights: [bands, fftLength / 2 + 1]. */
  public Tensor matrix(DType dtype) {
    int bins = fftLength / 2 + 1;
    double[] edges = edges();
    double[] weights = new double[bands * bins];
    for (int b = 0; b < bands; b++) {
      double width = edges[b + 2] - edges[b];
      for (int k = 0; k < bins; k++) {
        double f = k * sampleRate / fftLength;
        double up = (f - edges[b]) / (edges[b + 1] - edges[b]);
        double down = (edges[b + 2] - f) / (edges[b + 2] - edges[b + 1]);
        weights[b * bins + k] = Math.max(0, Math.min(up, down)) * (equalArea ? 2 / width : 1);
      }
    }
    return Tensor.of(weights, Shape.of(bands, bins), dtype);
  }

  /** Corners of the triangles: each starts at the middle of the one before. */
  private double[] edges() {
    double from = scale.toMel(low);
    double step = (scale.toMel(high) - from) / (bands + 1);
    double[] edges = new double[bands + 2];
    for (int i = 0; i < edges.length; i++) {
      edges[i] = scale.toHertz(from + i * step);
    }
    return edges;
  }
}
