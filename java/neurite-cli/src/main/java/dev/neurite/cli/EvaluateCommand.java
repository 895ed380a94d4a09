package dev.neurite.cli;

import dev.neurite.data.Dataset;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.train.Evaluation;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code neurite evaluate MODEL --data digits}: loss and accuracy of a saved classifier on held-out data. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = "Loss and accuracy of a saved classifier on held-out data.")
final class EvaluateCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "a .neurite file")
  private Path file;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      required = true,
      description = "digits, or a folder with the IDX files of an MNIST-type data set")
  private String data;

  @Override
  public Integer call() {
    PrintWriter text = spec.commandLine().getOut();
    Dataset test =
        data.equals(DataChoice.DIGITS)
            ? DataChoice.load(data, null).test()
            : DataChoice.load(DataChoice.MNIST, Path.of(data)).test();
    try (Model model = Model.load(file)) {
      model.compile(Adam.of(), Losses.softmaxCrossEntropy(), Metrics.accuracy());
      Evaluation result = model.evaluate(test.batch(256));
      text.println(String.format(Locale.ROOT, "test loss: %.4f", result.value("loss")));
      text.println(TrainCommand.accuracy(result.value("accuracy")));
    }
    return 0;
  }
}
