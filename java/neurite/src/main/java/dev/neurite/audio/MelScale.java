package dev.neurite.audio;

/** Pitch as people hear it, from frequency and back. */
public enum MelScale {
  /** Linear below 1 kHz, logarithmic above (Slaney's Auditory Toolbox 1998). */
  SLANEY {
    @Override
    public double toMel(double hertz) {
      return hertz < KNEE_HERTZ ? hertz / HERTZ_PER_MEL : KNEE_MEL + Math.log(hertz / KNEE_HERTZ) / LOG_STEP;
    }

    @Override
    public double toHertz(double mel) {
      return mel < KNEE_MEL ? mel * HERTZ_PER_MEL : KNEE_HERTZ * Math.exp((mel - KNEE_MEL) * LOG_STEP);
    }
  },
  /** {@code 2595 log10(1 + f / 700)} (the HTK book). */
  HTK {
    @Override
    public double toMel(double hertz) {
      return 2595 * Math.log10(1 + hertz / 700);
    }

    @Override
    public double toHertz(double mel) {
      return 700 * (Math.pow(10, mel / 2595) - 1);
    }
  };

  private static final double HERTZ_PER_MEL = 200.0 / 3;
  private static final double KNEE_HERTZ = 1000;
  private static final double KNEE_MEL = KNEE_HERTZ / HERTZ_PER_MEL;
  private static final double LOG_STEP = Math.log(6.4) / 27; // 27 mels from 1 kHz to 6.4 kHz

  /** Mels of a frequency. */
  public abstract double toMel(double hertz);

  /** Frequency of a pitch. */
  public abstract double toHertz(double mel);
}
