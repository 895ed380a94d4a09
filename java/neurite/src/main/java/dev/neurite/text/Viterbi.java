package dev.neurite.text;

/**
 * The likeliest hidden path of a first-order model (Viterbi 1967), in logarithms; at a tie the state with the lower
 * number.
 *
 * @param path the state of each step
 * @param logProbability of this path and the observations
 */
public record Viterbi(int[] path, double logProbability) {

  /**
   * Finds the path.
   *
   * @param initial log-probability of each first state
   * @param transition [from][to]
   * @param emission [state][observation]
   * @param observations what was seen, at least one
   */
  public static Viterbi of(double[] initial, double[][] transition, double[][] emission, int[] observations) {
    int states = initial.length;
    int steps = observations.length;
    if (steps == 0 || states == 0) {
      throw new IllegalArgumentException(
          "Viterbi: expected at least one state and one observation, given " + states + " and " + steps);
    }
    double[] best = new double[states];
    int[][] from = new int[steps][states];
    for (int s = 0; s < states; s++) {
      best[s] = initial[s] + emission[s][observations[0]];
    }
    for (int t = 1; t < steps; t++) {
      double[] next = new double[states];
      for (int s = 0; s < states; s++) {
        int origin = 0;
        for (int r = 1; r < states; r++) {
          origin = best[r] + transition[r][s] > best[origin] + transition[origin][s] ? r : origin;
        }
        from[t][s] = origin;
        next[s] = best[origin] + transition[origin][s] + emission[s][observations[t]];
      }
      best = next;
    }
    int[] path = new int[steps];
    for (int s = 1; s < states; s++) {
      path[steps - 1] = best[s] > best[path[steps - 1]] ? s : path[steps - 1];
    }
    double probability = best[path[steps - 1]];
    for (int t = steps - 1; t > 0; t--) {
      path[t - 1] = from[t][path[t]];
    }
    return new Viterbi(path, probability);
  }
}
