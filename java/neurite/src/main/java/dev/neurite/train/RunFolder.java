package dev.neurite.train;

import dev.neurite.io.AtomicFile;
import dev.neurite.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder of a run, {@code runs/<name>/}: {@value #CONFIG}, {@value #HISTORY}, {@value #MODEL}, and a folder of
 * backups while it trains.
 *
 * <pre>{@code
 * RunConfig config = RunConfig.of("wide").with("units", List.of(256, 128));
 * RunFolder run = RunFolder.create(Path.of("runs"), config);
 * History h = model.fit(data, config.fit().callbacks(run.callbacks()));
 * }</pre>
 *
 * <p>Started again after an interruption, the same code goes on where the last backup was made.
 */
public final class RunFolder {

  /** The configuration. */
  public static final String CONFIG = "config.json";

  /** The history, a line per epoch. */
  public static final String HISTORY = "history.csv";

  /** The model after the last epoch, with the state of the training. */
  public static final String MODEL = "model.neurite";

  private static final String BACKUP = "backup";

  private final Path folder;

  private RunFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * Makes the folder and writes the configuration.
   *
   * @throws IllegalArgumentException when the folder has an unfinished run of another configuration
   * @throws UncheckedIOException when it cannot be written
   */
  public static RunFolder create(Path runs, RunConfig config) {
    RunFolder made = new RunFolder(runs.resolve(config.name()));
    try {
      Files.createDirectories(made.folder);
    } catch (IOException e) {
      throw new UncheckedIOException("RunFolder: cannot make " + made.folder + " (" + e + ")", e);
    }
    Path file = made.folder.resolve(CONFIG);
    if (made.isUnfinished() && Files.exists(file) && !made.config().equals(config)) {
      throw new IllegalArgumentException(
          "RunFolder: expected the configuration of the unfinished run in " + made.folder + ", " + made.config()
              + ", given " + config + "\n  take another name, or delete the folder");
    }
    AtomicFile.write(file, out -> out.write(Json.write(config.toMap(), true)));
    return made;
  }

  /** A folder that exists. */
  public static RunFolder open(Path folder) {
    return new RunFolder(folder);
  }

  /** The folder. */
  public Path path() {
    return folder;
  }

  /** True when a training was interrupted here and can go on. */
  public boolean isUnfinished() {
    Path backup = folder.resolve(BACKUP);
    return Files.exists(backup.resolve(BackupAndRestore.CURRENT))
        || Files.exists(backup.resolve(BackupAndRestore.PREVIOUS));
  }

  /** The configuration. @throws dev.neurite.error.FormatException when the file is damaged */
  public RunConfig config() {
    Path file = folder.resolve(CONFIG);
    try {
      return RunConfig.from(Json.readObject(file.toString(), Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new UncheckedIOException("RunFolder: cannot read " + file + " (" + e + ")", e);
    }
  }

  /** What writes history, model and backups as the training goes. */
  public Callback[] callbacks() {
    return new Callback[] {
      CsvLogger.to(folder.resolve(HISTORY)),
      ModelCheckpoint.last(folder.resolve(MODEL)),
      BackupAndRestore.in(folder.resolve(BACKUP))
    };
  }

  /** The lines of the history. */
  public String history() {
    try {
      return Files.readString(folder.resolve(HISTORY), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("RunFolder: cannot read " + folder.resolve(HISTORY) + " (" + e + ")", e);
    }
  }
}
