package dev.neurite.train;

import dev.neurite.error.FormatException;
import dev.neurite.io.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Backs the whole training up after every epoch, and goes on from the backup when the same training is started again:
 * on a CPU the result has the same bits as without the interruption, whatever killed the process.
 *
 * <pre>{@code
 * model.fit(data, Fit.epochs(50).callbacks(BackupAndRestore.in(Path.of("backup")).everyBatches(100)));
 * }</pre>
 *
 * <p>The folder has {@value #CURRENT} and the one before, {@value #PREVIOUS}; each is complete or absent. A damaged one
 * is reported in the log and the one before is taken. The folder is locked while a training uses it. A training that
 * came to its end deletes its backups; one that was interrupted or paused keeps them.
 */
public final class BackupAndRestore implements Callback {

  /** Name of the newest backup. */
  public static final String CURRENT = "backup.neurite";

  /** Name of the backup before. */
  public static final String PREVIOUS = "backup-previous.neurite";

  private static final String LOCK = "backup.lock";
  private static final System.Logger LOG = System.getLogger("neurite.train");

  private final Path folder;
  private long everyBatches;
  private boolean everyEpoch = true;
  private boolean keep;
  private boolean goOn;
  private boolean anew;

  private FileChannel channel;
  private FileLock lock;
  private int epochs;

  private BackupAndRestore(Path folder) {
    this.folder = folder;
  }

  /** Backs up into a folder, which is made where missing. */
  public static BackupAndRestore in(Path folder) {
    return new BackupAndRestore(folder);
  }

  /**
   * Backs up every so many updates too (default: only after epochs).
   *
   * @param batches 1 or more
   */
  public BackupAndRestore everyBatches(long batches) {
    if (batches < 1) {
      throw new IllegalArgumentException("BackupAndRestore.everyBatches: expected 1 or more, given " + batches);
    }
    everyBatches = batches;
    return this;
  }

  /** Whether a backup is made after every epoch (default: yes). */
  public BackupAndRestore everyEpoch(boolean on) {
    everyEpoch = on;
    return this;
  }

  /** Whether the backups of a training that came to its end are kept (default: they are deleted). */
  public BackupAndRestore keepAtEnd(boolean on) {
    keep = on;
    return this;
  }

  /** Whether a backup that cannot be written is logged and the training goes on (default: it ends the training). */
  public BackupAndRestore goOnWhenFailing(boolean on) {
    goOn = on;
    return this;
  }

  /** Whether a backup that is there is left alone and the training starts from its beginning (default: no). */
  public BackupAndRestore startAnew(boolean on) {
    anew = on;
    return this;
  }

  @Override
  public Optional<Checkpoint> resume(Run run) {
    lockFolder();
    if (anew) {
      return Optional.empty();
    }
    Path current = folder.resolve(CURRENT);
    Path previous = folder.resolve(PREVIOUS);
    try {
      if (Files.exists(current)) {
        return Optional.of(Checkpoint.read(current));
      }
    } catch (FormatException e) {
      if (!Files.exists(previous)) {
        throw e;
      }
      LOG.log(System.Logger.Level.WARNING, "the backup is damaged; going on from the one before, " + previous, e);
      return Optional.of(before(previous, e));
    }
    return Files.exists(previous) ? Optional.of(Checkpoint.read(previous)) : Optional.empty();
  }

  private static Checkpoint before(Path previous, FormatException newer) {
    try {
      return Checkpoint.read(previous);
    } catch (FormatException e) {
      newer.addSuppressed(e);
      throw newer;
    }
  }

  private void lockFolder() {
    try {
      Files.createDirectories(folder);
      channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    } catch (IOException e) {
      throw new UncheckedIOException("BackupAndRestore: cannot use the folder " + folder + " (" + e + ")", e);
    }
    if (lock == null) {
      unlock();
      throw new IllegalStateException(
          "BackupAndRestore: expected a folder of this training's own, given " + folder
              + ", which another training is using");
    }
  }

  private void unlock() {
    try (FileChannel closing = channel) {
      lock = null;
    } catch (IOException e) {
      throw new UncheckedIOException("BackupAndRestore: cannot release " + folder, e);
    } finally {
      channel = null;
    }
  }

  @Override
  public void trainBegin(Run run) {
    epochs = run.history().size();
  }

  @Override
  public void settled(Run run) {
    boolean epochEnded = run.finishedEpochs() > epochs;
    epochs = run.finishedEpochs();
    if (epochEnded && everyEpoch || !epochEnded && everyBatches > 0 && run.step() % everyBatches == 0) {
      back(run);
    }
  }

  private void back(Run run) {
    Path current = folder.resolve(CURRENT);
    Path written = folder.resolve("backup-new.neurite");
    try {
      run.checkpoint().write(written);
      if (Files.exists(current)) {
        Files.move(current, folder.resolve(PREVIOUS), StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(written, current, StandardCopyOption.ATOMIC_MOVE);
      run.saved(current);
    } catch (IOException e) {
      failed(new UncheckedIOException("BackupAndRestore: cannot write " + current + " (" + e + ")", e));
    } catch (UncheckedIOException e) {
      failed(e);
    }
  }

  private void failed(UncheckedIOException e) {
    if (!goOn) {
      throw e;
    }
    LOG.log(System.Logger.Level.WARNING, "BackupAndRestore: the training goes on without this backup", e);
  }

  @Override
  public void trainEnd(Run run) {
    if (lock == null) {
      return; // another training's folder
    }
    boolean finished = run.failure() == null && !run.isPaused();
    try {
      if (finished && !keep) {
        Files.deleteIfExists(folder.resolve(CURRENT));
        Files.deleteIfExists(folder.resolve(PREVIOUS));
        Files.deleteIfExists(folder.resolve(LOCK));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("BackupAndRestore: cannot delete the backups in " + folder, e);
    } finally {
      unlock();
    }
  }
}
