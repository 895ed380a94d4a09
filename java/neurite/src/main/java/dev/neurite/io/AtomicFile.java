package dev.neurite.io;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes a file completely or not at all: into a temporary file of the same folder, forced to the
 * disk, then moved over the old one. A killed process leaves the old file as it was; the temporary
 * file it leaves is deleted by the next write of the same file.
 */
public final class AtomicFile {

  private static final AtomicLong COUNT = new AtomicLong();

  private AtomicFile() {}

  /** Produces the contents. */
  @FunctionalInterface
  public interface Contents {
    /** Writes everything to the stream, and leaves it open. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Writes a file.
   *
   * @throws UncheckedIOException naming the path and the cause; the old file, if there was one, is
   *     untouched then
   */
  public static void write(Path file, Contents contents) {
    Path target = file.toAbsolutePath();
    Path folder = target.getParent();
    String prefix = "." + target.getFileName() + ".";
    Path temporary =
        folder.resolve(prefix + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet() + ".tmp");
    try {
      if (Files.isDirectory(target)) {
        throw new IOException("it is a directory");
      }
      deleteLeftovers(folder, prefix);
      try {
        writeForced(temporary, contents);
        move(temporary, target);
      } finally {
        Files.deleteIfExists(temporary);
      }
      forceFolder(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file + ": " + reason(e), e);
    }
  }

  private static String reason(IOException e) {
    String kind = e.getClass() == IOException.class ? "" : e.getClass().getSimpleName() + ": ";
    return kind + e.getMessage();
  }

  /** Through a stream, as a channel would be closed by an interrupt of the thread. */
  private static void writeForced(Path temporary, Contents contents) throws IOException {
    try (FileOutputStream file = new FileOutputStream(temporary.toFile())) {
      OutputStream out = new BufferedOutputStream(file, 1 << 16);
      contents.writeTo(out);
      out.flush();
      file.getFD().sync();
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException("this file system cannot replace a file in one step", e);
    }
  }

  /**
   * Makes the move itself last. Not every system lets a folder be opened; the file's contents are
   * safe without it.
   */
  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      System.getLogger("neurite.io").log(System.Logger.Level.DEBUG, "folder not forced to the disk", e);
    }
  }

  /** Deletes what processes that are gone have left of this file. */
  private static void deleteLeftovers(Path folder, String prefix) throws IOException {
    Pattern name = Pattern.compile(Pattern.quote(prefix) + "(\\d{1,18})-\\d+\\.tmp");
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path p : files) {
        Matcher m = name.matcher(p.getFileName().toString());
        if (m.matches() && ProcessHandle.of(Long.parseLong(m.group(1))).isEmpty()) {
          Files.deleteIfExists(p);
        }
      }
    }
  }
}
