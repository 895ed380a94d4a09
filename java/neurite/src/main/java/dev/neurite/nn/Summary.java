package dev.neurite.nn;

import dev.neurite.tensor.Float32MatmulPrecision;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The table of a model's blocks. */
final class Summary {

  private static final String[] HEAD = {"Layer", "Output shape", "Parameters", "Multiply-adds"};
  private static final int COLUMNS = HEAD.length;
  private static final int FIRST_NUMBER = 2; // columns from here on are right-aligned

  private Summary() {}

  static String of(Model model) {
    List<String[]> rows = new ArrayList<>();
    for (Input input : model.inputs()) {
      rows.add(new String[] {input.name() + " (Input)", input.shape().toString(), "0", "0"});
    }
    Set<Block> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    long multiplyAdds = 0;
    for (Graph.Step step : model.graph().steps()) {
      Block block = step.block();
      long work = block.multiplyAdds(step.inputShapes(), step.outputShapes());
      multiplyAdds += work;
      boolean first = seen.add(block);
      rows.add(new String[] {
        step.name() + " (" + block.typeName() + (first ? ")" : ", shared)") + (block.trainable() ? "" : " frozen"),
        shapes(step.outputShapes()),
        number(first ? size(block) : 0),
        number(work)
      });
    }
    return table(model, rows, multiplyAdds);
  }

  private static String table(Model model, List<String[]> rows, long multiplyAdds) {
    int[] width = new int[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
      width[c] = HEAD[c].length();
      for (String[] row : rows) {
        width[c] = Math.max(width[c], row[c].length());
      }
    }
    StringBuilder text = new StringBuilder(model.who()).append('\n');
    String line = line(HEAD, width);
    String rule = "-".repeat(line.length() - 1) + "\n";
    text.append(rule).append(line).append(rule);
    rows.forEach(row -> text.append(line(row, width)));
    long all = model.parameterCount();
    long trainable = model.trainableParams().stream().mapToLong(Tensor::size).sum();
    return text.append(rule)
        .append("Parameters: ").append(number(all))
        .append(" (trainable ").append(number(trainable))
        .append(", non-trainable ").append(number(all - trainable)).append(")\n")
        .append("Multiply-adds per sample: ").append(number(multiplyAdds)).append('\n')
        .append("Float32 products: ").append(precision()).append('\n')
        .append(matrices(model))
        .toString();
  }

  private static String precision() {
    Float32MatmulPrecision mode = Float32MatmulPrecision.current();
    return mode + ", " + mode.describe();
  }

  /**
   * Of a network of dense layers the matrices as lectures write them, {@code W_l (n_l, n_(l-1))} and
   * {@code b_l (n_l, 1)}; kernels are stored transposed. Nothing for other networks.
   */
  private static String matrices(Model model) {
    StringBuilder text = new StringBuilder();
    int layer = 0;
    for (Graph.Step step : model.graph().steps()) {
      Map<String, Param> state = step.block().state();
      if (state.isEmpty()) {
        continue;
      }
      if (!(step.block() instanceof Dense)) {
        return "";
      }
      layer++;
      Shape kernel = state.get("kernel").shape();
      text.append(String.format(Locale.ROOT, "W%d (%d, %d)", layer, kernel.dim(1), kernel.dim(0)));
      if (state.containsKey("bias")) {
        text.append(String.format(Locale.ROOT, ", b%d (%d, 1)", layer, kernel.dim(1)));
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static String line(String[] row, int[] width) {
    StringBuilder text = new StringBuilder();
    for (int c = 0; c < COLUMNS; c++) {
      String gap = " ".repeat(width[c] - row[c].length());
      text.append(c == 0 ? "" : "  ").append(c < FIRST_NUMBER ? row[c] + gap : gap + row[c]);
    }
    return text.append('\n').toString();
  }

  private static long size(Block block) {
    return block.state().values().stream().mapToLong(Param::size).sum();
  }

  private static String shapes(List<Shape> shapes) {
    return String.join(", ", shapes.stream().map(Shape::toString).toList());
  }

  private static String number(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }
}
