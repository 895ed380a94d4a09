package dev.neurite.golden;

/** Runs one golden case; throws AssertionError (or anything else) when it does not pass. */
@FunctionalInterface
public interface GoldenHandler {

  /** Runs and compares. */
  void check(GoldenRun run);
}
