package dev.neurite.golden;

import dev.neurite.data.Idx;
import dev.neurite.error.FormatException;
import dev.neurite.tensor.Tensor;
import dev.neurite.vision.Boxes;
import java.util.Arrays;
import java.util.Map;

/** files: what the readers of this module decode or refuse; pipelines_vision and _training: boxes and labels. */
final class DataGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("file/idx", r -> r.expect("data", Idx.read(r.file()), r.c().tensors("outputs").get("data")));
    h.put("file/idx_error", r -> refused(() -> Idx.read(r.file())));
    h.put("vision/iou", DataGolden::iou);
    h.put("train/one_hot", DataGolden::oneHot);
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
