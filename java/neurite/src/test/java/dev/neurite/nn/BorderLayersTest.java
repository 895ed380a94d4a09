package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The contract for layers that resize, cut, fill or rearrange. */
class BorderLayersTest extends LayerContract {

  private static final Shape LINE = Shape.of(2, 6, 3);
  private static final Shape IMAGE = Shape.of(2, 4, 6, 4);
  private static final Shape VOLUME = Shape.of(1, 3, 4, 5, 2);

  @Override
  protected List<Case> cases() {
    List<Case> all = new ArrayList<>();
    borders(all);
    resizing(all);
    rearranging(all);
    return all;
  }

  private static Case none(Case c) {
    return c.parameters(0).multiplyAdds(0);
  }

  private static void borders(List<Case> all) {
    all.add(none(layer("zero padding 1d", () -> ZeroPadding1D.of(1, 2), LINE)).output(2, 9, 3).refuses(IMAGE, "[batch, length"));
    all.add(none(layer("zero padding 2d", () -> ZeroPadding2D.of(1, 0, 2, 1), IMAGE)).output(2, 5, 9, 4)
        .refuses(LINE, "[batch, height, width"));
    all.add(none(layer("zero padding 3d", () -> ZeroPadding3D.of(1), VOLUME)).output(1, 5, 6, 7, 2)
        .refuses(Shape.of(1, 0, 4, 5, 2), "at least 1 x 1 x 1"));
    all.add(none(layer("pad 1d, reflect", () -> Pad1D.of(2, 5).mode(PadMode.REFLECT), LINE)).output(2, 13, 3)
        .refuses(Shape.of(2, 5, 3), "REFLECT widths of at most 4 on axis 1, given 5"));
    all.add(none(layer("pad 1d, value", () -> Pad1D.of(1).value(0.5), LINE)).output(2, 8, 3).refuses(IMAGE, "[batch, length"));
    all.add(none(layer("pad 2d, reflect", () -> Pad2D.of(2, 1, 0, 2).mode(PadMode.REFLECT), IMAGE)).output(2, 7, 8, 4)
        .refuses(Shape.of(2, 2, 6, 4), "REFLECT widths of at most 1 on axis 1, given 2"));
    all.add(none(layer("pad 2d, replicate", () -> Pad2D.of(5).mode(PadMode.REPLICATE), IMAGE)).output(2, 14, 16, 4)
        .refuses(Shape.of(2, 0, 6, 4), "at least 1 x 1"));
    all.add(none(layer("pad 2d, circular", () -> Pad2D.of(4, 1, 2, 6).mode(PadMode.CIRCULAR), IMAGE)).output(2, 9, 14, 4)
        .refuses(Shape.of(2, 3, 6, 4), "CIRCULAR widths of at most 3 on axis 1, given 4"));
    all.add(none(layer("pad 3d", () -> Pad3D.of(1, 2, 0, 1, 2, 2).mode(PadMode.REFLECT), VOLUME)).output(1, 6, 5, 9, 2)
        .refuses(Shape.of(1, 2, 4, 5, 2), "REFLECT widths of at most 1 on axis 1, given 2"));
    all.add(none(layer("cropping 1d", () -> Cropping1D.of(2, 1), LINE)).output(2, 3, 3)
        .refuses(Shape.of(2, 3, 3), "at least 1 cell on axis 1, given 0"));
    all.add(none(layer("cropping 2d", () -> Cropping2D.of(1, 0, 2, 1), IMAGE)).output(2, 3, 3, 4)
        .refuses(Shape.of(2, 4, 2, 4), "at least 1 cell on axis 2, given -1"));
    all.add(none(layer("cropping 3d", () -> Cropping3D.of(1), VOLUME)).output(1, 1, 2, 3, 2)
        .refuses(Shape.of(1, 3, 2, 5, 2), "at least 1 cell on axis 2, given 0"));
  }

  private static void resizing(List<Case> all) {
    all.add(none(layer("up 1d", () -> UpSampling1D.of(3), LINE)).output(2, 18, 3).refuses(IMAGE, "[batch, length"));
    all.add(none(layer("up 2d", () -> UpSampling2D.of(2, 3), IMAGE)).output(2, 8, 18, 4).refuses(LINE, "[batch, height"));
    all.add(layer("up 2d, bilinear", () -> UpSampling2D.of(2).interpolation(Interpolation.BILINEAR), IMAGE)
        .output(2, 8, 12, 4).parameters(0).multiplyAdds(8 * 12 * 4 * 4));
    all.add(none(layer("up 3d", () -> UpSampling3D.of(2, 1, 3), VOLUME)).output(1, 6, 4, 15, 2)
        .refuses(Shape.of(1, 3, 0, 5, 2), "at least 1 x 1 x 1"));
    all.add(layer("resize", () -> Resize2D.of(5, 3), IMAGE).output(2, 5, 3, 4).parameters(0).multiplyAdds(60 * 4)
        .refuses(Shape.of(2, 0, 6, 4), "at least 1 x 1, given"));
    all.add(layer("resize, corners", () -> Resize2D.of(7).alignCorners(true), IMAGE).output(2, 7, 7, 4));
    all.add(layer("resize, bicubic", () -> Resize2D.of(7, 9).interpolation(Interpolation.BICUBIC).cubicCoefficient(-0.5),
        IMAGE).output(2, 7, 9, 4).multiplyAdds(7 * 9 * 4 * 16));
    all.add(none(layer("resize, nearest", () -> Resize2D.of(3, 9).interpolation(Interpolation.NEAREST_FLOOR), IMAGE))
        .output(2, 3, 9, 4));
  }

  private static void rearranging(List<Case> all) {
    all.add(none(layer("pixel shuffle", () -> PixelShuffle.of(2), IMAGE)).output(2, 8, 12, 1)
        .refuses(Shape.of(2, 4, 6, 6), "channels divisible by 4"));
    all.add(none(layer("pixel unshuffle", () -> PixelUnshuffle.of(2), IMAGE)).output(2, 2, 3, 16)
        .refuses(Shape.of(2, 4, 5, 4), "height and width divisible by 2"));
    all.add(none(layer("channel shuffle", () -> ChannelShuffle.of(2), IMAGE)).output(2, 4, 6, 4)
        .refuses(Shape.of(2, 4, 6, 3), "channels divisible by 2 groups"));
    all.add(none(layer("unfold", () -> Unfold2D.of(2, 3).stride(1, 2).dilation(2, 1).padding(Padding.of(0, 0, 1, 1)),
        IMAGE)).output(2, 2, 3, 24).refuses(Shape.of(2, 2, 6, 4), "padded height of at least 3"));
    all.add(none(layer("unfold, same", () -> Unfold2D.of(3).stride(2).padding(Padding.SAME), IMAGE)).output(2, 2, 3, 36));
    all.add(layer("bilinear", () -> Bilinear.of(3), Shape.of(2, 4), Shape.of(2, 5)).output(2, 3).parameters(63)
        .multiplyAdds(3 * 5 * 5).refuses(Shape.of(2, 4, 5), "two inputs [batch, left] and [batch, right]"));
    all.add(layer("bilinear without bias", () -> Bilinear.of(2).bias(false), Shape.of(2, 4), Shape.of(2, 4))
        .output(2, 2).parameters(32));
  }

  @Test
  void impossibleOptionsAreRefusedByName() {
    List<Supplier<Block>> wrong = List.of(
        () -> ZeroPadding1D.of(-1), () -> Pad2D.of(1, -2, 0, 0), () -> Cropping3D.of(-1), () -> UpSampling1D.of(0),
        () -> UpSampling2D.of(2, 0), () -> UpSampling3D.of(-1), () -> Resize2D.of(0, 3), () -> PixelShuffle.of(0),
        () -> PixelUnshuffle.of(-2), () -> ChannelShuffle.of(0), () -> Bilinear.of(0), () -> Unfold2D.of(0));
    for (int i = 0; i < wrong.size(); i++) {
      Supplier<Block> make = wrong.get(i);
      IllegalArgumentException e = assertThrows(IllegalArgumentException.class, make::get, "case " + i);
      assertTrue(e.getMessage().contains("expected") && e.getMessage().contains("given"), e.getMessage());
    }
  }

  @Test
  void bordersHoldWhatTheirModeSays() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.range(1, 1, 4, DType.FLOAT32).reshape(1, 4, 1);
      double[][] want = {{9, 9, 1, 2, 3, 4, 9}, {3, 2, 1, 2, 3, 4, 3}, {1, 1, 1, 2, 3, 4, 4}, {3, 4, 1, 2, 3, 4, 1}};
      for (PadMode mode : PadMode.values()) {
        assertArrayEquals(
            want[mode.ordinal()], Pad1D.of(2, 1).mode(mode).value(9).call(x).toDoubles(), mode.toString());
      }
    }
  }

  @Test
  void shufflesUndoEachOther() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.range(0, 1, 96, DType.FLOAT32).reshape(1, 4, 6, 4);
      assertArrayEquals(x.toDoubles(), PixelUnshuffle.of(2).call(PixelShuffle.of(2).call(x)).toDoubles());
      Tensor y = Tensor.range(0, 1, 6, DType.FLOAT32).reshape(1, 6);
      assertArrayEquals(new double[] {0, 2, 4, 1, 3, 5}, ChannelShuffle.of(3).call(y).toDoubles());
      assertArrayEquals(y.toDoubles(), ChannelShuffle.of(2).call(ChannelShuffle.of(3).call(y)).toDoubles());
    }
  }

  @Test
  void volumesGrowCellByCell() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.range(0, 1, 4, DType.FLOAT32).reshape(1, 2, 1, 2, 1);
      assertArrayEquals(
          new double[] {0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3}, UpSampling3D.of(2, 1, 2).call(x).toDoubles());
    }
  }
}
