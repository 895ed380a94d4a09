package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.ShapeException;
import dev.neurite.regularizer.L2;
import dev.neurite.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The contract for all convolutions. */
class ConvLayersTest extends LayerContract {

  private static final Shape LINE = Shape.of(2, 8, 4);
  private static final Shape IMAGE = Shape.of(2, 6, 7, 4);
  private static final Shape VOLUME = Shape.of(1, 4, 5, 4, 4);

  @Override
  protected List<Case> cases() {
    List<Case> all = new ArrayList<>();
    plain(all);
    transposed(all);
    depthwise(all);
    return all;
  }

  private static void plain(List<Case> all) {
    all.add(
        layer("conv1d", () -> Conv1D.of(3, 3).activation(Activation.TANH), LINE).output(2, 6, 3).parameters(39)
            .multiplyAdds(6 * 3 * 3 * 4).refuses(Shape.of(2, 2, 4), "padded length of at least 3 (kernel 3, dilation 1), given 2"));
    all.add(
        layer("conv1d causal", () -> Conv1D.of(2, 3).dilation(2).padding(Padding.CAUSAL), LINE).output(2, 8, 2)
            .parameters(26).refuses(Shape.of(2, 8), "[batch, length, channels]"));
    all.add(
        layer("conv1d causal, stride", () -> Conv1D.of(2, 3).stride(2).padding(Padding.CAUSAL), LINE).output(2, 4, 2)
            .parameters(26).refuses(Shape.of(2, 0, 4), "at least 1, given"));
    all.add(
        layer("conv1d same, stride", () -> Conv1D.of(2, 3).stride(3).padding(Padding.SAME).bias(false), LINE)
            .output(2, 3, 2).parameters(24));
    all.add(
        layer("conv1d widths, groups", () -> Conv1D.of(4, 2).groups(2).padding(Padding.of(1, 2)), LINE)
            .output(2, 10, 4).parameters(20).multiplyAdds(10 * 4 * 2 * 2)
            .refuses(Shape.of(2, 8, 3), "channels divisible by 2 groups"));
    all.add(
        layer("conv2d", () -> Conv2D.of(3, 3, 2).stride(2, 1).kernelRegularizer(new L2(0.1)), IMAGE).output(2, 2, 6, 3)
            .parameters(75).multiplyAdds(12 * 3 * 6 * 4)
            .refuses(Shape.of(2, 6, 1, 4), "padded width of at least 2 (kernel 2, dilation 1), given 1"));
    all.add(
        layer("conv2d widths, groups", () -> Conv2D.of(6, 2).dilation(2).groups(2).padding(Padding.of(1, 0, 2, 1)), IMAGE)
            .output(2, 5, 8, 6).parameters(54).refuses(Shape.of(2, 6, 0, 4), "at least 1 x 1, given"));
    all.add(
        layer("conv3d", () -> Conv3D.of(3, 2, 3, 2).activation(Activation.SIGMOID), VOLUME).output(1, 3, 3, 3, 3)
            .parameters(147).multiplyAdds(27 * 3 * 12 * 4)
            .refuses(Shape.of(1, 1, 5, 4, 4), "padded depth of at least 2 (kernel 2, dilation 1), given 1"));
    all.add(
        layer("conv3d same, groups", () -> Conv3D.of(4, 3).stride(2, 1, 1).groups(2).padding(Padding.SAME), VOLUME)
            .output(1, 2, 5, 4, 4).parameters(220).multiplyAdds(40 * 4 * 27 * 2)
            .refuses(Shape.of(1, 4, 5, 4, 3), "channels divisible by 2 groups"));
    all.add(
        layer("conv3d widths, dilation", () -> Conv3D.of(2, 2).dilation(1, 2, 1).padding(Padding.of(1, 0, 0, 1, 1, 1)),
                VOLUME).output(1, 4, 4, 5, 2).parameters(66).refuses(Shape.of(1, 4, 4), "[batch, depth, height, width"));
  }

  private static void transposed(List<Case> all) {
    all.add(
        layer("conv1d transpose, same", () -> Conv1DTranspose.of(3, 3).stride(2).padding(Padding.SAME), LINE)
            .output(2, 16, 3).parameters(39).multiplyAdds(8 * 4 * 3 * 3).refuses(Shape.of(2, 8), "[batch, length"));
    all.add(
        layer("conv1d transpose, widths", () -> Conv1DTranspose.of(2, 3).stride(2).padding(Padding.of(1)).outputPadding(1),
            LINE).output(2, 16, 2).parameters(26).refuses(Shape.of(2, 0, 4), "at least 1, given"));
    all.add(
        layer("conv2d transpose", () -> Conv2DTranspose.of(3, 3).activation(Activation.TANH), IMAGE).output(2, 8, 9, 3)
            .parameters(111).multiplyAdds(42 * 4 * 9 * 3).refuses(Shape.of(2, 6, 4), "[batch, height, width, channels]"));
    all.add(
        layer("conv2d transpose, short kernel", () -> Conv2DTranspose.of(2, 2).stride(3), IMAGE).output(2, 18, 21, 2)
            .parameters(34));
    all.add(
        layer("conv2d transpose, same with output padding",
            () -> Conv2DTranspose.of(2, 3).stride(3).padding(Padding.SAME).outputPadding(1, 2), IMAGE)
            .output(2, 5 * 3 + 3 - 2 + 1, 6 * 3 + 3 - 2 + 2, 2).parameters(74));
    all.add(
        layer("conv2d transpose, groups, dilation, uneven widths",
            () -> Conv2DTranspose.of(2, 3).groups(2).dilation(2, 1).stride(1, 2).padding(Padding.of(1, 0, 0, 2)),
            IMAGE).output(2, 9, 13, 2).parameters(38).multiplyAdds(42 * 4 * 9)
            .refuses(Shape.of(2, 6, 7, 3), "channels divisible by 2 groups"));
    all.add(
        layer("conv2d transpose, all cut off", () -> Conv2DTranspose.of(2, 2).padding(Padding.of(2)), IMAGE)
            .output(2, 3, 4, 2).parameters(34).refuses(Shape.of(2, 3, 7, 4), "at least 1 cell on axis 1, given 0"));
    all.add(
        layer("conv3d transpose", () -> Conv3DTranspose.of(3, 2).stride(2, 1, 2), VOLUME).output(1, 8, 6, 8, 3)
            .parameters(99).multiplyAdds(80 * 4 * 8 * 3).refuses(Shape.of(1, 4, 5, 4), "[batch, depth, height"));
    all.add(
        layer("conv3d transpose, widths, groups",
            () -> Conv3DTranspose.of(4, 3).groups(2).stride(2).padding(Padding.of(1)).outputPadding(1, 0, 1), VOLUME)
            .output(1, 8, 9, 8, 4).parameters(220));
  }

  private static void depthwise(List<Case> all) {
    all.add(
        layer("depthwise conv1d", () -> DepthwiseConv1D.of(3).multiplier(2).padding(Padding.CAUSAL), LINE)
            .output(2, 8, 8).parameters(32).multiplyAdds(8 * 3 * 8).refuses(Shape.of(2, 8), "[batch, length"));
    all.add(
        layer("depthwise conv1d, stride", () -> DepthwiseConv1D.of(3).stride(2).dilation(2).activation(Activation.TANH),
            LINE).output(2, 2, 4).parameters(16).refuses(Shape.of(2, 4, 4), "padded length of at least 5"));
    all.add(
        layer("depthwise conv2d", () -> DepthwiseConv2D.of(3, 2).multiplier(2).stride(2, 1), IMAGE).output(2, 2, 6, 8)
            .parameters(56).multiplyAdds(12 * 6 * 8).refuses(Shape.of(2, 2, 7, 4), "padded height of at least 3"));
    all.add(
        layer("separable conv1d", () -> SeparableConv1D.of(5, 3).multiplier(2).padding(Padding.SAME), LINE)
            .output(2, 8, 5).parameters(24 + 40 + 5).multiplyAdds(8 * 8 * (3 + 5))
            .refuses(Shape.of(2, 0, 4), "at least 1, given"));
    all.add(
        layer("separable conv2d", () -> SeparableConv2D.of(3, 3).dilation(2).activation(Activation.TANH), IMAGE)
            .output(2, 2, 3, 3).parameters(36 + 12 + 3).multiplyAdds(6 * 4 * (9 + 3))
            .refuses(Shape.of(2, 6, 4, 4), "padded width of at least 5 (kernel 3, dilation 2), given 4"));
  }

  @Test
  void impossibleOptionsAreRefusedByName() {
    List<Supplier<Block>> wrong = List.of(
        () -> Conv1D.of(0, 3), () -> Conv1D.of(2, 0), () -> Conv3D.of(2, 3).stride(0), () -> Conv3D.of(2, 3).dilation(1, 0, 1),
        () -> Conv1D.of(4, 3).groups(3), () -> Conv3D.of(4, 3).groups(0), () -> Conv2DTranspose.of(4, 3).groups(3),
        () -> Conv2DTranspose.of(0, 3), () -> DepthwiseConv1D.of(3).multiplier(0), () -> SeparableConv2D.of(0, 3),
        () -> SeparableConv1D.of(2, 3).multiplier(0), () -> Conv2D.of(2, 3).padding(Padding.CAUSAL),
        () -> Conv1D.of(2, 3).padding(Padding.of(1, 1, 0, 2)), () -> Conv3D.of(2, 3).padding(Padding.of(1, 1, 0, 2)),
        () -> Conv2D.of(2, 3).padding(Padding.of(1, 1, 1, 1, 1, 1)), () -> Conv2D.of(2, 3).stride(1, 2, 3),
        () -> Conv1DTranspose.of(2, 3).padding(Padding.of(-1)), () -> Conv1DTranspose.of(2, 3).padding(Padding.CAUSAL));
    for (int i = 0; i < wrong.size(); i++) {
      Supplier<Block> make = wrong.get(i);
      IllegalArgumentException e = assertThrows(IllegalArgumentException.class, make::get, "case " + i);
      assertTrue(e.getMessage().contains("expected") && e.getMessage().contains("given"), e.getMessage());
    }
  }

  @Test
  void outputPaddingMustStayBelowTheStride() {
    IllegalArgumentException e = assertThrows(
        IllegalArgumentException.class,
        () -> Model.sequential(Input.of(4, 4, 1), Conv2DTranspose.of(1, 3).stride(2).outputPadding(2)));
    assertTrue(e.getMessage().contains("below the stride 2"), e.getMessage());
  }

  @Test
  void anotherNumberOfChannelsIsRefusedWhenCalled() {
    for (Layer layer : List.of(Conv1D.of(2, 3), Conv1DTranspose.of(2, 3), DepthwiseConv1D.of(3), SeparableConv1D.of(2, 3))) {
      Model model = Model.sequential(Input.of(8, 3), layer);
      ShapeException e = assertThrows(
          ShapeException.class,
          () -> layer.call(dev.neurite.tensor.Tensor.zeros(Shape.of(1, 8, 2))));
      assertTrue(e.getMessage().contains("expected [batch, length, 3], given [1, 8, 2]"), e.getMessage());
      model.close();
    }
  }

  @Test
  void freeAxesStayFree() {
    assertShape(Shape.of(-1, -1, 2), Conv1D.of(2, 3).padding(Padding.CAUSAL), Input.of(-1, 3));
    assertShape(Shape.of(-1, -1, 8, 2), Conv2DTranspose.of(2, 2).stride(2), Input.of(-1, 4, 3));
    assertShape(Shape.of(-1, -1, 3, -1, 2), Conv3D.of(2, 2), Input.of(-1, 4, -1, 3));
  }

  private static void assertShape(Shape want, Layer layer, Input in) {
    try (Model model = Model.sequential(in, layer)) {
      assertTrue(want.equals(model.outputShapes().get(0)), want + " and " + model.outputShapes());
    }
  }
}
