package dev.neurite.train;

import dev.neurite.error.FormatException;
import dev.neurite.io.Checkpoint;
import dev.neurite.metric.Metric;
import dev.neurite.nn.Loading;
import dev.neurite.nn.Model;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** A run as a checkpoint, and back. */
final class RunState {

  private static final String METERS = "meters";
  private static final String METRIC = "metric.";
  private static final String CALLBACK = "callback.";

  private final Map<String, Object> state;
  private final Map<String, ? extends Tensor> tensors;

  private RunState(Checkpoint checkpoint) {
    state = checkpoint.state();
    tensors = checkpoint.tensors();
  }

  // ---- writing

  static Checkpoint of(Run run, Trainer trainer, List<Callback> callbacks) {
    Model model = run.model();
    Map<String, Object> state = new LinkedHashMap<>();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    state.put("seed", run.seed());
    state.put("step", run.step());
    state.put("passes", trainer.passes());
    state.put("epochs", StateValues.written(run.history().epochs()));
    state.put("optimizer", run.optimizer().name());
    if (!run.settings().isEmpty()) {
      state.put("settings", run.settings());
    }
    if (run.optimizer().hasConstantRate()) {
      state.put("learning_rate", run.learningRate());
    }
    if (run.stopReason() != null && !run.isPaused()) {
      state.put("stop_reason", run.stopReason());
    }
    if (run.inEpoch()) {
      state.put("epoch", running(run));
      tensors.put(METERS, doubles(run.meters().state()));
      for (Metric m : trainer.metrics()) {
        tensors.put(METRIC + m.name(), doubles(m.state()));
      }
    }
    Map<String, Object> states = new LinkedHashMap<>();
    named(callbacks, (name, callback) -> {
      CallbackState s = callback.state();
      if (!s.isEmpty()) {
        states.put(name, StateValues.written(s.values()));
        s.tensors().forEach((key, t) -> tensors.put(CALLBACK + name + "." + key, t));
      }
    });
    state.put("callbacks", states);
    return new Checkpoint(
        structure(model), model.state(), run.optimizer().state(model.state()), state, tensors);
  }

  private static Map<String, Object> running(Run run) {
    Map<String, Object> epoch = new LinkedHashMap<>();
    epoch.put("batch", run.batch());
    epoch.put("batches", run.batches());
    epoch.put("examples", run.examples());
    epoch.put("seconds", run.epochSeconds());
    return epoch;
  }

  /** Layers nobody registered cannot be saved with their structure; going on needs the values alone. */
  private static Map<String, Object> structure(Model model) {
    try {
      return model.structure();
    } catch (IllegalStateException e) {
      Map<String, Object> bare = new LinkedHashMap<>();
      bare.put("format", "neurite-weights");
      bare.put("version", 1L);
      bare.put("reason", e.getMessage());
      return bare;
    }
  }

  private static Tensor doubles(double[] values) {
    return Tensor.of(values, Shape.of(values.length));
  }

  /** Callbacks by class, numbered where there are several of one. */
  private static void named(List<Callback> callbacks, BiConsumer<String, Callback> action) {
    Map<String, Integer> counts = new HashMap<>();
    for (Callback c : callbacks) {
      String type = c.getClass().getSimpleName();
      int number = counts.merge(type, 1, Integer::sum);
      action.accept(number == 1 ? type : type + "#" + number, c);
    }
  }

  // ---- reading

  /** A checkpoint; of a damaged one the newest other checkpoint of the folder is named. */
  static Checkpoint read(Path file) {
    try {
      return Checkpoint.read(file);
    } catch (FormatException e) {
      Path other = newestBeside(file);
      if (other == null) {
        throw e;
      }
      throw new FormatException(
          e.file(), e.offset(), e.reason() + "\n  the newest other checkpoint there is " + other, e);
    }
  }

  private static Path newestBeside(Path file) {
    try (Stream<Path> files = Files.list(file.toAbsolutePath().getParent())) {
      return files
          .filter(p -> p.toString().endsWith(".neurite") && !p.equals(file.toAbsolutePath()))
          .max(Comparator.comparing(p -> p.toFile().lastModified()))
          .orElse(null);
    } catch (IOException e) {
      return null; // the damaged file is what matters
    }
  }

  /** Weights, optimiser and counters as they were; throws before anything of the run changes when they do not fit. */
  static RunState apply(Checkpoint checkpoint, Run run, Trainer trainer) {
    RunState s = new RunState(checkpoint);
    Object rule = s.require("optimizer");
    if (!run.optimizer().name().equals(rule)) {
      throw new IllegalArgumentException(
          "resume: expected the optimiser of the checkpoint, " + rule + ", given " + run.optimizer().name());
    }
    run.model().load(checkpoint.weights(), Loading.STRICT);
    run.optimizer().load(run.model().state(), checkpoint.optimizer());
    if (s.state.get("learning_rate") != null) {
      run.optimizer().setLearningRate(StateValues.number(s.state.get("learning_rate")));
    }
    trainer.passes(s.whole("passes"));
    run.resumed(s.whole("seed"), s.whole("step"), StateValues.epochs(s.require("epochs")));
    if (s.state.get("stop_reason") instanceof String reason) {
      run.stop(reason);
    }
    return s;
  }

  private Object require(String key) {
    Object value = state.get(key);
    if (value == null) {
      throw new IllegalArgumentException("resume: expected the key '" + key + "' in the checkpoint's state");
    }
    return value;
  }

  private long whole(String key) {
    return whole(state, key);
  }

  private static long whole(Map<String, Object> values, String key) {
    if (values.get(key) instanceof Long n) {
      return n;
    }
    throw new IllegalArgumentException(
        "resume: expected a whole number '" + key + "' in the checkpoint's state, given " + values.get(key));
  }

  /** Tells the callbacks what they knew. */
  void restore(Run run, List<Callback> callbacks) {
    Map<String, Object> states = StateValues.map(require("callbacks"));
    named(callbacks, (name, callback) -> {
      if (states.get(name) != null) {
        Map<String, Tensor> own = new LinkedHashMap<>();
        String prefix = CALLBACK + name + ".";
        tensors.forEach((key, t) -> {
          if (key.startsWith(prefix)) {
            own.put(key.substring(prefix.length()), t);
          }
        });
        callback.restore(run, new CallbackState(StateValues.map(states.get(name)), own));
      }
    });
  }

  boolean inEpoch() {
    return state.get("epoch") != null;
  }

  /** Goes on in the running epoch; returns how many batches of it were taken. */
  long enterEpoch(Run run, Trainer trainer) {
    Map<String, Object> epoch = StateValues.map(require("epoch"));
    long batches = whole(epoch, "batches");
    if (batches != run.batches()) {
      throw new IllegalArgumentException(
          "resume: expected " + batches + " batches in an epoch as in the checkpoint, given " + run.batches()
              + "\n  use the same data and batch size, or a checkpoint made at the end of an epoch");
    }
    run.meters().restore(tensor(METERS));
    for (Metric m : trainer.metrics()) {
      m.restore(tensor(METRIC + m.name()));
    }
    long taken = whole(epoch, "batch");
    run.resumedBatches(taken, whole(epoch, "examples"), StateValues.number(epoch.get("seconds")));
    return taken;
  }

  private double[] tensor(String name) {
    Tensor t = tensors.get(name);
    if (t == null) {
      throw new IllegalArgumentException(
          "resume: expected '" + name + "' in the checkpoint, given " + tensors.keySet());
    }
    return t.toDoubles();
  }
}
