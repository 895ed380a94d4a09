package dev.neurite.golden;

import dev.neurite.data.Batch;
import dev.neurite.data.Cifar10;
import dev.neurite.data.Idx;
import dev.neurite.error.FormatException;
import dev.neurite.tensor.Tensor;
import dev.neurite.vision.Boxes;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** files: what the readers of this module decode or refuse; pipelines_vision and _training: boxes and labels. */
final class DataGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("file/idx", r -> r.expect("data", Idx.read(r.file()), r.c().tensors("outputs").get("data")));
    h.put("file/idx_error", r -> refused(() -> Idx.read(r.file())));
    h.put("file/cifar10", DataGolden::cifar);
    h.put("vision/iou", DataGolden::iou);
    h.put("train/one_hot", DataGolden::oneHot);
  }

  /** Pixels back to 0..255 and channels first, as the file has them. */
  private static void cifar(GoldenRun r) {
    Map<String, GoldenTensor> want = r.c().tensors("outputs");
    try (Batch all = Cifar10.read(List.of(r.file())).all()) {
      Tensor x = all.x().mul(255).round().permute(0, 3, 1, 2);
      r.expect("labels", all.y(), want.get("labels"));
      r.expect("first_pixels", x.select(2, 0).slice(2, 0, 4), want.get("first_pixels"));
      r.expect("last_pixels", x.select(2, 31).slice(2, 28, 32), want.get("last_pixels"));
      r.expect("sums", x.sum(2, 3), want.get("sums"));
    }
  }

  private static void refused(Runnable reading) {
    try {
      reading.run();
    } catch (FormatException e) {
      return;
    }
    throw new AssertionError("expected a FormatException, got a result");
  }

  private static void iou(GoldenRun r) {
    double[] a = r.c().tensors("inputs").get("a").values();
    double[] b = r.c().tensors("inputs").get("b").values();
    double[] got = new double[a.length / 4 * (b.length / 4)];
    for (int i = 0, at = 0; i < a.length; i += 4) {
      for (int k = 0; k < b.length; k += 4) {
        got[at++] = Boxes.iou(Arrays.copyOfRange(a, i, i + 4), Arrays.copyOfRange(b, k, k + 4));
      }
    }
    r.expect("iou", got, r.c().tensors("outputs").get("iou").values());
  }

  private static void oneHot(GoldenRun r) {
    String input = r.c().tensors("inputs").keySet().iterator().next();
    String output = r.c().tensors("outputs").keySet().iterator().next();
    GoldenTensor want = r.c().tensors("outputs").get(output);
    Tensor got = r.in(input).oneHot(want.shape().last(), r.dtype());
    r.expect(output, got, want);
  }
}
