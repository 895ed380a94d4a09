package dev.neurite.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.GradCheck;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Complex;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class AudioTest {

  private static Tensor sine(double hertz, double rate, int samples) {
    double[] x = new double[samples];
    for (int i = 0; i < samples; i++) {
      x[i] = Math.sin(2 * Math.PI * hertz * i / rate);
    }
    return Tensor.of(x, Shape.of(samples), DType.FLOAT64);
  }

  @Test
  void windowsHaveTheirKnownValues() {
    assertArrayEquals(new double[] {0, 0.5, 1, 0.5}, WindowFunction.HANN.of(4, true, DType.FLOAT64).toDoubles(), 1e-15);
    assertArrayEquals(
        new double[] {0.08, 0.54, 1, 0.54, 0.08},
        WindowFunction.HAMMING.of(5, false, DType.FLOAT64).toDoubles(), 1e-15);
    assertArrayEquals(
        new double[] {0, 0.34, 1, 0.34}, WindowFunction.BLACKMAN.of(4, true, DType.FLOAT64).toDoubles(), 1e-15);
    assertArrayEquals(new double[] {1, 1}, WindowFunction.RECTANGULAR.of(2, true, DType.FLOAT64).toDoubles());
    for (WindowFunction w : WindowFunction.values()) {
      double one = w.of(1, false, DType.FLOAT64).item();
      assertTrue(one == w.of(2, true, DType.FLOAT64).toDoubles()[0] || one > 0, w.name());
    }
  }

  @Test
  void aSineIsOneBinOfTheSpectrum() {
    Complex y = Stft.of(100).hop(50).window(WindowFunction.RECTANGULAR).apply(sine(80, 1000, 300));
    assertEquals(Shape.of(51, 5), y.real().shape());
    double[] power = y.power().toDoubles();
    for (int i = 0; i < power.length; i++) {
      assertEquals(i / 5 == 8 ? 2500 : 0, power[i], 1e-9);
    }
  }

  @Test
  void centredFramesStartHalfAFrameEarlier() {
    Tensor x = sine(80, 1000, 300);
    Complex plain = Stft.of(100).hop(50).apply(x);
    Complex centred = Stft.of(100).hop(50).centre(true).apply(x);
    assertEquals(7, centred.real().dim(1));
    assertArrayEquals(plain.real().toDoubles(), centred.real().slice(1, 1, 6).toDoubles(), 1e-12);
  }

  @Test
  void aShorterWindowSitsInTheMiddleOfTheFrame() {
    Tensor x = sine(80, 1000, 8);
    Complex y = Stft.of(8).window(WindowFunction.RECTANGULAR, 4).apply(x);
    Tensor middle = x.slice(0, 2, 6).pad(new long[] {2}, new long[] {2}, 0);
    Complex want = Stft.of(8).window(WindowFunction.RECTANGULAR).apply(middle);
    assertArrayEquals(want.imaginary().toDoubles(), y.imaginary().toDoubles(), 1e-12);
  }

  @Test
  void scalesGoThereAndBack() {
    for (MelScale scale : MelScale.values()) {
      for (double f : new double[] {0, 50, 999, 1000, 1001, 8000}) {
        assertEquals(f, scale.toHertz(scale.toMel(f)), 1e-9);
      }
    }
  }

  @Test
  void cosineTransformIsOrthonormal() {
    Tensor x = sine(3, 100, 7);
    assertArrayEquals(x.toDoubles(), Audio.inverseDct2(Audio.dct2(x)).toDoubles(), 1e-14);
    assertEquals(x.square().sum().item(), Audio.dct2(x).square().sum().item(), 1e-13);
  }

  @Test
  void coefficientsHaveTheGradientsOfDifferences() {
    Param x = Param.of("x", Tensor.range(0, 1, 70, DType.FLOAT64).square().cos()); // a sweep: no band is empty
    Mfcc mfcc = Mfcc.of(
        Stft.of(32).hop(16), new MelFilterBank(1000, 32, 6, 0, 500, MelScale.HTK, false), 4);
    GradCheck.Report report =
        GradCheck.check(() -> mfcc.apply(Audio.preEmphasis(x, 0.9)).square().sum(), List.of(x));
    assertTrue(report.passes(1e-6), report.toString());
  }

  @Test
  void quietBandsStopAtTheDynamicRange() {
    MelFilterBank bank = MelFilterBank.of(1000, 64, 8);
    Tensor x = sine(100, 1000, 200);
    Tensor all = Mfcc.of(Stft.of(64), bank, 4).logMel(x);
    Tensor cut = new Mfcc(Stft.of(64), bank, 4, 1e-10, 20).logMel(x);
    assertEquals(all.max().item(), cut.max().item());
    assertTrue(all.min().item() < all.max().item() - 20);
    assertEquals(cut.max().item() - 20, cut.min().item(), 1e-12);
  }

  @Test
  void wrongArgumentsAreNamed() {
    ShapeException e = assertThrows(ShapeException.class, () -> Stft.of(64).apply(Tensor.zeros(Shape.of(10))));
    assertEquals("Stft: expected at least 64 samples, given float32[10]", e.getMessage());
    IllegalArgumentException m = assertThrows(
        IllegalArgumentException.class, () -> Mfcc.of(Stft.of(64), MelFilterBank.of(1000, 32, 8), 4));
    assertEquals(
        "Mfcc: expected a filter bank for length 64 and 1 to 8 coefficients, given length 32 and 4", m.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Stft.of(0));
    assertThrows(IllegalArgumentException.class, () -> MelFilterBank.of(1000, 32, 0));
  }
}
