package dev.neurite.train;

/**
 * Where the doctor draws its lines. Each was chosen between what healthy runs show and what runs made sick on purpose
 * show (the numbers behind "healthy" and "sick": the runs of the tests, over five seeds).
 */
public final class DiagnosisLimits {

  private DiagnosisLimits() {}

  /** Share of a hidden layer's units that are copies of another unit. Healthy 0, sick 1. */
  public static final double ALIKE_UNITS = 0.5;

  /** Largest spread of a feature divided by the smallest. Healthy below 2, sick 1,700 (age and salary). */
  public static final double SPREAD_RATIO = 100;

  /** Largest spread of a feature. Healthy below 5; pixels that were not divided have 128 to 255. */
  public static final double LARGEST_SPREAD = 50;

  /** Distance of a feature's mean from 0, in spreads. Healthy below 1; years of birth have about 40. */
  public static final double LARGEST_SHIFT = 10;

  /** Share of a hidden layer's outputs beyond 95 % of the range. Healthy up to 0.05, sick 0.86 to 0.95. */
  public static final double SATURATED = 0.5;

  /** Share of a hidden layer's units that give 0 for every example. Healthy up to 0.38, sick 1. */
  public static final double DEAD = 0.7;

  /**
   * Gradient of the first layer's weights (or output) divided by that of the last: below it they vanish.
   * Healthy above 0.4, sick 5e-7.
   */
  public static final double VANISHING_RATIO = 1e-3;

  /**
   * Gradient of the first layer's weights (or output) divided by that of the last: above it they explode.
   * Healthy below 10, sick 7e4.
   */
  public static final double EXPLODING_RATIO = 100;

  /** Loss divided by that of the start. Healthy below 1; runs that end in infinity are told without it. */
  public static final double DIVERGED = 10;

  /** Largest loss of a step divided by that of the first step. Healthy up to 1.75, sick 9 to 20. */
  public static final double SPIKE = 3;

  /** Loss at the end divided by that of the start: below it a spike did no harm. Healthy up to 0.1, sick above 0.5. */
  public static final double RECOVERED = 0.25;

  /**
   * Median over epochs of one step's length divided by the length of the weights, in the layer that moves most.
   * Healthy 1e-3 to 4e-3.
   */
  public static final double STEP_TOO_LONG = 0.1;

  /** The same, in the layer that moves most, below which steps are too short. Healthy 1e-3 to 4e-3, sick 9e-7. */
  public static final double STEP_TOO_SHORT = 1e-4;

  /**
   * Avoidable bias, and variance: shares of wrong answers.
   * Healthy up to 0.027; sick: bias from 0.12, variance from 0.15.
   */
  public static final double HIGH_ERROR = 0.05;

  /** The same for regression: shares of the targets' variance that are not explained. Healthy up to 0.063. */
  public static final double HIGH_UNEXPLAINED = 0.15;

  /** Validation loss at the end above its smallest value, as a share of it. Healthy up to 0.1. */
  public static final double VALIDATION_RISE = 0.2;

  /** The same, as a share of the loss at the start. */
  public static final double VALIDATION_RISE_OF_START = 0.05;

  /**
   * Validation loss above the training loss at the end, as a share of the loss at the start.
   * Healthy up to 0.05, sick 0.6 to 1.
   */
  public static final double GAP_OF_START = 0.3;

  /** Training loss at the end divided by that of the start. Healthy up to 0.1, sick above 0.7. */
  public static final double LOSS_LEFT = 0.5;

  /**
   * Part of the training loss's fall that happened in the last quarter of the epochs; a straight line has 0.25.
   * Healthy up to 0.05.
   */
  public static final double STILL_FALLING = 0.1;

  /** Loss of an example that contradicts its label: {@code -log(0.05)}. */
  public static final double SUSPICIOUS_LOSS = 3;

  /** Share of such examples. Healthy up to 0.002, sick 0.08 with a tenth of the labels wrong. */
  public static final double SUSPICIOUS_ROWS = 0.02;

  /**
   * Median loss divided by that of the best constant answer: below it the other examples were learnt.
   * 0.004 in healthy runs, 0.09 with wrong labels, 1 before training.
   */
  public static final double LEARNT = 0.3;
}
