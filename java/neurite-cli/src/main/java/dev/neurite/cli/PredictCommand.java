package dev.neurite.cli;

import dev.neurite.nn.Model;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code neurite predict MODEL FILE.png}: the classes of a picture, most probable first. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    description = "The classes of a picture, most probable first.")
final class PredictCommand implements Callable<Integer> {

  private static final int SHOWN = 3;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "MODEL", description = "a .neurite file")
  private Path file;

  @Parameters(index = "1", paramLabel = "FILE", description = "a picture; it is scaled to the model's input")
  private Path picture;

  @Option(names = "--invert", description = "the picture is dark on light (models see light on dark)")
  private boolean invert;

  @Override
  public Integer call() throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    try (Model model = Model.load(file)) {
      Shape in = model.inputs().get(0).shape();
      double[] probabilities =
          Scope.run(() -> {
            Tensor x = GreyPicture.read(picture, in, invert);
            return model.predict(x).softmax(-1).toDoubles();
          });
      List<Integer> order =
          IntStream.range(0, probabilities.length)
              .boxed()
              .sorted((a, b) -> Double.compare(probabilities[b], probabilities[a]))
              .limit(SHOWN)
              .toList();
      for (int label : order) {
        text.println(String.format(Locale.ROOT, "class %d: %.2f %%", label, 100 * probabilities[label]));
      }
    }
    return 0;
  }
}
