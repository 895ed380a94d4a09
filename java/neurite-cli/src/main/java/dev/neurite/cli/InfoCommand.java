package dev.neurite.cli;

import dev.neurite.Neurite;
import dev.neurite.tensor.Float32MatmulPrecision;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code neurite info}: what a bug report needs. */
@Command(
    name = "info",
    mixinStandardHelpOptions = true,
    description = "Version, device, instruction set, precision of products, threads, memory, and what it was built with.")
final class InfoCommand implements Callable<Integer> {

  private static final double MIB = 1024 * 1024;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter text = spec.commandLine().getOut();
    Neurite.Memory memory = Neurite.memory();
    line(text, "neurite", Neurite.version());
    line(text, "devices", Neurite.devices().toString() + ", using " + Neurite.defaultDevice());
    line(text, "instruction set", Neurite.isa() + " (usable: " + String.join(", ", Neurite.isaLevels()) + ")");
    String note = Neurite.isaNote();
    if (!note.isEmpty()) {
      line(text, "", note);
    }
    Float32MatmulPrecision mode = Float32MatmulPrecision.getDefault();
    line(text, "float32 products", mode + ": " + mode.describe());
    line(text, "threads", Integer.toString(Neurite.threads()));
    line(text, "memory in use", String.format(Locale.ROOT, "%.1f MiB, limit %s", memory.live() / MIB, limit(memory.limit())));
    line(text, "built with", Neurite.buildInfo());
    line(text, "java", System.getProperty("java.vm.name") + " " + System.getProperty("java.version"));
    line(text, "system", System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
        + System.getProperty("os.arch"));
    return 0;
  }

  private static String limit(long bytes) {
    return bytes == 0 ? "none" : String.format(Locale.ROOT, "%.0f MiB", bytes / MIB);
  }

  private static void line(PrintWriter text, String name, String value) {
    text.println(String.format(Locale.ROOT, "%-16s %s", name, value));
  }

  /** For {@code --version}. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"neurite " + Neurite.version()};
    }
  }
}
