package dev.neurite.train;

import java.io.Console;
import java.io.PrintStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Locale;
import java.util.Map;

/**
 * The progress display: on a terminal one line that is drawn anew, with epoch, step, time left, samples per second,
 * loss and metrics; else one plain line per epoch.
 *
 * <pre>
 * epoch 3/20  step 12/23  0:04 left  21,344 samples/s  loss 0.1234  accuracy 0.9712
 * </pre>
 */
public final class Progress implements Callback {

  private static final long REDRAW_NANOS = 100_000_000; // ten times a second is all an eye wants

  private final PrintStream out;
  private final boolean terminal;
  private long lastDrawn;
  private int lastLength;

  private Progress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** On standard output; redrawn in place when that is a terminal. */
  public static Progress onStandardOutput() {
    return new Progress(System.out, isTerminal());
  }

  /** On a stream; {@code terminal} tells whether carriage returns may be used to draw in place. */
  public static Progress on(PrintStream out, boolean terminal) {
    return new Progress(out, terminal);
  }

  /** From JDK 22 on there may be a console without a terminal, and a method to ask. */
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      MethodHandle ask =
          MethodHandles.publicLookup()
              .findVirtual(Console.class, "isTerminal", MethodType.methodType(boolean.class));
      return (boolean) ask.invoke(console);
    } catch (NoSuchMethodException e) {
      return true; // up to JDK 21 a console is a terminal
    } catch (Throwable e) {
      return false;
    }
  }

  @Override
  public void epochBegin(Run run) {
    lastDrawn = System.nanoTime();
  }

  @Override
  public void batchEnd(Run run) {
    long now = System.nanoTime();
    if (terminal && now - lastDrawn >= REDRAW_NANOS) {
      lastDrawn = now;
      draw(head(run, now) + values(run.values()));
    }
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    double seconds = values.getOrDefault("seconds", run.epochSeconds());
    String line =
        String.format(
            Locale.ROOT, "epoch %d/%d  %s  %,d samples/s%s", run.epoch(), run.epochs(), clock(seconds),
            rate(run.examples(), run.trainingSeconds()), values(values));
    if (terminal) {
      draw(line);
      lastLength = 0;
    } else {
      out.print(line);
    }
    out.print('\n');
    out.flush();
  }

  @Override
  public void trainEnd(Run run) {
    if (lastLength > 0) {
      out.print('\n');
      lastLength = 0;
    }
    if (run.failure() == null && run.stopReason() != null) {
      out.print("stopped: " + run.stopReason() + "\n");
    }
    out.flush();
  }

  private static String head(Run run, long now) {
    double seconds = (now - run.epochStart()) / 1e9;
    long all = run.batches();
    String left = all > 0 ? clock(seconds / run.batch() * (all - run.batch())) + " left  " : "";
    return String.format(
        Locale.ROOT, "epoch %d/%d  step %d%s  %s%,d samples/s", run.epoch(), run.epochs(), run.batch(),
        all > 0 ? "/" + all : "", left, rate(run.examples(), seconds));
  }

  private static String values(Map<String, Double> values) {
    StringBuilder text = new StringBuilder();
    values.forEach((name, value) -> {
      if (!name.equals("seconds")) {
        text.append("  ").append(name).append(' ').append(History.number(value));
      }
    });
    return text.toString();
  }

  private static long rate(long examples, double seconds) {
    return seconds > 0 ? Math.round(examples / seconds) : 0;
  }

  private static String clock(double seconds) {
    long s = (long) Math.ceil(seconds);
    return s < 3600
        ? String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }

  /** Draws over the line before; what that had more is blanked. */
  private void draw(String line) {
    out.print("\r" + line + " ".repeat(Math.max(0, lastLength - line.length())));
    out.flush();
    lastLength = line.length();
  }
}
