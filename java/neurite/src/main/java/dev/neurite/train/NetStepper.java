package dev.neurite.train;

import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.loss.Loss;
import dev.neurite.optim.Optimizer;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A small net's weights in float64, its forward and backward pass, and its steps. */
final class NetStepper implements AutoCloseable {

  private final SmallNet net;
  private final Tensor x;
  private final Tensor y;
  private final Loss loss;
  private final List<Param> kernels = new ArrayList<>();
  private final List<Param> biases = new ArrayList<>();

  /** Values of one forward and backward pass: [row][unit] per layer. */
  record Pass(
      double loss, List<double[]> inputs, List<double[]> outputs, List<double[]> deltas, List<double[]> kernels) {}

  NetStepper(SmallNet net, Tensor x, Tensor y, Loss loss) {
    this.net = net;
    this.x = fixed("x", x.reshape(x.dim(0), x.size() / Math.max(1, x.dim(0))).cast(DType.FLOAT64));
    this.y = fixed("y", y.dtype().isFloating() ? y.cast(DType.FLOAT64) : y);
    this.loss = loss;
    if (this.x.dim(1) != net.inputs().size()) {
      throw new dev.neurite.error.ShapeException(
          "Explain: expected " + net.inputs().size() + " inputs " + net.inputs() + ", given " + x.shape());
    }
    for (SmallNet.Layer layer : net.layers()) {
      int units = layer.units().size();
      int width = layer.weights().get(0).size();
      double[] values = new double[width * units];
      for (int i = 0; i < values.length; i++) {
        values[i] = layer.weights().get(i % units).get(i / units);
      }
      kernels.add(Param.of("kernel", Tensor.of(values, Shape.of(width, units))));
      double[] b = layer.biases().stream().mapToDouble(Double::doubleValue).toArray();
      boolean shared = layer.bias() == SmallNet.Bias.SHARED;
      biases.add(shared ? Param.of("bias", b[0], DType.FLOAT64) : Param.of("bias", Tensor.of(b)));
    }
  }

  private static Param fixed(String name, Tensor values) {
    Param p = Param.of(name, values);
    p.trainable(false);
    return p;
  }

  List<Param> kernels() {
    return kernels;
  }

  List<Param> biases() {
    return biases;
  }

  private List<Param> trained() {
    List<Param> all = new ArrayList<>(kernels);
    for (int i = 0; i < biases.size(); i++) {
      if (net.layers().get(i).bias() != SmallNet.Bias.FIXED) {
        all.add(biases.get(i));
      }
    }
    return all;
  }

  private Tensor forward(List<Tensor> inputs, List<Tensor> outputs) {
    Tensor value = x;
    for (int i = 0; i < kernels.size(); i++) {
      Tensor in = value.matmul(kernels.get(i)).add(biases.get(i));
      value = net.layers().get(i).activation().apply(in);
      inputs.add(in);
      outputs.add(value);
    }
    Tensor result = loss.apply(y, value);
    return result.size() == 1 ? result : result.sum();
  }

  double loss() {
    try (Scope scope = Scope.open()) {
      return forward(new ArrayList<>(), new ArrayList<>()).item();
    }
  }

  double[] outputs() {
    try (Scope scope = Scope.open()) {
      List<Tensor> outputs = new ArrayList<>();
      forward(new ArrayList<>(), outputs);
      return outputs.get(outputs.size() - 1).toDoubles();
    }
  }

  /** One pass, and one step of the optimiser where there is one. */
  Pass step(Optimizer optimizer) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.persistent()) {
      List<Tensor> inputs = new ArrayList<>();
      List<Tensor> outputs = new ArrayList<>();
      Tensor value = forward(inputs, outputs);
      List<Tensor> wanted = new ArrayList<>(inputs);
      wanted.addAll(kernels);
      Gradients seen = tape.gradients(value, wanted);
      Pass pass = new Pass(
          value.item(), values(inputs), values(outputs),
          inputs.stream().map(t -> seen.of(t).toDoubles()).toList(),
          kernels.stream().map(k -> seen.of(k).toDoubles()).toList());
      optimizer.apply(tape.gradients(value, trained()));
      return pass;
    }
  }

  private static List<double[]> values(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::toDoubles).toList();
  }

  /** The parameters under the paths they have in a model of dense layers. */
  Map<String, Param> paths(List<String> layerPaths) {
    Map<String, Param> paths = new LinkedHashMap<>();
    for (int i = 0; i < kernels.size(); i++) {
      paths.put(layerPaths.get(i) + ".kernel", kernels.get(i));
      paths.put(layerPaths.get(i) + ".bias", biases.get(i));
    }
    return paths;
  }

  @Override
  public void close() {
    x.close();
    y.close();
    kernels.forEach(Param::close);
    biases.forEach(Param::close);
  }
}
