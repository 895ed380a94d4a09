package dev.neurite.plot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Digits;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.MaxPool2D;
import dev.neurite.nn.Model;
import dev.neurite.nn.Padding;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Fit;
import java.awt.image.BufferedImage;
import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilterPictureTest {

  @TempDir Path folder;

  private static Model network() {
    return Model.sequential(
        Input.of(8, 8, 1), Conv2D.of(8, 3).padding(Padding.SAME).activation(Activation.RELU).name("first"),
        MaxPool2D.of(2), Conv2D.of(16, 3).activation(Activation.RELU).name("second"), Flatten.of(), Dense.of(10));
  }

  @Test
  void B14_filtersAndActivationsOfATrainedNetworkAreShown() throws Exception {
    Neurite.seed(6);
    try (Scope scope = Scope.open(); Model model = network()) {
      double[] drawn = model.state().get("first.kernel").toDoubles();
      model.compile(Adam.of(0.005), Losses.softmaxCrossEntropy(), Metrics.accuracy());
      Digits digits = Digits.load();
      model.fit(digits.train(), Fit.epochs(8).batch(32));
      double accuracy = model.evaluate(digits.test().batch(256)).value("accuracy");
      assertTrue(accuracy > 0.9, "accuracy " + accuracy);

      FilterPicture filters = FilterPicture.filters(model, "first");
      FilterPicture deeper = FilterPicture.filters(model, "second");
      Tensor image = digits.test().batch(1).iterator().next().x();
      FilterPicture maps = FilterPicture.activations(model, image, "first");
      FilterPicture deeperMaps = FilterPicture.activations(model, image, "second");

      double[] kernel = model.state().get("first.kernel").toDoubles();
      assertTrue(!Arrays.equals(drawn, kernel), "the filters have learned");
      assertEquals(List.of(8, 16, 8, 16), List.of(
          filters.tiles().size(), deeper.tiles().size(), maps.tiles().size(), deeperMaps.tiles().size()));
      for (int i = 0; i < 9; i++) {
        assertEquals(kernel[i * 8 + 5], filters.tiles().get(5).values()[i]);
      }
      assertEquals(64, maps.tiles().get(0).values().length);
      assertEquals(4, deeperMaps.tiles().get(0).values().length);
      assertTrue(maps.tiles().stream().anyMatch(t -> Arrays.stream(t.values()).max().orElse(0) > 0), "some channel answers");
      check(filters, "filters.png");
      check(maps, "maps.png");
      check(deeperMaps, "deeper.png");
    }
  }

  /** The file shows every cell: the largest of a tile white, the smallest black, others between. */
  private void check(FilterPicture picture, String name) throws Exception {
    Path file = folder.resolve("pictures").resolve(name);
    picture.save(file);
    BufferedImage png = ImageIO.read(new File(file.toString()));
    FilterPicture.Tile first = picture.tiles().get(0);
    int[] corner = picture.corner(0);
    int zoom = (picture.corner(1)[0] - corner[0] - 4) / first.width();
    for (int t = 0; t < picture.tiles().size(); t++) {
      double[] v = picture.tiles().get(t).values();
      double low = Arrays.stream(v).min().orElseThrow();
      double high = Arrays.stream(v).max().orElseThrow();
      for (int cell = 0; cell < v.length; cell++) {
        int x = picture.corner(t)[0] + cell % first.width() * zoom + zoom / 2;
        int y = picture.corner(t)[1] + cell / first.width() * zoom + zoom / 2;
        long level = high > low ? Math.round(255 * (v[cell] - low) / (high - low)) : 0;
        assertEquals(level * 0x010101, png.getRGB(x, y) & 0xffffff, name + " tile " + t + " cell " + cell);
      }
    }
  }

  @Test
  void filtersOverThreeChannelsAreInColourAndOthersShowTheirMean() {
    try (Scope scope = Scope.open();
        Model model = Model.sequential(Input.of(8, 8, 3), Conv2D.of(2, 2).name("rgb"), Conv2D.of(3, 2).name("more"))) {
      Tensor kernel = Tensor.range(0, 1, 24, DType.FLOAT32).reshape(2, 2, 3, 2);
      model.state().get("rgb.kernel").assign(kernel);
      FilterPicture picture = FilterPicture.filters(model, "rgb");
      assertEquals(3, picture.tiles().get(1).colours());
      assertArrayEquals(new double[] {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23}, picture.tiles().get(1).values());
      int last = picture.image().getRGB(picture.corner(1)[0] + 47, picture.corner(1)[1] + 47) & 0xffffff;
      assertEquals((209 << 16) + (232 << 8) + 255, last);
      assertEquals(1, FilterPicture.filters(model, "more").tiles().get(0).colours());
    }
  }

  @Test
  void wrongPathsLayersAndEndingsAreRefused() {
    try (Scope scope = Scope.open(); Model model = network()) {
      Tensor image = Tensor.zeros(Shape.of(1, 8, 8, 1));
      refused("expected the path of a layer, given 'nowhere'", () -> FilterPicture.filters(model, "nowhere"));
      refused("expected a layer with a kernel [height, width, in, out], given 'dense' with",
          () -> FilterPicture.filters(model, "dense"));
      refused("given 'flatten' without one", () -> FilterPicture.filters(model, "flatten"));
      refused("expected a captured name", () -> FilterPicture.activations(model, image, "nowhere"));
      refused("given 'dense' with [1, 10]", () -> FilterPicture.activations(model, image, "dense"));
      refused("expected a file ending in .png, given a.svg",
          () -> FilterPicture.filters(model, "first").save(folder.resolve("a.svg")));
    }
  }

  private static void refused(String text, Runnable call) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }
}
