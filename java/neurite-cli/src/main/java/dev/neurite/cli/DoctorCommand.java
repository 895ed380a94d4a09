package dev.neurite.cli;

import dev.neurite.plot.HealthPicture;
import dev.neurite.train.Diagnosis;
import dev.neurite.train.DiagnosisOptions;
import dev.neurite.train.Health;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code neurite doctor RUN}: what is wrong with a training run, and what to do next. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = "Say what is wrong with a training run, with numbers, and what to do next.")
final class DoctorCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", description = "a run folder, such as runs/digits")
  private Path run;

  @Option(names = "--json", description = "print the report as JSON")
  private boolean json;

  @Option(names = "--html", paramLabel = "FILE", description = "also write the report as a page")
  private Path html;

  @Option(names = "--picture", paramLabel = "FILE", description = "also draw the layers' gradients (.png or .svg)")
  private Path picture;

  @Option(
      names = "--human",
      paramLabel = "ERROR",
      defaultValue = "0",
      description = "error rate of a human, or the best possible, 0 to 1 (default: ${DEFAULT-VALUE})")
  private double human;

  @Override
  public Integer call() throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    Diagnosis diagnosis = Diagnosis.of(run, DiagnosisOptions.standard().humanError(human));
    text.println(json ? diagnosis.toJson() : diagnosis.toString().stripTrailing());
    if (html != null) {
      Files.createDirectories(html.toAbsolutePath().getParent());
      Files.writeString(html, diagnosis.toHtml(run.toString()));
    }
    if (picture != null) {
      HealthPicture.of(Health.read(run.resolve(Health.FILE))).save(picture);
    }
    text.flush();
    return 0;
  }
}
