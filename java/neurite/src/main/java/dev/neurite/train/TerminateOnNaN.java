package dev.neurite.train;

import java.util.Locale;

/**
 * Ends the training, without an exception, when a loss is NaN or infinite; the model keeps the weights of the step
 * before. Where this callback is given, {@code fit} adds no {@link NanGuard}, which would throw.
 */
public final class TerminateOnNaN implements Callback {

  @Override
  public void lossKnown(Run run, double loss) {
    if (!Double.isFinite(loss)) {
      run.skipUpdate();
      run.stop(
          String.format(
              Locale.ROOT, "the loss was %s in step %d (epoch %d, batch %d)", loss, run.step() + 1, run.epoch(),
              run.batch()));
    }
  }
}
