package dev.neurite.cli;

import dev.neurite.error.NeuriteException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the command line. Exit codes: 0 done, 1 failed (one clear line), 2 wrong usage. */
@Command(
    name = "neurite",
    description = "Deep learning for Java at native speed.",
    mixinStandardHelpOptions = true,
    versionProvider = InfoCommand.Version.class,
    subcommands = {
        TrainCommand.class, EvaluateCommand.class, PredictCommand.class, DoctorCommand.class,
        ExplainCommand.class, InfoCommand.class})
public final class Main {

  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), args));
  }

  /** Runs a command. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    CommandLine line = new CommandLine(new Main());
    line.setOut(out);
    line.setErr(err);
    line.setExecutionExceptionHandler(Main::failed);
    if (args.length == 0) {
      line.usage(out);
      return CommandLine.ExitCode.USAGE;
    }
    return line.execute(args);
  }

  /** What a user can do something about is told without a stack trace. */
  private static int failed(Exception e, CommandLine line, CommandLine.ParseResult result) throws Exception {
    boolean explained =
        e instanceof NeuriteException
            || e instanceof IllegalArgumentException
            || e instanceof IllegalStateException
            || e instanceof java.io.IOException
            || e instanceof java.io.UncheckedIOException;
    if (!explained) {
      throw e;
    }
    line.getErr().println(line.getColorScheme().errorText("neurite: " + e.getMessage()));
    return CommandLine.ExitCode.SOFTWARE;
  }
}
