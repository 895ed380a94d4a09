package dev.neurite.bench.peer;

import dev.neurite.nn.Model;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;

/** One forward pass without a tape. */
final class InferWork implements Work {

  private final Model model;
  private final Tensor x;

  InferWork(CaseLine c) {
    model = Models.of(c);
    x = Models.input(c);
  }

  @Override
  public void run() {
    try (Scope scope = Scope.open()) {
      model.call(x);
    }
  }

  @Override
  public String check() {
    return Scope.run(() -> {
      double sum = model.call(x).softmax(-1).sum().item();
      return Values.verdict(Math.abs(sum - x.dim(0)), 1e-4 * x.dim(0));
    });
  }

  @Override
  public String note() {
    return "eager";
  }

  @Override
  public void close() {
    model.close();
    x.close();
  }
}
