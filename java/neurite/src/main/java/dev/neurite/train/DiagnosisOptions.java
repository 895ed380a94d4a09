package dev.neurite.train;

/**
 * What the doctor should know beside the run.
 *
 * @param humanError error rate of the best human (or the best possible): what is above it can be avoided. For
 *     regression the share of the variance that no model can explain
 * @param examples training examples {@code Model.diagnose} looks at
 * @param learningRate true to let {@code Model.diagnose} sweep the learning rate of a model that was not trained yet
 */
public record DiagnosisOptions(double humanError, int examples, boolean learningRate) {

  /** Checks the values. @throws IllegalArgumentException naming the wrong one */
  public DiagnosisOptions {
    if (!(humanError >= 0 && humanError <= 1)) {
      throw new IllegalArgumentException("DiagnosisOptions: expected a human error from 0 to 1, given " + humanError);
    }
    if (examples < 1) {
      throw new IllegalArgumentException("DiagnosisOptions: expected 1 or more examples, given " + examples);
    }
  }

  /** Human error 0, {@value HealthLog#EXAMPLES} examples, with a sweep of the learning rate. */
  public static DiagnosisOptions standard() {
    return new DiagnosisOptions(0, HealthLog.EXAMPLES, true);
  }

  /** The same with another human error. */
  public DiagnosisOptions humanError(double error) {
    return new DiagnosisOptions(error, examples, learningRate);
  }

  /** The same with another number of examples. */
  public DiagnosisOptions examples(int n) {
    return new DiagnosisOptions(humanError, n, learningRate);
  }

  /** The same with or without the sweep of the learning rate. */
  public DiagnosisOptions learningRate(boolean sweep) {
    return new DiagnosisOptions(humanError, examples, sweep);
  }
}
