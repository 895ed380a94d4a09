package dev.neurite.golden;

import dev.neurite.data.Batch;
import dev.neurite.data.Cifar10;
import dev.neurite.data.Idx;
import dev.neurite.error.FormatException;
import dev.neurite.io.Bfloat16;
import dev.neurite.io.HalfFloat;
import dev.neurite.io.Npy;
import dev.neurite.io.Npz;
import dev.neurite.io.Pnm;
import dev.neurite.io.Wav;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** files: what the readers of this module decode or refuse; pipelines_training: labels. */
final class DataGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("file/idx", r -> r.expect("data", Idx.read(r.file()), r.c().tensors("outputs").get("data")));
    h.put("file/idx_error", r -> refused(() -> Idx.read(r.file())));
    h.put("file/cifar10", DataGolden::cifar);
    h.put("file/npy", r -> r.expect("data", Npy.read(r.file()), r.c().tensors("outputs").get("data")));
    h.put("file/npy_error", r -> refused(() -> Npy.read(r.file())));
    h.put("file/npz", DataGolden::npz);
    h.put("file/npz_error", r -> refused(() -> Npz.read(r.file())));
    h.put("file/wav", DataGolden::wav);
    h.put("file/wav_error", r -> refused(() -> Wav.read(r.file())));
    h.put("file/pnm", r -> r.expect("data", Pnm.read(r.file()), r.c().tensors("outputs").get("data")));
    h.put("file/pnm_error", r -> refused(() -> Pnm.read(r.file())));
    h.put("file/cifar10_error", r -> refused(() -> Cifar10.read(List.of(r.file()))));
    h.put("file/float16_bits", r -> values(r, bits -> HalfFloat.toFloat(bits)));
    h.put("file/bfloat16_bits", r -> values(r, bits -> Bfloat16.toFloat(bits)));
    h.put("file/float16_round", r -> bits(r, x -> HalfFloat.toBits((float) x)));
    h.put("file/bfloat16_round", r -> bits(r, x -> Bfloat16.toBits((float) x)));
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

  static void refused(Runnable reading) {
    try {
      reading.run();
    } catch (FormatException e) {
      return;
    }
    throw new AssertionError("expected a FormatException, got a result");
  }

  private static void npz(GoldenRun r) {
    Map<String, Tensor> found = Npz.read(r.file());
    Map<String, GoldenTensor> want = r.c().tensors("outputs");
    if (!found.keySet().equals(want.keySet())) {
      throw new AssertionError("expected the names " + want.keySet() + ", got " + found.keySet());
    }
    want.forEach((name, values) -> r.expect(name, found.get(name), values));
  }

  private static void wav(GoldenRun r) {
    Wav found = Wav.read(r.file());
    long[] want = {
      (long) r.c().number("sample_rate", 0), (long) r.c().number("channels", 0), (long) r.c().number("bits", 0),
      r.c().text("encoding", "pcm").equals("float") ? 1 : 0
    };
    long[] got = {found.sampleRate(), found.channels(), found.bits(), found.isFloat() ? 1 : 0};
    if (!Arrays.equals(want, got)) {
      throw new AssertionError("expected rate, channels, bits, float " + Arrays.toString(want) + ", got "
          + Arrays.toString(got));
    }
    r.c().tensors("outputs").forEach((name, values) -> r.expect(name, switch (name) {
      case "integer" -> found.integers();
      case "value" -> found.samples();
      default -> throw new AssertionError("unknown output " + name);
    }, values));
  }

  /** What 16 bits stand for; the bits are among the outputs (or inputs) of the case. */
  private static void values(GoldenRun r, Decoding decoding) {
    Map<String, GoldenTensor> inputs = r.c().tensors("inputs");
    GoldenTensor bits = inputs.containsKey("bits") ? inputs.get("bits") : r.c().tensors("outputs").get("bits");
    double[] got = Arrays.stream(bits.values()).map(b -> decoding.value((short) (int) b)).toArray();
    GoldenTensor want = r.c().tensors("outputs").get("value");
    for (int i = 0; i < got.length; i++) {
      if (Math.copySign(1, got[i]) != Math.copySign(1, want.values()[i])) {
        throw new AssertionError("value[" + i + "]: expected " + want.values()[i] + ", got " + got[i]);
      }
    }
    r.expect("value", Tensor.of(got, want.shape()), want);
  }

  private static void bits(GoldenRun r, Encoding encoding) {
    double[] x = r.c().tensors("inputs").get("x").values();
    long[] got = Arrays.stream(x).mapToLong(v -> Short.toUnsignedLong(encoding.bits(v))).toArray();
    GoldenTensor want = r.c().tensors("outputs").get("bits");
    r.expect("bits", Tensor.of(got, want.shape()), want);
  }

  private interface Decoding {
    float value(short bits);
  }

  private interface Encoding {
    short bits(double value);
  }

  private static void oneHot(GoldenRun r) {
    String input = r.c().tensors("inputs").keySet().iterator().next();
    String output = r.c().tensors("outputs").keySet().iterator().next();
    GoldenTensor want = r.c().tensors("outputs").get(output);
    Tensor got = r.in(input).oneHot(want.shape().last(), r.dtype());
    r.expect(output, got, want);
  }
}
