package dev.neurite.bench.peer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.neurite.Neurite;
import dev.neurite.tensor.Scope;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads {@code RUN seconds minReps maxSeconds case-line} and {@code QUIT} on standard input and answers each run with
 * one line of JSON behind an {@code @}. Anything else goes to standard error. {@code PEERS_THREADS} sets the threads,
 * {@code PEERS_PRECISION} how float32 products are computed.
 */
public final class PeerProcess {

  private static final double NANOS = 1e9;
  /** Shorter calls are timed in groups of about this many nanoseconds, so that reading the clock does not count. */
  private static final double GROUP = 100_000;
  private static final double LEAST_WARM_UP_SECONDS = 0.1;
  private static final double SLOW_SECONDS = 2;
  private static final int KEPT_SAMPLES = 301;

  private final PrintStream answers;

  private PeerProcess(PrintStream answers) {
    this.answers = answers;
  }

  /** Starts the process. */
  public static void main(String[] args) throws IOException {
    PrintStream answers = System.out;
    System.setOut(System.err);
    String threads = System.getenv().getOrDefault("PEERS_THREADS", "2");
    Neurite.threads(Integer.parseInt(threads));
    Neurite.seed(1);
    Precision.fromEnvironment();
    new PeerProcess(answers).serve();
  }

  private void serve() throws IOException {
    answer(json -> {
      json.writeStringField("peer", "neurite");
      json.writeStringField("version", Neurite.version());
      json.writeStringField("note", Neurite.isa() + ", " + Precision.describe() + ", " + Neurite.buildInfo());
      json.writeBooleanField("ready", true);
    });
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null && !line.equals("QUIT"); line = in.readLine()) {
      String[] words = line.split(" ", 5);
      if (words[0].equals("RUN") && words.length == 5) {
        run(
            CaseLine.parse(words[4]), Double.parseDouble(words[1]), Integer.parseInt(words[2]),
            Double.parseDouble(words[3]));
      }
    }
  }

  private void run(CaseLine c, double seconds, int minReps, double maxSeconds) throws IOException {
    try (Scope scope = Scope.open(); Work work = Cases.make(c)) {
      long begin = System.nanoTime();
      work.run();
      double first = (System.nanoTime() - begin) / NANOS;
      String checked = work.check();
      double one = warmUp(work, first, Math.max(LEAST_WARM_UP_SECONDS, seconds / 2));
      int inner = (int) Math.max(1, GROUP / (one * NANOS));
      double[] samples = sample(work, inner, seconds, minReps, maxSeconds);
      report(c, work, checked, inner, samples);
    } catch (Work.Skip e) {
      answer(json -> {
        json.writeStringField("case", c.name());
        json.writeStringField("skip", e.getMessage());
      });
    } catch (RuntimeException | AssertionError | LinkageError e) {
      e.printStackTrace();
      answer(json -> {
        json.writeStringField("case", c.name());
        json.writeStringField("error", String.valueOf(e));
      });
    }
  }

  /** Runs at least once more (unless one call is slow) and for the given time; returns the seconds of one call. */
  private static double warmUp(Work work, double first, double seconds) {
    if (first > SLOW_SECONDS) {
      return first;
    }
    long start = System.nanoTime();
    int n = 0;
    double spent;
    do {
      work.run();
      n++;
      spent = (System.nanoTime() - start) / NANOS;
    } while (spent < seconds);
    return spent / n;
  }

  private static double[] sample(Work work, int inner, double seconds, int minReps, double maxSeconds) {
    double[] samples = new double[1024];
    int n = 0;
    long start = System.nanoTime();
    double spent = 0;
    while ((spent < seconds || n < minReps) && spent < maxSeconds || n == 0) {
      long begin = System.nanoTime();
      for (int i = 0; i < inner; i++) {
        work.run();
      }
      long end = System.nanoTime();
      if (n == samples.length) {
        samples = Arrays.copyOf(samples, 2 * n);
      }
      samples[n++] = (end - begin) / (double) inner;
      spent = (end - start) / NANOS;
    }
    double[] sorted = Arrays.copyOf(samples, n);
    Arrays.sort(sorted);
    return sorted;
  }

  private void report(CaseLine c, Work work, String checked, int inner, double[] samples) throws IOException {
    answer(json -> {
      json.writeStringField("case", c.name());
      json.writeNumberField("inner", inner);
      json.writeNumberField("reps", samples.length);
      json.writeStringField("note", work.note());
      json.writeStringField("check", checked);
      json.writeNumberField("rss_kb", residentKilobytes());
      json.writeArrayFieldStart("samples");
      int kept = Math.min(samples.length, KEPT_SAMPLES);
      for (int i = 0; i < kept; i++) {
        int at = kept == 1 ? 0 : (int) ((long) i * (samples.length - 1) / (kept - 1));
        json.writeNumber(Math.round(samples[at]));
      }
      json.writeEndArray();
    });
  }

  /** What Linux says is resident; -1 elsewhere. */
  private static long residentKilobytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.exists(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
    }
    return -1;
  }

  private interface Fields {
    void write(JsonGenerator json) throws IOException;
  }

  private void answer(Fields fields) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    }
    answers.println("@" + text);
    answers.flush();
  }
}
