package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.Tape;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The contract for all poolings. */
class PoolLayersTest extends LayerContract {

  private static final Shape LINE = Shape.of(2, 8, 3);
  private static final Shape IMAGE = Shape.of(2, 6, 7, 3);
  private static final Shape VOLUME = Shape.of(1, 4, 5, 7, 3);

  @Override
  protected List<Case> cases() {
    List<Case> all = new ArrayList<>();
    max(all);
    average(all);
    power(all);
    adaptive(all);
    global(all);
    return all;
  }

  private static Case none(Case c) {
    return c.parameters(0).multiplyAdds(0);
  }

  private static void max(List<Case> all) {
    all.add(none(layer("max 1d", () -> MaxPool1D.of(2), LINE)).output(2, 4, 3)
        .refuses(Shape.of(2, 1, 3), "padded length of at least 2 (kernel 2, dilation 1), given 1"));
    all.add(none(layer("max 1d, ceil, widths", () -> MaxPool1D.of(3).stride(3).padding(Padding.of(1, 0)).ceil(true), LINE))
        .output(2, 3, 3));
    all.add(none(layer("max 2d", () -> MaxPool2D.of(3, 2).stride(2), IMAGE)).output(2, 2, 3, 3)
        .refuses(Shape.of(2, 6, 0, 3), "at least 1 x 1, given"));
    all.add(none(layer("max 2d, ceil", () -> MaxPool2D.of(3, 2).stride(2).ceil(true), IMAGE)).output(2, 3, 4, 3));
    all.add(none(layer("max 2d, dilation", () -> MaxPool2D.of(2).stride(1).dilation(2), IMAGE)).output(2, 4, 5, 3)
        .refuses(Shape.of(2, 2, 7, 3), "padded height of at least 3"));
    all.add(none(layer("max 2d, same", () -> MaxPool2D.of(3).stride(2).padding(Padding.SAME), IMAGE)).output(2, 3, 4, 3));
    all.add(none(layer("max 3d", () -> MaxPool3D.of(2), VOLUME)).output(1, 2, 2, 3, 3)
        .refuses(Shape.of(1, 1, 5, 7, 3), "padded depth of at least 2"));
    all.add(none(layer("max 3d, ceil, same, dilation", () ->
        MaxPool3D.of(2, 1, 3).dilation(2, 1, 1).stride(1, 2, 2).ceil(true), VOLUME)).output(1, 2, 3, 3, 3));
  }

  private static void average(List<Case> all) {
    all.add(none(layer("avg 1d", () -> AvgPool1D.of(2), LINE)).output(2, 4, 3)
        .refuses(Shape.of(2, 1, 3), "padded length of at least 2"));
    all.add(none(layer("avg 1d, ceil, widths", () ->
        AvgPool1D.of(3).stride(2).padding(Padding.of(1)).ceil(true).countPadding(false), LINE)).output(2, 5, 3));
    all.add(none(layer("avg 2d", () -> AvgPool2D.of(2), IMAGE)).output(2, 3, 3, 3)
        .refuses(Shape.of(2, 6, 1, 3), "padded width of at least 2"));
    all.add(none(layer("avg 2d, ceil", () -> AvgPool2D.of(3).padding(Padding.of(1, 0, 1, 0)).ceil(true), IMAGE))
        .output(2, 3, 3, 3));
    all.add(none(layer("avg 2d, same", () -> AvgPool2D.of(3).stride(2).padding(Padding.SAME), IMAGE)).output(2, 3, 4, 3));
    all.add(none(layer("avg 3d", () -> AvgPool3D.of(2, 2, 3), VOLUME)).output(1, 2, 2, 2, 3)
        .refuses(Shape.of(1, 4, 5, 7), "[batch, depth, height, width, channels]"));
    all.add(none(layer("avg 3d, ceil, widths", () ->
        AvgPool3D.of(2).padding(Padding.of(0, 1, 1, 0, 0, 0)).ceil(true).countPadding(false), VOLUME))
        .output(1, 2, 3, 4, 3));
  }

  private static void power(List<Case> all) {
    all.add(layer("lp 1d", () -> LpPool1D.of(2, 2), LINE).output(2, 4, 3).parameters(0).multiplyAdds(24)
        .refuses(Shape.of(2, 1, 3), "padded length of at least 2"));
    all.add(layer("lp 2d", () -> LpPool2D.of(2, 3, 2).stride(2).ceil(true), IMAGE).output(2, 3, 4, 3).parameters(0)
        .multiplyAdds(36 * 6).refuses(Shape.of(2, 2, 7, 3), "padded height of at least 3"));
    all.add(layer("lp 3d", () -> LpPool3D.of(4, 2), VOLUME).output(1, 2, 2, 3, 3).parameters(0).multiplyAdds(36 * 8)
        .refuses(Shape.of(1, 1, 5, 7, 3), "padded depth of at least 2"));
  }

  private static void adaptive(List<Case> all) {
    all.add(none(layer("adaptive avg 1d", () -> AdaptiveAvgPool1D.of(3), LINE)).output(2, 3, 3)
        .refuses(Shape.of(2, 0, 3), "at least 1, given"));
    all.add(none(layer("adaptive avg 2d", () -> AdaptiveAvgPool2D.of(4, 3), IMAGE)).output(2, 4, 3, 3)
        .refuses(Shape.of(2, 6, 7), "[batch, height, width, channels]"));
    all.add(none(layer("adaptive avg 3d", () -> AdaptiveAvgPool3D.of(2, 5, 8), VOLUME)).output(1, 2, 5, 8, 3)
        .refuses(Shape.of(1, 4, 0, 7, 3), "at least 1 x 1 x 1, given"));
    all.add(none(layer("adaptive max 1d", () -> AdaptiveMaxPool1D.of(5), LINE)).output(2, 5, 3)
        .refuses(Shape.of(2, 8), "[batch, length, channels]"));
    all.add(none(layer("adaptive max 2d", () -> AdaptiveMaxPool2D.of(2), IMAGE)).output(2, 2, 2, 3)
        .refuses(Shape.of(2, 0, 7, 3), "at least 1 x 1, given"));
    all.add(none(layer("adaptive max 3d", () -> AdaptiveMaxPool3D.of(3), VOLUME)).output(1, 3, 3, 3, 3)
        .refuses(Shape.of(1, 4, 5, 7), "[batch, depth"));
  }

  private static void global(List<Case> all) {
    all.add(none(layer("global avg 1d", GlobalAvgPool1D::of, LINE)).output(2, 3).refuses(Shape.of(2, 0, 3), "at least 1"));
    all.add(none(layer("global avg 2d", GlobalAvgPool2D::of, IMAGE)).output(2, 3).refuses(Shape.of(2, 0, 3), "[batch"));
    all.add(none(layer("global avg 3d", GlobalAvgPool3D::of, VOLUME)).output(1, 3).refuses(IMAGE, "[batch, depth"));
    all.add(none(layer("global max 1d", GlobalMaxPool1D::of, LINE)).output(2, 3).refuses(IMAGE, "[batch, length"));
    all.add(none(layer("global max 2d", GlobalMaxPool2D::of, IMAGE)).output(2, 3).refuses(LINE, "[batch"));
    all.add(none(layer("global max 3d", GlobalMaxPool3D::of, VOLUME)).output(1, 3)
        .refuses(Shape.of(1, 4, 5, 0, 3), "at least 1 x 1 x 1"));
  }

  @Test
  void impossibleOptionsAreRefusedByName() {
    List<Supplier<Block>> wrong = List.of(
        () -> MaxPool1D.of(0), () -> MaxPool3D.of(2).stride(0), () -> MaxPool2D.of(2).dilation(0),
        () -> AvgPool3D.of(2, 0, 1), () -> AvgPool1D.of(2).padding(Padding.CAUSAL), () -> LpPool2D.of(0, 2),
        () -> LpPool1D.of(Double.POSITIVE_INFINITY, 2), () -> AdaptiveAvgPool2D.of(0), () -> AdaptiveMaxPool3D.of(1, 2, -1),
        () -> Model.sequential(Input.of(8, 1), MaxPool1D.of(2).padding(Padding.of(2))),
        () -> Model.sequential(Input.of(8, 8, 8, 1), AvgPool3D.of(2, 3, 3).padding(Padding.of(2))));
    for (int i = 0; i < wrong.size(); i++) {
      Supplier<Block> make = wrong.get(i);
      IllegalArgumentException e = assertThrows(IllegalArgumentException.class, make::get, "case " + i);
      assertTrue(e.getMessage().contains("expected") && e.getMessage().contains("given"), e.getMessage());
    }
  }

  @Test
  void theGradientOfAnEmptyPowerSumIsZero() {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.zeros(Shape.of(1, 4, 1), DType.FLOAT64);
      tape.watch(x);
      Tensor y = LpPool1D.of(2, 2).call(x);
      assertEquals(0, y.abs().sum().item());
      assertEquals(0, tape.gradients(y.sum(), List.of(x)).of(x).abs().sum().item());
    }
  }

  @Test
  void adaptivePoolingEqualsPlainPoolingWhereTheSizeDivides() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.range(0, 1, 48, DType.FLOAT32).reshape(1, 4, 6, 2).sin();
      assertEquals(0, AdaptiveAvgPool2D.of(2, 3).call(x).sub(AvgPool2D.of(2).call(x)).abs().max().item(), 1e-7);
      assertEquals(0, AdaptiveMaxPool2D.of(2, 3).call(x).sub(MaxPool2D.of(2).call(x)).abs().max().item());
      assertEquals(0, AdaptiveMaxPool2D.of(1).call(x).reshape(1, 2).sub(GlobalMaxPool2D.of().call(x)).abs().max().item());
    }
  }
}
