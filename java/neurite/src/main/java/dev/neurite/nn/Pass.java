package dev.neurite.nn;

import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one run of a model is for: training or inference, where its random numbers come from, and
 * which inner tensors the caller wants to see. There is no mode switch on layers.
 *
 * <p>A pass belongs to one thread. Each layer draws from a stream of its own, derived from the seed
 * and the layer's path, so adding a layer does not change what another draws; calling a layer twice
 * in a pass draws on.
 *
 * <pre>{@code
 * Pass pass = Pass.inference().capturing("conv2d");
 * Tensor y = model.call(x, pass);
 * Tensor features = pass.captured("conv2d");
 * }</pre>
 */
public final class Pass {

  private static final long STEP_MIX = 0x9e3779b97f4a7c15L; // 2^64 / golden ratio: consecutive steps land far apart

  private final boolean training;
  private final boolean drops;
  private final long seed;
  private Map<String, RandomStream> streams;
  private Map<String, Tensor> captured;
  private Set<String> wanted = Set.of();
  private List<Output> outputs; // not null: everything is captured

  /**
   * What a layer gave in this pass.
   *
   * @param block the layer
   * @param value its (first) output
   */
  public record Output(Block block, Tensor value) {}

  private Pass(boolean training, boolean drops, long seed) {
    this.training = training;
    this.drops = drops;
    this.seed = seed;
  }

  /** A pass for training: dropout drops, batch normalisation uses the batch. */
  public static Pass training(long seed) {
    return new Pass(true, true, seed);
  }

  /**
   * A pass for one step of a training run: its random numbers depend on the run's seed and the step
   * only.
   */
  public static Pass training(long seed, long step) {
    return new Pass(true, true, seed + STEP_MIX * step);
  }

  /** A pass for inference. */
  public static Pass inference() {
    return new Pass(false, false, 0);
  }

  /**
   * A pass for inference in which dropout still drops and noise is still added (Monte Carlo dropout, Gal and Ghahramani
   * 2016): the spread of the answers over several seeds tells how sure the model is. Batch normalisation uses its
   * moving averages, as in inference.
   */
  public static Pass monteCarlo(long seed) {
    return new Pass(false, true, seed);
  }

  /** True when layers that drop or add noise do so: in training, and in {@link #monteCarlo}. */
  public boolean drops() {
    return drops;
  }

  /** True for training. */
  public boolean isTraining() {
    return training;
  }

  /** The seed of {@link #training(long)}; 0 for inference. */
  public long seed() {
    return seed;
  }

  /**
   * The stream of a layer.
   *
   * @param path the layer's {@code path()}
   */
  public RandomStream random(String path) {
    if (streams == null) {
      streams = new HashMap<>();
    }
    return streams.computeIfAbsent(path, p -> RandomStream.of(seed, p));
  }

  /**
   * Asks for the outputs of layers, by path; {@link #captured} has them after the call. Returns
   * this pass.
   */
  public Pass capturing(String... paths) {
    wanted = Set.of(paths);
    return this;
  }

  /** Asks for the outputs of all layers; {@link #outputs} has them after the call. Returns this pass. */
  public Pass capturingAll() {
    outputs = new ArrayList<>();
    return this;
  }

  /** What {@link #capturingAll} asked for, in the order the layers finished; a layer called twice appears twice. */
  public List<Output> outputs() {
    return outputs == null ? List.of() : Collections.unmodifiableList(outputs);
  }

  /** True when the caller asked for that name: a layer may then make what it would not store otherwise. */
  boolean wants(String name) {
    return wanted.contains(name);
  }

  /** Whether someone asked for outputs of layers: then each layer must give its own. */
  boolean captures() {
    return outputs != null || !wanted.isEmpty();
  }

  /** A layer has finished. */
  void finished(Block block, Tensor value) {
    if (wanted.contains(block.path())) {
      capture(block.path(), value);
    }
    if (outputs != null) {
      outputs.add(new Output(block, value));
      capture(block.path() + "#" + outputs.size(), value);
    }
  }

  /**
   * Hands a tensor made inside {@code forward} to the caller: it outlives the layers' scopes and
   * belongs to the scope around the outermost call.
   */
  public void capture(String name, Tensor t) {
    if (captured == null) {
      captured = new LinkedHashMap<>();
    }
    captured.put(name, t);
  }

  /**
   * A captured tensor.
   *
   * @throws IllegalArgumentException when nothing was captured under the name, listing what was
   */
  public Tensor captured(String name) {
    Tensor t = captured == null ? null : captured.get(name);
    if (t == null) {
      throw new IllegalArgumentException("Pass: expected a captured name, one of " + captured().keySet() + ", given "
          + name);
    }
    return t;
  }

  /** All captured tensors by name, in order. */
  public Map<String, Tensor> captured() {
    return captured == null ? Map.of() : Collections.unmodifiableMap(captured);
  }

  boolean holds(Tensor t) {
    return captured != null && captured.containsValue(t);
  }

  void keepCaptured(Scope scope) {
    if (captured != null) {
      captured.values().forEach(scope::keep);
    }
  }
}
