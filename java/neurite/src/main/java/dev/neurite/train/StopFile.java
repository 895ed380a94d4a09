package dev.neurite.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Pauses the training after the batch in progress once a file of a given name exists, and deletes the file: a way to
 * end a training from outside ({@code touch runs/digits/stop}) that leaves a backup to go on from.
 */
public final class StopFile implements Callback {

  private final Path file;

  private StopFile(Path file) {
    this.file = file;
  }

  /** Looks for the given file after every batch. */
  public static StopFile at(Path file) {
    return new StopFile(file);
  }

  @Override
  public void batchEnd(Run run) {
    if (Files.exists(file)) {
      try {
        Files.delete(file);
      } catch (IOException e) {
        throw new UncheckedIOException("StopFile: cannot delete " + file, e);
      }
      run.pause("the file " + file);
    }
  }
}
