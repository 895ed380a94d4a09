package dev.neurite.golden;

import dev.neurite.autograd.Gradient;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** One golden case being run in one element type: its inputs as tensors, and the comparison. */
public final class GoldenRun {

  private static final double GRADIENT_SLACK_FLOAT32 = 10; // golden/README: float32 gradients may need it

  private final GoldenCase c;
  private final DType dtype;
  private final Path folder;
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();
  private final Map<Param, Tensor> bound = new LinkedHashMap<>();

  GoldenRun(GoldenCase c, DType dtype, Path folder) {
    this.c = c;
    this.dtype = dtype;
    this.folder = folder;
  }

  /** The sample file the case is about. */
  public Path file() {
    return folder.resolve(c.text("file", ""));
  }

  /** The case. */
  public GoldenCase c() {
    return c;
  }

  /** Element type under test. */
  public DType dtype() {
    return dtype;
  }

  /** The numbers of an input. */
  public double[] values(String input) {
    return c.tensors("inputs").get(input).values();
  }

  /** The numbers expected of an output. */
  public double[] want(String output) {
    return c.tensors("outputs").get(output).values();
  }

  /** An input as a tensor (the same one each time); null when the case has no such input. */
  public Tensor in(String name) {
    return inputs.computeIfAbsent(
        name, n -> {
          GoldenTensor t = c.tensors("inputs").get(n);
          return t == null ? null : t.tensor(dtype);
        });
  }

  /**
   * Puts an input into a layer's parameter, with its axes in another order if one is given; the parameter's gradient counts as the
   * input's.
   */
  public void bind(String name, Param param, int... order) {
    bind(param, order.length == 0 ? in(name) : in(name).permute(order));
  }

  /**
   * Puts a tensor made from inputs (gates in another order, two biases added) into a layer's parameter; its gradient flows back to
   * those inputs.
   */
  public void bind(Param param, Tensor madeFromInputs) {
    param.assign(madeFromInputs);
    bound.put(param, madeFromInputs);
  }

  /** A handler for an op whose outputs and gradients are compared by the runner. */
  public static GoldenHandler op(Function<GoldenRun, Map<String, Tensor>> function) {
    return run -> run.compare(function);
  }

  /** The same for an op with the one output "y". */
  public static GoldenHandler y(Function<GoldenRun, Tensor> function) {
    return op(run -> Map.of("y", function.apply(run)));
  }

  private void compare(Function<GoldenRun, Map<String, Tensor>> function) {
    Map<String, GoldenTensor> grads = c.tensors("grads");
    try (Scope scope = Scope.open();
        Tape tape = Tape.persistent()) {
      List<Tensor> targets = new ArrayList<>();
      for (String name : grads.keySet()) {
        Tensor x = in(name);
        if (x == null) {
          throw new AssertionError("gradient of unknown input " + name);
        }
        tape.watch(x);
        targets.add(x);
      }
      Map<String, Tensor> outputs = function.apply(this);
      c.tensors("outputs").forEach((name, want) -> expect(name, outputs.get(name), want, false));
      if (!grads.isEmpty()) {
        compareGradients(tape, outputs, targets, grads);
      }
    }
  }

  private void compareGradients(
      Tape tape, Map<String, Tensor> outputs, List<Tensor> targets, Map<String, GoldenTensor> grads) {
    List<Tensor> ys = new ArrayList<>();
    List<Tensor> upstream = new ArrayList<>();
    Map<String, GoldenTensor> given = c.tensors("grad_output");
    if (given.isEmpty()) {
      c.tensors("outputs").keySet().forEach(name -> {
        ys.add(outputs.get(name));
        upstream.add(Tensor.ones(outputs.get(name).shape(), dtype));
      });
    }
    given.forEach((name, g) -> {
      ys.add(outputs.get(name));
      upstream.add(g.tensor(dtype));
    });
    List<Tensor> all = new ArrayList<>(targets);
    all.addAll(bound.keySet());
    Gradients found = tape.gradients(ys, upstream, all, false);
    Map<Param, Tensor> reached = new LinkedHashMap<>();
    for (Param p : bound.keySet()) {
      Tensor g = dense(found, p);
      if (g != null) {
        reached.put(p, g);
      }
    }
    Gradients through = reached.isEmpty()
        ? null
        : tape.gradients(
            reached.keySet().stream().map(bound::get).toList(), List.copyOf(reached.values()), targets, false);
    int i = 0;
    for (Map.Entry<String, GoldenTensor> e : grads.entrySet()) {
      Tensor target = targets.get(i++);
      Tensor direct = dense(found, target);
      Tensor indirect = through == null ? null : dense(through, target);
      Tensor sum = direct == null ? indirect : indirect == null ? direct : direct.add(indirect);
      expect("d" + e.getKey(), sum == null ? Tensor.zeros(target.shape(), dtype) : sum, e.getValue(), true);
    }
  }

  private static Tensor dense(Gradients gradients, Tensor target) {
    Gradient g = gradients.find(target);
    return g == null ? null : g.dense();
  }

  /** Compares a result with the file's, in shape and values; throws AssertionError naming the worst element. */
  public void expect(String name, Tensor got, GoldenTensor want) {
    expect(name, got, want, false);
  }

  /** Compares a gradient, for which float32 has more slack. */
  public void expectGradient(String name, Tensor got, GoldenTensor want) {
    expect(name, got, want, true);
  }

  private void expect(String name, Tensor got, GoldenTensor want, boolean gradient) {
    if (got == null) {
      throw new AssertionError("no result " + name);
    }
    if (!got.shape().equals(want.shape())) {
      throw new AssertionError(name + ": expected shape " + want.shape() + ", got " + got.shape());
    }
    expect(name, got.toDoubles(), want.values(), !want.dtype().equals("float64"), gradient);
  }

  /** Compares plain numbers. */
  public void expect(String name, double[] got, double[] want) {
    expect(name, got, want, false, false);
  }

  private void expect(String name, double[] got, double[] want, boolean exact, boolean gradient) {
    if (got.length != want.length) {
      throw new AssertionError(name + ": expected " + want.length + " values, got " + got.length);
    }
    double[] tolerance = exact ? new double[] {0, 0} : c.tolerance(dtype == DType.FLOAT64 ? "float64" : "float32");
    double slack = gradient && dtype == DType.FLOAT32 ? GRADIENT_SLACK_FLOAT32 : 1;
    for (int i = 0; i < want.length; i++) {
      if (Double.isNaN(got[i]) && Double.isNaN(want[i]) || got[i] == want[i]) {
        continue;
      }
      double allowed = slack * (tolerance[1] + tolerance[0] * Math.abs(want[i]));
      boolean overflow = dtype == DType.FLOAT32 && Double.isInfinite(got[i]) && Math.abs(want[i]) > Float.MAX_VALUE;
      if (!overflow && !(Math.abs(got[i] - want[i]) <= allowed)) {
        throw new AssertionError(name + "[" + i + "]: expected " + want[i] + ", got " + got[i]);
      }
    }
  }
}
