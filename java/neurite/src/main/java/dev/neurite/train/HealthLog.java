package dev.neurite.train;

import dev.neurite.error.FormatException;
import dev.neurite.io.Json;
import dev.neurite.nn.Block;
import dev.neurite.tensor.Param;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Watches the health of a training run and writes it, a line of JSON per look, into {@code health.jsonl}, which {@link
 * Diagnosis#of(Path)} and {@code ./neurite doctor} read.
 *
 * <pre>{@code
 * model.fit(train, Fit.epochs(20).validateOn(test).callbacks(HealthLog.to(Path.of("runs/mine"))));
 * }</pre>
 *
 * <p>Before the first step and after every epoch a forward and backward pass over {@value #EXAMPLES} fixed training
 * examples measures every layer; one step per epoch tells how far the weights move; at the end every training example's
 * loss (of the first {@value #ROWS}) is measured. The training itself is the same, bit for bit, with and without it.
 * An existing file is replaced; a training that goes on from a checkpoint keeps what was measured before it.
 */
public final class HealthLog implements Callback {

  /** Training examples that are looked at unless {@link #examples} says otherwise. */
  public static final int EXAMPLES = 128;

  /** Most training examples whose single losses are measured at the end. */
  public static final int ROWS = 20_000;

  private final Path file;
  private final int examples;
  private final long every;
  private HealthProbe probe;
  private Writer out;
  private StepCounter steps = new StepCounter();
  private Map<Block, Param> before = Map.of();
  private long optimizerStep;
  private Map<String, Double> moved = Map.of();
  private List<Health.Checkup> kept = new ArrayList<>();
  private Health head;
  private Health result;

  private HealthLog(Path file, int examples, long every) {
    this.file = file;
    this.examples = examples;
    this.every = every;
  }

  /** Writes {@code health.jsonl} into a run folder, which is made where it is missing. */
  public static HealthLog to(Path folder) {
    return new HealthLog(folder.resolve(Health.FILE), EXAMPLES, 0);
  }

  /** Writes no file; {@link #health} has what was measured. */
  public static HealthLog inMemory() {
    return new HealthLog(null, EXAMPLES, 0);
  }

  /**
   * Looks at another number of training examples.
   *
   * @param n 1 or more; as much memory is needed as for a batch of so many
   */
  public HealthLog examples(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("HealthLog.examples: expected 1 or more, given " + n);
    }
    return new HealthLog(file, n, every);
  }

  /**
   * Looks also after every so many steps, not after epochs only.
   *
   * @param count 1 or more
   */
  public HealthLog everySteps(long count) {
    if (count < 1) {
      throw new IllegalArgumentException("HealthLog.everySteps: expected 1 or more, given " + count);
    }
    return new HealthLog(file, examples, count);
  }

  /**
   * What the last run measured.
   *
   * @throws IllegalStateException before a run has ended
   */
  public Health health() {
    if (result == null) {
      throw new IllegalStateException("HealthLog: expected a finished run; give it to Fit.callbacks first");
    }
    return result;
  }

  // ---- events

  @Override
  public void trainBegin(Run run) {
    steps = new StepCounter();
    kept = new ArrayList<>();
    moved = Map.of();
    result = null;
    probe = HealthProbe.of(run.model(), run.loss(), run.data(), run.seed(), examples);
    if (probe == null) {
      return; // fit itself refuses data without examples or targets
    }
    head = new Health(probe.inputHealth(), probe.baseline(), probe.classifier(), List.of(), null, null, null);
    Health earlier = earlier(run);
    if (file != null) {
      writing(() -> {
        Files.createDirectories(file.toAbsolutePath().getParent());
        out = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
      });
    }
    if (earlier == null) {
      line(head.headMap());
      checkup(new Health.Checkup(0, run.step(), null, Map.of(), probe.layers()));
    } else {
      head = earlier;
      line(earlier.headMap());
      earlier.checkups().stream().filter(c -> c.step() <= run.step()).forEach(this::checkup);
    }
  }

  /** What the interrupted part of a resumed training wrote; null when there is nothing to go on from. */
  private Health earlier(Run run) {
    if (!run.isResumed() || file == null || !Files.exists(file)) {
      return null;
    }
    try {
      return Health.read(file);
    } catch (FormatException e) {
      return null; // the process was killed before the first line was whole
    }
  }

  @Override
  public void batchBegin(Run run) {
    long watched = run.batches() > 0 ? (run.batches() + 1) / 2 : 1;
    if (probe != null && before.isEmpty() && run.batch() >= watched && moved.isEmpty()) {
      before = probe.weights();
      optimizerStep = run.optimizer().step();
    }
  }

  @Override
  public void lossKnown(Run run, double loss) {
    steps.add(loss);
  }

  @Override
  public void batchEnd(Run run) {
    if (!before.isEmpty() && run.optimizer().step() > optimizerStep) { // not while gradients are summed up
      moved = HealthProbe.moved(before);
      before = Map.of();
    }
    if (probe != null && every > 0 && run.step() % every == 0) {
      look(run, run.epoch() - 1, Map.of());
    }
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    if (probe != null) {
      look(run, run.epoch(), values);
      moved = Map.of();
    }
  }

  private void look(Run run, int epoch, Map<String, Double> values) {
    List<LayerHealth> layers =
        probe.layers().stream().map(l -> l.withUpdate(moved.getOrDefault(l.layer(), Double.NaN))).toList();
    checkup(new Health.Checkup(epoch, run.step(), steps.take(), values, layers));
  }

  @Override
  public void trainEnd(Run run) {
    before.values().forEach(Param::close);
    before = Map.of();
    if (probe == null) {
      return;
    }
    try {
      Throwable cause = run.failure();
      String failure = cause == null ? null : cause.getClass().getSimpleName() + ": " + cause.getMessage();
      Health.StepLosses rest = steps.take();
      Health.RowLosses rows =
          failure == null ? RowProbe.measure(run.model(), run.loss(), run.data(), ROWS) : null;
      line(Health.endMap(rest, failure, rows));
      result = new Health(head.inputs(), head.baseline(), head.classifier(), kept, rest, failure, rows);
    } finally {
      probe.close();
      probe = null;
      if (out != null) {
        writing(out::close);
        out = null;
      }
    }
  }

  private void checkup(Health.Checkup checkup) {
    kept.add(checkup);
    line(checkup.toMap());
  }

  private void line(Map<String, Object> map) {
    if (out != null) {
      writing(() -> {
        out.write(new String(Json.write(map, false), StandardCharsets.UTF_8) + "\n");
        out.flush();
      });
    }
  }

  private interface Write {
    void run() throws IOException;
  }

  private void writing(Write action) {
    try {
      action.run();
    } catch (IOException e) {
      throw new UncheckedIOException("HealthLog: " + file + " cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /** Losses since the last look. */
  private static final class StepCounter {
    private long count;
    private double first;
    private double last;
    private double least = Double.POSITIVE_INFINITY;
    private double most = Double.NEGATIVE_INFINITY;
    private double sum;

    void add(double loss) {
      first = count == 0 ? loss : first;
      last = loss;
      least = Math.min(least, loss);
      most = Math.max(most, loss);
      sum += loss;
      count++;
    }

    Health.StepLosses take() {
      if (count == 0) {
        return null;
      }
      Health.StepLosses taken = new Health.StepLosses(count, first, last, least, most, sum / count);
      count = 0;
      sum = 0;
      least = Double.POSITIVE_INFINITY;
      most = Double.NEGATIVE_INFINITY;
      return taken;
    }
  }
}
