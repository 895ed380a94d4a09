package dev.neurite.bench.peer;

import dev.neurite.natives.Abi;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** One direction of a convolution, NHWC, into a given output. */
final class ConvWork implements Work {

  private static final int SAMPLES = 32;

  private final String direction;
  private final long[] desc;
  private final Tensor x;
  private final Tensor w;
  private final Tensor y;

  ConvWork(CaseLine c) {
    if (c.has("layout", "nchw")) {
      throw new Skip("activations are NHWC here");
    }
    direction = c.text("dir");
    long n = c.number("n");
    long h = c.number("h");
    long width = c.number("w");
    long channels = c.number("c");
    long out = c.number("kc");
    long r = c.number("r");
    long s = c.number("s");
    long p = c.number("p");
    long g = c.number("g");
    long oh = (h + 2 * p - r) / s + 1;
    long ow = (width + 2 * p - r) / s + 1;
    desc = new long[] {n, h, width, channels, oh, ow, out, r, r, s, s, 1, 1, p, p, g, 0};
    x = Values.uniform("x", n, h, width, channels);
    w = Values.uniform("w", r, r, channels / g, out);
    y = Values.uniform("y", n, oh, ow, out);
  }

  @Override
  public void run() {
    int code =
        switch (direction) {
          case "fwd" -> Abi.nrt_conv2d_fwd(x.ctx(), x.code(), y.addr(), x.addr(), w.addr(), 0, desc);
          case "bwd_data" -> Abi.nrt_conv2d_bwd_data(x.ctx(), x.code(), x.addr(), y.addr(), w.addr(), desc);
          case "bwd_weights" -> Abi.nrt_conv2d_bwd_weights(x.ctx(), x.code(), w.addr(), 0, x.addr(), y.addr(), desc);
          default -> throw new Skip("no direction " + direction);
        };
    Status.check(code, "conv2d", x, w, y);
  }

  /** Forward against sums over sampled outputs; backward by {@code <y, conv(x)> = <dx, x>} style adjoint sums. */
  @Override
  public String check() {
    float[] xv = x.toFloats();
    float[] wv = w.toFloats();
    float[] yv = y.toFloats();
    double worst = 0;
    for (int q = 0; q < SAMPLES; q++) {
      worst = Math.max(worst, switch (direction) {
        case "fwd" -> outputError(q, xv, wv, yv);
        case "bwd_data" -> dataError(q, xv, wv, yv);
        default -> weightError(q, xv, wv, yv);
      });
    }
    double terms = direction.equals("bwd_weights") ? desc[0] * desc[4] * desc[5] : desc[7] * desc[8] * desc[6];
    return Values.verdict(worst, 1e-5 * Math.sqrt(terms) * 4 * Precision.slack());
  }

  private int pick(int q, int prime, long n) {
    return (int) ((q * (long) prime + 1) % n);
  }

  private double outputError(int q, float[] xv, float[] wv, float[] yv) {
    int n = pick(q, 7, desc[0]);
    int i = pick(q, 5, desc[4]);
    int j = pick(q, 11, desc[5]);
    int o = pick(q, 13, desc[6]);
    double sum = 0;
    for (int p = 0; p < desc[7]; p++) {
      for (int s = 0; s < desc[8]; s++) {
        for (int d = 0; d < perGroup(); d++) {
          sum += x(xv, n, i, j, p, s, channel(o, d)) * wv[weight(p, s, d, o)];
        }
      }
    }
    return Math.abs(sum - yv[output(n, i, j, o)]);
  }

  private double weightError(int q, float[] xv, float[] wv, float[] yv) {
    int p = pick(q, 3, desc[7]);
    int s = pick(q, 5, desc[8]);
    int d = pick(q, 7, perGroup());
    int o = pick(q, 13, desc[6]);
    double sum = 0;
    for (int n = 0; n < desc[0]; n++) {
      for (int i = 0; i < desc[4]; i++) {
        for (int j = 0; j < desc[5]; j++) {
          sum += x(xv, n, i, j, p, s, channel(o, d)) * yv[output(n, i, j, o)];
        }
      }
    }
    return Math.abs(sum - wv[weight(p, s, d, o)]);
  }

  private double dataError(int q, float[] xv, float[] wv, float[] yv) {
    int n = pick(q, 7, desc[0]);
    int row = pick(q, 5, desc[1]);
    int col = pick(q, 11, desc[2]);
    int c = pick(q, 13, desc[3]);
    double sum = 0;
    for (int p = 0; p < desc[7]; p++) {
      for (int s = 0; s < desc[8]; s++) {
        long i = row + desc[13] - p;
        long j = col + desc[14] - s;
        if (i < 0 || j < 0 || i % desc[9] != 0 || j % desc[10] != 0) {
          continue;
        }
        i /= desc[9];
        j /= desc[10];
        for (int o = 0; i < desc[4] && j < desc[5] && o < desc[6]; o++) {
          int d = c - channel(o, 0);
          if (d >= 0 && d < perGroup()) {
            sum += yv[output(n, (int) i, (int) j, o)] * wv[weight(p, s, d, o)];
          }
        }
      }
    }
    int at = (int) (((n * desc[1] + row) * desc[2] + col) * desc[3] + c);
    return Math.abs(sum - xv[at]);
  }

  private double x(float[] xv, int n, int i, int j, int p, int s, int c) {
    long row = i * desc[9] + p - desc[13];
    long col = j * desc[10] + s - desc[14];
    boolean outside = row < 0 || col < 0 || row >= desc[1] || col >= desc[2];
    return outside ? 0 : xv[(int) (((n * desc[1] + row) * desc[2] + col) * desc[3] + c)];
  }

  private int perGroup() {
    return (int) (desc[3] / desc[15]);
  }

  private int channel(int o, int d) {
    return (int) (o / (desc[6] / desc[15])) * perGroup() + d;
  }

  private int weight(int p, int s, int d, int o) {
    return (int) (((p * desc[8] + s) * perGroup() + d) * desc[6] + o);
  }

  private int output(int n, int i, int j, int o) {
    return (int) (((n * desc[4] + i) * desc[5] + j) * desc[6] + o);
  }

  @Override
  public String note() {
    return "NHWC, weights packed in every call, into a given output";
  }

  @Override
  public void close() {
    x.close();
    w.close();
    y.close();
  }
}
