package dev.neurite.nn;

import dev.neurite.data.Dataset;
import dev.neurite.error.DTypeException;
import dev.neurite.error.FormatException;
import dev.neurite.error.NeuriteException;
import dev.neurite.error.ShapeException;
import dev.neurite.io.ModelArchive;
import dev.neurite.io.Safetensors;
import dev.neurite.loss.Loss;
import dev.neurite.metric.Metric;
import dev.neurite.ops.Current;
import dev.neurite.optim.Optimizer;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Checkups;
import dev.neurite.train.Diagnosis;
import dev.neurite.train.DiagnosisOptions;
import dev.neurite.train.Evaluation;
import dev.neurite.train.Fit;
import dev.neurite.train.History;
import dev.neurite.train.Trainer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * Inputs and the blocks behind them, built and ready: what is trained, evaluated, saved and served.
 * Three styles make the same thing:
 *
 * <pre>{@code
 * Model a = Model.sequential(Input.of(784), Dense.of(128).activation(Activation.RELU), Dense.of(10));
 *
 * Input in = Input.of(784);                                          // functional
 * Node h = Dense.of(128).activation(Activation.RELU).on(in);
 * Model b = Model.of(in, Dense.of(10).on(h));
 *
 * Model c = Model.of(Input.of(64), new Highway());                   // a network written as a layer
 * }</pre>
 *
 * <p>A model builds at construction, so a wrong shape fails there. It may be used as a block of
 * another model.
 *
 * <p>Any number of threads may call one model; training it is for one thread at a time. Its
 * parameters are freed by {@link #close()}, or once the model is unreachable.
 */
public final class Model extends Block implements AutoCloseable {

  private final Graph graph;
  private final ReentrantReadWriteLock inUse = new ReentrantReadWriteLock();
  private boolean closed;
  private volatile Trainer trainer;

  Model(String name, List<Input> inputs, List<Node> outputs, StartValues start) {
    if (name == null) {
      suggestName("model");
    } else {
      name(name);
    }
    graph = Graph.of(this, inputs, outputs, start);
    buildFor("", inputs.get(0).dtype(), start, graph.inputs().stream().map(Input::shape).toList());
  }

  // ---- making

  /**
   * Blocks in a row.
   *
   * @param input shape and type of what is fed in
   * @param blocks each reads the one before
   * @throws ShapeException when a block cannot take the shape before it
   */
  public static Model sequential(Input input, Block... blocks) {
    return chain(null, input, blocks);
  }

  /** Blocks in a row, as a model with a name. */
  public static Model sequential(String name, Input input, Block... blocks) {
    return chain(name, input, blocks);
  }

  private static Model chain(String name, Input input, Block... blocks) {
    Node node = input;
    for (Block block : blocks) {
      node = new Node(block, List.of(node), 0);
    }
    return new Model(name, List.of(input), List.of(node), StartValues.DRAWN);
  }

  /** A functional model with one input and one output. */
  public static Model of(Input input, Node output) {
    return of(List.of(input), List.of(output));
  }

  /** A functional model with several inputs. */
  public static Model of(List<Input> inputs, Node output) {
    return of(inputs, List.of(output));
  }

  /** A functional model with several inputs and outputs. */
  public static Model of(List<Input> inputs, List<Node> outputs) {
    return new Model(null, inputs, outputs, StartValues.DRAWN);
  }

  /** A functional model with a name. */
  public static Model of(String name, List<Input> inputs, List<Node> outputs) {
    return new Model(name, inputs, outputs, StartValues.DRAWN);
  }

  /** A network written as a layer. */
  public static Model of(Input input, Layer network) {
    return of(input, network.on(input));
  }

  // ---- running

  /** The output for inference; of a model with one input and one output. */
  public Tensor call(Tensor x) {
    return call(x, Pass.inference());
  }

  /**
   * The output of a model with one input and one output. Intermediate tensors are freed as soon as
   * their last reader has run (those a tape needs: once backward has used them).
   *
   * @param x {@code [batch, ...]} as {@link Input} says
   * @throws ShapeException for another shape
   * @throws DTypeException for another type
   * @throws IllegalStateException after {@link #close()}
   */
  public Tensor call(Tensor x, Pass pass) {
    if (graph.outputShapes().size() != 1) {
      throw new IllegalArgumentException(
          who() + ": it has " + graph.outputShapes().size() + " outputs; call it with a list of inputs");
    }
    return call(List.of(x), pass).get(0);
  }

  /** The outputs for a list of inputs. */
  public List<Tensor> call(List<Tensor> in, Pass pass) {
    return whileOpen(() -> {
      graph.check(who(), in);
      return graph.run(in, pass);
    });
  }

  /**
   * Runs something that uses the model's parameters; {@link #close()} from another thread waits for
   * it.
   *
   * @throws IllegalStateException after {@link #close()}
   */
  public <T> T whileOpen(Supplier<T> action) {
    inUse.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException(who() + ": it is closed");
      }
      return action.get();
    } finally {
      inUse.readLock().unlock();
    }
  }

  /**
   * Frees the parameters, once no thread is in the middle of a call. Closing twice is harmless.
   *
   * @throws IllegalStateException when called from inside a call of this model
   */
  @Override
  public void close() {
    if (inUse.getReadHoldCount() > 0) {
      throw new IllegalStateException(who() + ": it cannot be closed from inside its own call");
    }
    inUse.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        state().values().forEach(Param::close);
      }
    } finally {
      inUse.writeLock().unlock();
    }
  }

  /** True after {@link #close()}. */
  public boolean isClosed() {
    return closed;
  }

  // ---- training and use

  /**
   * Says what the model is trained with. May be called again, for a further training with other
   * means.
   *
   * @param optimizer changes the weights; belongs to one model at a time
   * @param loss what is made small
   * @param metrics what else is measured
   * @return this model
   * @throws IllegalArgumentException for a loss on logits behind a softmax or sigmoid
   */
  public Model compile(Optimizer optimizer, Loss loss, Metric... metrics) {
    String last = outputActivation().function();
    if (loss.expectsLogits() && (last.contains("softmax") || last.contains("sigmoid"))) {
      throw new IllegalArgumentException(
          who() + ": expected logits for " + loss.name() + ", given the output of " + last
              + "\n  leave the last activation out, or take the loss on probabilities");
    }
    trainer =
        new Trainer(
            this, optimizer, loss,
            Arrays.stream(metrics).map(m -> loss.expectsLogits() ? m.forLogits() : m).toList());
    return this;
  }

  /** What {@link #compile} made. @throws IllegalStateException before it */
  public Trainer trainer() {
    if (trainer == null) {
      throw new IllegalStateException(who() + ": compile(optimizer, loss, metrics...) comes before training");
    }
    return trainer;
  }

  /** Trains on a data set, in its batches and its order; see {@link Trainer#fit}. */
  public History fit(Dataset data, Fit how) {
    return trainer().fit(data, how);
  }

  /** Trains on tensors, shuffled in every epoch unless {@code Fit.shuffle(false)}. */
  public History fit(Tensor x, Tensor y, Fit how) {
    return trainer().fit(Dataset.of(x, y), how.shuffle() == null ? how.shuffle(true) : how);
  }

  /** Measures loss and metrics; see {@link Trainer#evaluate}. */
  public Evaluation evaluate(Dataset data) {
    return trainer().evaluate(data);
  }

  /** Measures loss and metrics on tensors. */
  public Evaluation evaluate(Tensor x, Tensor y) {
    return evaluate(Dataset.of(x, y));
  }

  /** Looks for what is wrong with the model as it is now: see {@link dev.neurite.train.Diagnosis}. */
  public Diagnosis diagnose(Dataset training, Dataset validation, DiagnosisOptions options) {
    return Checkups.diagnose(this, training, validation, options);
  }

  /** {@link #diagnose(Dataset, Dataset, DiagnosisOptions)} with the standard options. */
  public Diagnosis diagnose(Dataset training, Dataset validation) {
    return diagnose(training, validation, DiagnosisOptions.standard());
  }

  /**
   * The output for many examples, computed in batches; only the result is left. Any number of
   * threads may predict at a time.
   *
   * @param x [n, *]; no examples give an empty result
   */
  public Tensor predict(Tensor x) {
    return Trainer.predict(this, Dataset.of(x).batch(Trainer.PREDICT_BATCH));
  }

  /** The output for the examples of a data set, in its batches and order; targets are ignored. */
  public Tensor predict(Dataset data) {
    return Trainer.predict(this, data);
  }

  /** The output for one batch, in one pass. */
  public Tensor predictBatch(Tensor x) {
    return call(x, Pass.inference());
  }

  // ---- as a block of another model

  @Override
  Activation outputActivation() {
    List<Graph.Step> steps = graph.steps();
    return steps.isEmpty() ? Activation.LINEAR : steps.get(steps.size() - 1).block().outputActivation();
  }

  /** This model, with one input, applied to a node of another. */
  public Node on(Node input) {
    return new Node(this, List.of(input), 0);
  }

  /** This model applied to nodes of another: a node per output. */
  public List<Node> on(List<Node> inputs) {
    return Node.outputs(this, inputs, graph.outputShapes().size());
  }

  @Override
  List<Shape> buildShapes(List<Shape> in) {
    if (in.size() != graph.inputs().size()) {
      throw new IllegalArgumentException(
          who() + ": expected " + graph.inputs().size() + " inputs, given " + in.size());
    }
    for (int i = 0; i < in.size(); i++) {
      Shape expected = graph.inputs().get(i).shape();
      if (!expected.matches(in.get(i))) {
        throw new ShapeException(
            who() + ": expected input '" + graph.inputs().get(i).name() + "' " + expected + ", given " + in.get(i));
      }
    }
    return graph.outputShapes();
  }

  @Override
  List<Tensor> run(List<Tensor> in, Pass pass) {
    Current current = Current.get();
    String outerModels = current.models;
    String outerLayer = current.layer;
    current.models = outerModels + (outerLayer == null ? "" : outerLayer + ".") + name() + ".";
    current.layer = null;
    try {
      return call(in, pass);
    } catch (NeuriteException e) {
      e.leaving(name());
      throw e;
    } finally {
      current.models = outerModels;
      current.layer = outerLayer;
    }
  }

  @Override
  DType parameterType(DType input) {
    return graph.outputTypes().get(0);
  }

  @Override
  long multiplyAdds(List<Shape> in, List<Shape> out) {
    long sum = 0;
    for (Graph.Step step : graph.steps()) {
      sum += step.block().multiplyAdds(step.inputShapes(), step.outputShapes());
    }
    return sum;
  }

  // ---- files

  /**
   * Writes structure and values to a {@code .neurite} file (a zip of {@code config.json} and {@code
   * weights.safetensors}), completely or not at all.
   *
   * @throws IllegalStateException when a layer's type is not known to {@link Layers}; {@link
   *     #saveWeights} needs no types
   * @throws java.io.UncheckedIOException when the file cannot be written; an old one stays as it
   *     was
   */
  public void save(Path file) {
    whileOpen(() -> {
      ModelArchive.write(file, ModelConfig.write(this), state());
      return null;
    });
  }

  /** The structure as plain JSON values, as in a file's {@code config.json}; throws where {@link #save} does. */
  public Map<String, Object> structure() {
    return ModelConfig.write(this);
  }

  /**
   * Reads a file {@link #save} wrote. No code in it is ever run; layers of one's own must be
   * registered with {@link Layers#register} before.
   *
   * @throws FormatException when the file is damaged, or names a layer nobody registered
   * @throws java.io.UncheckedIOException when it cannot be read
   */
  public static Model load(Path file) {
    try (Scope scope = Scope.open()) {
      ModelArchive archive = ModelArchive.read(file);
      long elements = archive.weights().values().stream().mapToLong(Tensor::size).sum();
      Model model = null;
      try {
        model = ModelConfig.read(archive.config(), elements);
        model.load(archive.weights(), Loading.STRICT);
        return model;
      } catch (IllegalArgumentException | ArithmeticException | ShapeException | DTypeException e) {
        if (model != null) {
          model.close();
        }
        throw new FormatException(file + "!" + ModelArchive.CONFIG, -1, e.getMessage(), e);
      }
    }
  }

  /** Writes the values alone, as a safetensors file with dotted paths as names. */
  public void saveWeights(Path file) {
    whileOpen(() -> {
      Safetensors.write(file, state(), Map.of());
      return null;
    });
  }

  /**
   * Reads values from a safetensors file into this model, all or none.
   *
   * @throws FormatException for a damaged file
   * @throws ShapeException listing every entry that does not fit
   */
  public void loadWeights(Path file, Loading how) {
    whileOpen(() -> {
      try (Scope scope = Scope.open()) {
        load(Safetensors.read(file).tensors(), how);
      }
      return null;
    });
  }

  /** {@link #loadWeights(Path, Loading)} with {@link Loading#STRICT}. */
  public void loadWeights(Path file) {
    loadWeights(file, Loading.STRICT);
  }

  // ---- what it is

  /** The inputs, in order. */
  public List<Input> inputs() {
    return graph.inputs();
  }

  /**
   * A part by its local name.
   *
   * @throws IllegalArgumentException when there is none, listing the names
   */
  public Block block(String name) {
    Block block = children().get(name);
    if (block == null) {
      throw new IllegalArgumentException(who() + ": expected one of " + children().keySet() + ", given " + name);
    }
    return block;
  }

  @Override
  public Model trainable(boolean on) {
    super.trainable(on);
    return this;
  }

  Graph graph() {
    return graph;
  }

  /** Number of values in parameters and buffers. */
  public long parameterCount() {
    return state().values().stream().mapToLong(Tensor::size).sum();
  }

  /**
   * A table: every block with type, name, output shape, number of parameters and multiply-adds of
   * one sample; then the totals. A block used twice counts its parameters once.
   */
  public String summary() {
    return Summary.of(this);
  }

  /**
   * The sum of the regularisers' penalties, to be added to the data loss; empty when no parameter
   * has one. The gradient flows through it like through any tensor.
   */
  public Optional<Tensor> regularization() {
    Map<Param, Regularizer> penalties = ParamRules.penalties(this);
    if (penalties.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        Scope.run(() -> {
          Tensor sum = null;
          for (Map.Entry<Param, Regularizer> e : penalties.entrySet()) {
            Tensor penalty = e.getValue().penalty(e.getKey());
            sum = sum == null ? penalty : sum.add(penalty);
          }
          return sum;
        }));
  }

  /** {@code Model 'mnist' [-1, 28, 28, 1] -> [-1, 10], 101,770 parameters}. */
  @Override
  public String toString() {
    List<String> in = inputShapes().stream().map(Shape::toString).toList();
    List<String> out = outputShapes().stream().map(Shape::toString).toList();
    return String.format(
        Locale.ROOT, "%s %s -> %s, %,d parameters", who(), String.join(", ", in), String.join(", ", out),
        parameterCount());
  }
}
