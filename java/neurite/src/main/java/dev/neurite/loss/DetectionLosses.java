package dev.neurite.loss;

/** Losses of object localisation and detection on a grid, as in Andrew Ng's course; see {@link DetectionLoss}. */
public final class DetectionLosses {

  private DetectionLosses() {}

  /**
   * Squared errors: of all components where there is an object, {@code (p_c - 0)^2} alone where there is none.
   */
  public static DetectionLoss localisation() {
    return new DetectionLoss("localisation", false);
  }

  /**
   * Binary cross-entropy on p_c (a probability), and where there is an object squared errors of the box and softmax
   * cross-entropy on the raw class scores.
   */
  public static DetectionLoss mixed() {
    return new DetectionLoss("localisationMixed", true);
  }
}
