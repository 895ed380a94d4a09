package dev.neurite.train;

import dev.neurite.error.NumericsException;
import java.util.Locale;

/**
 * Ends the training with a {@link NumericsException} when a loss is NaN or infinite, before the weights take it in: the
 * model keeps those of the step before. {@code fit} adds one by itself unless {@code Fit.nanGuard(false)}.
 */
public final class NanGuard implements Callback {

  @Override
  public void lossKnown(Run run, double loss) {
    if (!Double.isFinite(loss)) {
      String where = FirstNaN.describe(run);
      Object saved = run.lastCheckpoint() == null ? "none; ModelCheckpoint makes some" : run.lastCheckpoint();
      throw new NumericsException(
          String.format(
              Locale.ROOT,
              "fit: expected a finite loss, given %s in step %d (epoch %d, batch %d, learning rate %s)\n"
                  + "  %s\n"
                  + "  the weights are those after step %d; last checkpoint: %s\n"
                  + "  try a smaller learning rate or clipping of gradients; look for log(0), a division by 0, or "
                  + "NaN in the data (Fit.checkInputs(true))\n"
                  + "  -Dneurite.check=nan stops at the first op that makes a NaN",
              loss, run.step() + 1, run.epoch(), run.batch(), run.learningRate(), where, run.step(), saved));
    }
  }
}
