package dev.neurite.cli;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.io.AtomicFile;
import dev.neurite.io.Json;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.optim.LearningRate;
import dev.neurite.plot.LearningCurve;
import dev.neurite.train.BackupAndRestore;
import dev.neurite.train.CsvLogger;
import dev.neurite.train.Evaluation;
import dev.neurite.train.Fit;
import dev.neurite.train.Health;
import dev.neurite.train.HealthLog;
import dev.neurite.train.History;
import dev.neurite.train.StopFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code neurite train digits}: trains a small CNN, shows progress, writes model, history and curve. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = "Train a small convolutional network and write model, history and learning curve.")
final class TrainCommand implements Callable<Integer> {

  private static final int DIGIT_EPOCHS = 30;
  private static final int PICTURE_EPOCHS = 5;
  private static final double START_RATE = 2e-3;
  /** Part of the learning rate that is left at the end of the cosine. */
  private static final double LAST_RATE = 0.02;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DATA", description = "digits (bundled), mnist or fashion-mnist")
  private String data;

  @Option(names = "--data", paramLabel = "DIR", description = "folder with the IDX files of (fashion-)mnist")
  private Path folder;

  @Option(names = "--epochs", description = "passes over the data (default: 30 for digits, 5 else)")
  private Integer epochs;

  @Option(names = "--batch", description = "examples per step (default: ${DEFAULT-VALUE})", defaultValue = "64")
  private int batch;

  @Option(names = "--lr", description = "learning rate of Adam at the start of its cosine decay (default: 0.002)")
  private Double rate;

  @Option(names = "--seed", description = "same seed, same result (default: ${DEFAULT-VALUE})", defaultValue = "42")
  private long seed;

  @Option(names = "--threads", description = "threads per kernel (default: one per core)")
  private Integer threads;

  @Option(names = "--out", paramLabel = "DIR", description = "where to write (default: runs/DATA)")
  private Path out;

  @Option(
      names = "--resume",
      description = "go on with the interrupted run in the folder written to; same options, same result as without")
  private boolean resume;

  @Override
  public Integer call() throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    if (threads != null) {
      Neurite.threads(threads);
    }
    Neurite.seed(seed);
    boolean digits = data.equals(DataChoice.DIGITS);
    DataChoice choice = DataChoice.load(data, folder);
    Path run = out == null ? Path.of("runs", data) : out;
    Files.createDirectories(run);
    double lr = rate == null ? START_RATE : rate;
    int passes = epochs == null ? (digits ? DIGIT_EPOCHS : PICTURE_EPOCHS) : epochs;
    writeSettings(run, lr, passes);
    try (Model model =
        digits ? Networks.digits(choice.classes().size()) : Networks.pictures(data, choice.classes().size())) {
      text.println(model.summary());
      text.flush();
      Dataset batches = choice.train().shuffle().batch(batch);
      double steps = Math.max(1, (double) passes * batches.batches());
      LearningRate schedule = LearningRate.cosineDecay(lr, steps, LAST_RATE);
      model.compile(Adam.of(schedule), Losses.softmaxCrossEntropy(), Metrics.accuracy());
      History history =
          model.fit(
              batches,
              Fit.epochs(passes)
                  .seed(seed)
                  .validateOn(choice.test().batch(256))
                  .callbacks(
                      CsvLogger.to(run.resolve("history.csv")),
                      HealthLog.to(run),
                      StopFile.at(run.resolve("stop")),
                      BackupAndRestore.in(run.resolve("backup")).startAnew(!resume))
                  .verbose());
      if (history.size() < passes) {
        text.println("paused; go on with the same options and --resume");
        text.flush();
        return 0;
      }
      report(text, model, choice, history, run);
    }
    return 0;
  }

  /** What the run is made with; an interrupted one goes on with nothing else. */
  private void writeSettings(Path run, double lr, int passes) throws IOException {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("data", data);
    settings.put("epochs", (long) passes);
    settings.put("batch", (long) batch);
    settings.put("lr", lr);
    settings.put("seed", seed);
    Path file = run.resolve("config.json");
    if (resume && Files.exists(file)) {
      Map<String, Object> before = Json.readObject(file.toString(), Files.readAllBytes(file));
      if (!before.equals(settings)) {
        throw new IllegalArgumentException(
            "--resume: expected the options of the interrupted run, " + before + ", given " + settings);
      }
    }
    AtomicFile.write(file, out -> out.write(Json.write(settings, true)));
  }

  private static void report(PrintWriter text, Model model, DataChoice choice, History history, Path run) {
    Path saved = run.resolve("model.neurite");
    model.save(saved);
    text.println("model          " + saved);
    text.println("history        " + run.resolve("history.csv"));
    text.println("health         " + run.resolve(Health.FILE) + " (./neurite doctor " + run + ")");
    if (history.size() > 0) {
      LearningCurve.of(history).save(run, "curve");
      text.println("learning curve " + run.resolve("curve.png") + ", " + run.resolve("curve.svg"));
    }
    Evaluation result = model.evaluate(choice.test().batch(256));
    text.println(accuracy(result.value("accuracy")));
    text.flush();
  }

  static String accuracy(double share) {
    return String.format(Locale.ROOT, "test accuracy: %.2f %%", 100 * share);
  }
}
