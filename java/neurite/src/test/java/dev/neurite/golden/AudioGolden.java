package dev.neurite.golden;

import dev.neurite.audio.Audio;
import dev.neurite.audio.MelFilterBank;
import dev.neurite.audio.MelScale;
import dev.neurite.audio.Mfcc;
import dev.neurite.audio.Stft;
import dev.neurite.audio.WindowFunction;
import dev.neurite.tensor.Complex;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Signal;
import dev.neurite.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** pipelines_audio: Fourier transforms, windows, mel filters, cepstral coefficients. */
final class AudioGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("audio/fft", GoldenRun.op(r -> parts(r.in("imag") == null
        ? Signal.fft(r.in("x"))
        : Signal.fft(new Complex(r.in("x"), r.in("imag"))))));
    h.put("audio/rfft", GoldenRun.op(r -> parts(Signal.rfft(r.in("x")))));
    h.put("audio/stft", GoldenRun.op(AudioGolden::stft));
    h.put("audio/mel_filterbank", GoldenRun.op(r -> Map.of("filterbank", bank(r).matrix(r.dtype()))));
    h.put("audio/mfcc", GoldenRun.op(AudioGolden::mfcc));
    h.put("audio/hz_to_mel", GoldenRun.op(r ->
        Map.of("slaney", mels(r, MelScale.SLANEY), "htk", mels(r, MelScale.HTK))));
    h.put("audio/window", GoldenRun.op(AudioGolden::windows));
    h.put("audio/dct2_ortho", GoldenRun.y(r -> Audio.dct2(r.in("x"))));
    h.put("audio/preemphasis", GoldenRun.y(r -> Audio.preEmphasis(r.in("x"), r.c().number("coefficient", 0.97))));
  }

  private static Map<String, Tensor> parts(Complex y) {
    return Map.of("real", y.real(), "imag", y.imaginary());
  }

  private static Stft transform(GoldenRun r) {
    int length = whole(r, "n_fft");
    String window = r.c().text("window", "hann_periodic");
    if (!window.endsWith("_periodic")) {
      throw new AssertionError("unknown window " + window);
    }
    return Stft.of(length).hop((int) r.c().number("hop", length / 4))
        .window(WindowFunction.valueOf(window.replace("_periodic", "").toUpperCase(Locale.ROOT)))
        .centre(r.c().flag("center", false));
  }

  /** The file has the first frames and their number. */
  private static Map<String, Tensor> stft(GoldenRun r) {
    Complex y = transform(r).apply(r.in("x"));
    long frames = y.real().dim(1);
    long shown = r.c().tensors("outputs").get("real").shape().dim(1);
    return Map.of(
        "real", y.real().slice(1, 0, shown), "imag", y.imaginary().slice(1, 0, shown),
        "frames", Tensor.of(new long[] {frames}, Shape.scalar()));
  }

  private static MelFilterBank bank(GoldenRun r) {
    double rate = r.c().number("sample_rate", 0);
    String norm = r.c().text("norm", "none");
    if (!Set.of("none", "slaney").contains(norm)) {
      throw new AssertionError("unknown norm " + norm);
    }
    return new MelFilterBank(
        rate, whole(r, "n_fft"), whole(r, "n_mels"), r.c().number("fmin", 0), r.c().number("fmax", rate / 2),
        r.c().flag("htk", false) ? MelScale.HTK : MelScale.SLANEY, norm.equals("slaney"));
  }

  private static Map<String, Tensor> mfcc(GoldenRun r) {
    Mfcc m = new Mfcc(
        transform(r), bank(r), whole(r, "n_mfcc"), r.c().number("amin", 1e-10),
        r.c().number("top_db", Double.POSITIVE_INFINITY));
    Tensor x = r.in("x");
    return Map.of("mel_power", m.melPower(x), "log_mel_db", m.logMel(x), "mfcc", m.apply(x));
  }

  private static Tensor mels(GoldenRun r, MelScale scale) {
    double[] hertz = r.in("hz").toDoubles();
    double[] mels = new double[hertz.length];
    for (int i = 0; i < mels.length; i++) {
      mels[i] = scale.toMel(hertz[i]);
    }
    return Tensor.of(mels, r.in("hz").shape(), r.dtype());
  }

  /** Output names say which: hann_periodic, hamming_symmetric, ... */
  private static Map<String, Tensor> windows(GoldenRun r) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    for (String name : r.c().tensors("outputs").keySet()) {
      int at = name.lastIndexOf('_');
      WindowFunction window = WindowFunction.valueOf(name.substring(0, at).toUpperCase(Locale.ROOT));
      out.put(name, window.of(whole(r, "n"), name.endsWith("_periodic"), r.dtype()));
    }
    return out;
  }

  private static int whole(GoldenRun r, String key) {
    return (int) r.c().number(key, 0);
  }
}
