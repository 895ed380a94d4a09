package dev.neurite.bench.peer;

import dev.neurite.autograd.Tape;
import dev.neurite.nn.Bidirectional;
import dev.neurite.nn.Block;
import dev.neurite.nn.Gru;
import dev.neurite.nn.Input;
import dev.neurite.nn.Lstm;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.nn.Recurrent;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One LSTM or GRU layer over whole sequences: forward, or forward and the gradients of input and weights. */
final class RecurrentWork implements Work {

  private static final double STEP = 1e-3;

  private final boolean backward;
  private final List<Recurrent<?>> directions = new ArrayList<>();
  private final Model model;
  private final Tensor x;
  private final Tensor up;
  private final List<Tensor> targets = new ArrayList<>();

  RecurrentWork(CaseLine c) {
    backward = c.has("dir", "fwdbwd");
    int units = c.number("h");
    boolean both = c.has("bi", "1");
    Recurrent<?> layer = layer(c.text("cell"), units);
    Block block = layer;
    directions.add(layer);
    if (both) {
      Bidirectional pair = Bidirectional.of(layer);
      block = pair;
      directions.set(0, pair.forwardLayer());
      directions.add(pair.backwardLayer());
    }
    x = Values.uniform("x", c.number("b"), c.number("t"), c.number("i"));
    up = Values.uniform("up", x.dim(0), x.dim(1), (long) directions.size() * units);
    model = Model.sequential(Input.of(x.dim(1), x.dim(2)), block);
    targets.addAll(model.trainableParams());
    targets.add(x);
  }

  private static Recurrent<?> layer(String cell, int units) {
    return switch (cell) {
      case "lstm" -> Lstm.of(units).returnSequences(true);
      case "gru" -> Gru.of(units).returnSequences(true);
      default -> throw new Skip("no recurrent cell " + cell);
    };
  }

  @Override
  public void run() {
    if (backward) {
      try (Tape tape = Tape.open()) {
        gradientOfInput(tape);
      }
    } else {
      try (Scope scope = Scope.open()) {
        model.call(x);
      }
    }
  }

  private Tensor gradientOfInput(Tape tape) {
    tape.watch(x);
    Tensor y = model.call(x, Pass.training(1));
    return tape.gradients(List.of(y), List.of(up), targets, false).of(x);
  }

  /** The first sequence's outputs against plain loops, and one gradient against a difference quotient of those. */
  @Override
  public String check() {
    int time = (int) x.dim(1);
    int features = (int) x.dim(2);
    double[] first = Values.doubles(x, time * features);
    double[] want = outputs(first);
    float[] got = Scope.run(() -> model.call(x)).toFloats();
    double error = 0;
    for (int i = 0; i < want.length; i++) {
      error = Math.max(error, Math.abs(want[i] - got[i]));
    }
    String verdict = Values.verdict(error, 1e-4 * Precision.slack());
    return backward ? verdict + ", gradient " + checkGradient(first, (time / 2) * features + features / 3) : verdict;
  }

  private String checkGradient(double[] first, int at) {
    double[] dy = Values.doubles(up, (int) (up.dim(1) * up.dim(2)));
    double slope = 0;
    for (int sign = -1; sign <= 1; sign += 2) {
      double[] moved = first.clone();
      moved[at] += sign * STEP;
      double[] y = outputs(moved);
      for (int i = 0; i < y.length; i++) {
        slope += sign * y[i] * dy[i] / (2 * STEP);
      }
    }
    try (Tape tape = Tape.open()) {
      float got = gradientOfInput(tape).toFloats()[at];
      return Values.verdict(Math.abs(slope - got), 1e-3 * Math.max(1, Math.abs(slope)) * Precision.slack());
    }
  }

  /** [time, directions * units] of one sequence. */
  private double[] outputs(double[] sequence) {
    int time = (int) x.dim(1);
    int features = (int) x.dim(2);
    int width = (int) up.dim(2);
    int units = width / directions.size();
    double[] y = new double[time * width];
    for (int d = 0; d < directions.size(); d++) {
      NaiveCell cell = NaiveCell.of(directions.get(d));
      for (int s = 0; s < time; s++) {
        int t = d == 0 ? s : time - 1 - s;
        double[] h = cell.step(Arrays.copyOfRange(sequence, t * features, (t + 1) * features));
        System.arraycopy(h, 0, y, t * width + d * units, units);
      }
    }
    return y;
  }

  @Override
  public String note() {
    return "batch first, weights packed in every call";
  }

  @Override
  public void close() {
    model.close();
    x.close();
    up.close();
  }
}
