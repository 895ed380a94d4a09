package dev.neurite.cli;

import dev.neurite.plot.ErrorSurfacePicture;
import dev.neurite.train.ErrorSurface;
import dev.neurite.train.Exercise;
import dev.neurite.train.Explain;
import dev.neurite.train.Explanation;
import dev.neurite.train.SmallNet;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code neurite explain n1}: one training step of a small net, written out number by number. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = "Write out one training step of a small net: sums, outputs, error terms, gradients, new weights.")
final class ExplainCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "NET",
      description = {
        "n1 (2-2-2 net), n2 (3-2-1), n3 (4-2-1), n4 (one neuron), or a JSON file:",
        "{\"inputs\": [\"x1\"], \"x\": [[0.5]], \"y\": [[0.2]], \"loss\": \"half_square\", \"rate\": 1, \"layers\": "
            + "[{\"units\": [\"o\"], \"activation\": \"sigmoid\", \"weights\": [[-2]], \"bias\": [-2]}]}"
      })
  private String net;

  @Option(names = "--steps", defaultValue = "1", description = "tell also where so many steps lead")
  private long steps;

  @Option(
      names = "--loss",
      description = "half_square, square, mean_square, cross_entropy or binary_cross_entropy (default: the net's)")
  private String loss;

  @Option(names = "--bias", description = "how biases are trained: unit, shared or fixed (default: the net's)")
  private String bias;

  @Option(names = "--html", paramLabel = "FILE", description = "also write it as a page")
  private Path html;

  @Option(
      names = "--surface",
      paramLabel = "FILE",
      description = "for a net of one weight and one bias: draw the error surface on [-6, 6]^2 and the way the steps "
          + "take (.png or .svg)")
  private Path surface;

  @Override
  public Integer call() throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    Exercise exercise = exercise();
    Explanation explanation = Explain.step(exercise, steps);
    text.print(explanation);
    if (html != null) {
      Files.createDirectories(html.toAbsolutePath().getParent());
      Files.writeString(html, explanation.toHtml("One training step: " + net));
    }
    if (surface != null) {
      ErrorSurfacePicture.of(ErrorSurface.scan(exercise, -6, 6, 121))
          .names(explanation.changes().get(0).name(), explanation.changes().get(1).name())
          .path("gradient descent", ErrorSurface.descend(exercise, steps))
          .save(surface);
      text.println("error surface  " + surface);
    }
    text.flush();
    return 0;
  }

  private Exercise exercise() throws IOException {
    Path file = Path.of(net);
    Exercise exercise =
        net.endsWith(".json") || Files.isRegularFile(file)
            ? Exercise.read(net, Files.readAllBytes(file))
            : Exercise.preset(net);
    if (loss != null) {
      exercise = exercise.withLoss(loss);
    }
    if (bias != null) {
      exercise = exercise.withBias(SmallNet.Bias.valueOf(bias.toUpperCase(Locale.ROOT)));
    }
    return exercise;
  }
}
