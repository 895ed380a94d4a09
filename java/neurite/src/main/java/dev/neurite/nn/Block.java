package dev.neurite.nn;

import dev.neurite.error.DTypeException;
import dev.neurite.error.NeuriteException;
import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.regularizer.Constraint;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What models are made of: a {@link Layer} (one tensor in, one out), a {@link MultiLayer} (lists),
 * or a whole {@link Model}.
 *
 * <p>A block owns named parameters, buffers (values that are saved but not trained) and child
 * blocks, registered in order with {@code param}, {@code buffer} and {@code child}; its state is
 * addressed by dotted paths such as {@code encoder.dense.kernel}. It is built once, for the shapes
 * of its first use; from then on its options are fixed. The same block used in two places shares
 * its weights.
 *
 * <p>A built block is immutable during inference, so threads may share it.
 */
public abstract sealed class Block permits Layer, MultiLayer, Model {

  private final Map<String, Param> params = new LinkedHashMap<>();
  private final Map<String, Param> buffers = new LinkedHashMap<>();
  private final Map<String, Block> children = new LinkedHashMap<>();
  final ParamRules rules = new ParamRules();
  private String name;
  private boolean nameGiven;
  private String path;
  private boolean trainable = true;
  private volatile boolean built;
  private boolean building;
  private StartValues startValues = StartValues.DRAWN;
  private DType dtype = DType.FLOAT32;
  private List<Shape> inputShapes = List.of();
  private List<Shape> outputShapes = List.of();

  Block() {}

  // ---- names

  /**
   * Local name: the one given, or the one the first owner chose ({@code dense}, {@code dense_1});
   * null before that.
   */
  public final String name() {
    return name;
  }

  /**
   * Gives the block a name.
   *
   * @param name letters, digits, {@code _} and {@code -}
   * @return this block
   * @throws IllegalStateException once the block is built
   * @throws IllegalArgumentException for an empty name or other characters (a dot separates path
   *     elements)
   */
  public Block name(String name) {
    requireUnbuilt();
    this.name = checkedName(name);
    nameGiven = true;
    return this;
  }

  static String checkedName(String name) {
    if (!name.matches("[\\p{L}\\p{N}_-]{1,100}")) {
      throw new IllegalArgumentException(
          "name: expected 1 to 100 letters, digits, '_' or '-', given '" + name + "'");
    }
    return name;
  }

  final boolean nameGiven() {
    return nameGiven;
  }

  final void suggestName(String name) {
    this.name = name;
  }

  /**
   * For a block without state that stands in many places: a preferred name, and no first build to
   * wait for.
   */
  final void standAlone(String name, boolean given) {
    this.name = name;
    nameGiven = given;
    path = name;
    built = true;
  }

  /**
   * Dotted path under which the block was built first; its local name when it has no owner; null
   * before building.
   */
  public final String path() {
    return path;
  }

  /** Type and path, as messages begin: {@code Dense 'head.fc2'}. */
  protected final String who() {
    String shown = path != null && !path.isEmpty() ? path : name;
    return shown == null ? typeName() : typeName() + " '" + shown + "'";
  }

  /** Simple class name, {@code Layer} for anonymous ones. */
  String typeName() {
    String simple = getClass().getSimpleName();
    return simple.isEmpty() ? "Layer" : simple;
  }

  // ---- registering, for subclasses

  /**
   * Creates (at the first build) a parameter.
   *
   * @param name its name within this block, {@code kernel}
   * @param shape its shape
   * @param initializer draws the start values, from the stream of the parameter's path
   * @throws ShapeException when a later build with another input asks for another shape
   */
  protected final Param param(String name, Shape shape, Initializer initializer) {
    return register(params, name, shape, initializer, true);
  }

  /**
   * Creates a parameter with a penalty that {@link Model#regularization()} reports.
   *
   * @param regularizer the penalty, or null for none
   */
  protected final Param param(String name, Shape shape, Initializer initializer, Regularizer regularizer) {
    Param p = param(name, shape, initializer);
    rules.regularize(name, p, regularizer);
    return p;
  }

  /**
   * Creates (at the first build) values that are saved with the model but not trained, such as
   * moving averages.
   */
  protected final Param buffer(String name, Shape shape, Initializer initializer) {
    return register(buffers, name, shape, initializer, false);
  }

  private Param register(Map<String, Param> where, String name, Shape shape, Initializer init, boolean train) {
    if (!building) {
      throw new IllegalStateException(who() + ": parameters and buffers are created inside build(...)");
    }
    checkedName(name);
    Param known = where.get(name);
    if (known != null) {
      if (!known.shape().equals(shape)) {
        throw new ShapeException(
            who() + ": built with " + name + " " + known.shape() + ", a second input needs " + shape
                + "\n  built for input " + inputShapes);
      }
      return known;
    }
    if (params.containsKey(name) || buffers.containsKey(name) || children.containsKey(name)) {
      throw new IllegalArgumentException(who() + ": expected different names, given '" + name + "' twice");
    }
    String full = path.isEmpty() ? name : path + "." + name;
    Param p = startValues.param(who(), full, shape, dtype, init);
    p.trainable(train && trainable);
    rules.apply(name, p);
    where.put(name, p);
    return p;
  }

  /**
   * Registers a part of this block; once per name, in a field initialiser or inside {@code build}.
   *
   * @return the part (on a further build: the one registered first)
   */
  protected final <B extends Block> B child(String name, B block) {
    Objects.requireNonNull(block, "block");
    checkedName(name);
    Block known = children.get(name);
    if (known != null) {
      if (!building || known.getClass() != block.getClass()) {
        throw new IllegalArgumentException(who() + ": expected different names, given '" + name + "' twice");
      }
      @SuppressWarnings("unchecked")
      B first = (B) known;
      return first;
    }
    if (block == this || params.containsKey(name) || buffers.containsKey(name)) {
      throw new IllegalArgumentException(
          who() + ": expected another block under a name of its own, given '" + name + "'");
    }
    adopt(name, block);
    return block;
  }

  final void adopt(String localName, Block block) {
    if (block.name == null) {
      block.name = localName;
    }
    if (!trainable) {
      block.trainable(false);
    }
    children.put(localName, block);
  }

  /**
   * Builds a registered layer for an input shape, inside this block's own {@code build}.
   *
   * @return the layer's output shape
   */
  protected final Shape buildChild(Layer layer, Shape in) {
    return buildChild((Block) layer, List.of(in)).get(0);
  }

  /**
   * Builds any registered block, inside this block's own {@code build}; returns its output shapes.
   */
  protected final List<Shape> buildChild(Block block, List<Shape> in) {
    if (!building) {
      throw new IllegalStateException(who() + ": children are built inside build(...)");
    }
    for (Map.Entry<String, Block> e : children.entrySet()) {
      if (e.getValue() == block) {
        return block.buildFor(path.isEmpty() ? e.getKey() : path + "." + e.getKey(), dtype, startValues, in);
      }
    }
    throw new IllegalStateException(who() + ": register the block with child(name, block) before building it");
  }

  // ---- building

  /**
   * Output shapes for the given input shapes; creates the parameters at the first call, checks them
   * at further ones.
   */
  abstract List<Shape> buildShapes(List<Shape> in);

  /** Runs the block; adds its name to the path of exceptions. */
  abstract List<Tensor> run(List<Tensor> in, Pass pass);

  /** The function the output has passed last, as far as the block knows. */
  Activation outputActivation() {
    return Activation.LINEAR;
  }

  /** The function the output has passed last, as far as the block knows; linear where it knows none. */
  public final Activation finalActivation() {
    return outputActivation();
  }

  /** Multiply-adds of one sample for the given shapes, children included. */
  abstract long multiplyAdds(List<Shape> in, List<Shape> out);

  final long partsMultiplyAdds() {
    long sum = 0;
    for (Block part : children.values()) {
      if (part.built && !part.inputShapes.isEmpty()) {
        sum += part.multiplyAdds(part.inputShapes, part.outputShapes);
      }
    }
    return sum;
  }

  final synchronized List<Shape> buildFor(String path, DType inputType, StartValues start, List<Shape> in) {
    boolean first = !built;
    if (first) {
      this.path = path;
      startValues = start;
      dtype = parameterType(inputType);
      if (name == null) {
        name = path.substring(path.lastIndexOf('.') + 1);
      }
    }
    if (building) {
      throw new IllegalStateException(who() + ": it is a part of itself");
    }
    building = true;
    try {
      requireType(inputType);
      List<Shape> out = List.copyOf(buildShapes(in));
      if (first) {
        inputShapes = List.copyOf(in);
        outputShapes = out;
        built = true;
      }
      return out;
    } catch (NeuriteException e) {
      e.leaving(name);
      throw e;
    } finally {
      building = false;
      if (first && !built) {
        abandon();
      }
    }
  }

  private void requireType(DType inputType) {
    if (!params.isEmpty() && parameterType(inputType) != dtype) {
      throw new DTypeException(who() + ": built for " + dtype + ", a second input has " + inputType);
    }
  }

  /** Frees what a failed first build has made, so that the block is as before. */
  private void abandon() {
    params.values().forEach(Param::close);
    buffers.values().forEach(Param::close);
    params.clear();
    buffers.clear();
    rules.forget();
  }

  /** Builds a block nobody owns, at its first call. */
  final void buildBare(List<Tensor> in) {
    synchronized (this) {
      if (built) {
        return;
      }
      List<Shape> shapes = new ArrayList<>(in.size());
      for (Tensor t : in) {
        shapes.add(t.rank() == 0 ? t.shape() : t.shape().freeBatch());
      }
      String bare = nameGiven || name != null ? name : BareNames.next(Names.ofType(typeName()));
      buildFor(bare, in.isEmpty() ? DType.FLOAT32 : in.get(0).dtype(), StartValues.DRAWN, shapes);
    }
  }

  /** Type of the parameters for an input type: the same if it is floating, else float32. */
  DType parameterType(DType input) {
    return input.isDifferentiable() ? input : DType.FLOAT32;
  }

  /** True once the parameters exist and the options are fixed. */
  public final boolean isBuilt() {
    return built;
  }

  /** To be called by option setters. @throws IllegalStateException once the block is built */
  protected final void requireUnbuilt() {
    if (built) {
      throw new IllegalStateException(
          who() + ": options are fixed once the block is built; set them right after of(...)");
    }
  }

  /**
   * Type of the parameters, fixed at the first build: that of the input, float32 for inputs of
   * integers.
   */
  public final DType dtype() {
    return dtype;
  }

  /** Input shapes of the first build, -1 for the batch axis; empty before. */
  public final List<Shape> inputShapes() {
    return inputShapes;
  }

  /** Output shapes of the first build; empty before. */
  public final List<Shape> outputShapes() {
    return outputShapes;
  }

  // ---- state

  /** Parts by local name, in order. */
  public final Map<String, Block> children() {
    return Collections.unmodifiableMap(children);
  }

  /** Own parameters by local name, without those of the parts. */
  public final Map<String, Param> ownParams() {
    return Collections.unmodifiableMap(params);
  }

  /** Own buffers by local name. */
  public final Map<String, Param> ownBuffers() {
    return Collections.unmodifiableMap(buffers);
  }

  /**
   * All parameters and buffers by dotted path, in order of registration; shared blocks appear once.
   */
  public final Map<String, Param> state() {
    Map<String, Param> all = new LinkedHashMap<>();
    visit("", (prefix, block) -> {
      block.params.forEach((n, p) -> all.put(prefix + n, p));
      block.buffers.forEach((n, p) -> all.put(prefix + n, p));
    });
    return all;
  }

  /** All parameters (not buffers), frozen ones included. */
  public final List<Param> params() {
    List<Param> all = new ArrayList<>();
    visit("", (prefix, block) -> all.addAll(block.params.values()));
    return all;
  }

  /** The parameters training may change, as of now. */
  public final List<Param> trainableParams() {
    return params().stream().filter(Param::trainable).toList();
  }

  /** What is done at each block of a tree. */
  interface Visitor {
    void at(String prefix, Block block);
  }

  final void visit(String prefix, Visitor visitor) {
    visit(prefix, visitor, Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  private void visit(String prefix, Visitor visitor, Set<Block> seen) {
    if (seen.add(this)) {
      visitor.at(prefix, this);
      children.forEach((n, b) -> b.visit(prefix + n + ".", visitor, seen));
    }
  }

  /**
   * Copies values into parameters and buffers by path, all or none.
   *
   * @param values paths as in {@link #state()}
   * @throws ShapeException listing everything missing, unexpected, mis-shaped and of another type
   *     together; nothing is changed then
   * @throws IllegalStateException before the block is built
   */
  public final void load(Map<String, ? extends Tensor> values, Loading how) {
    if (!built) {
      throw new IllegalStateException(who() + ": it has no parameters before it is built; call it once");
    }
    StateLoading.load(who(), state(), values, how);
  }

  // ---- freezing

  /** False when the block was frozen. */
  public final boolean trainable() {
    return trainable;
  }

  /**
   * Freezes (false) or unfreezes the block with all its parts. Frozen parameters get no gradient; a
   * frozen {@code BatchNorm} uses its moving averages.
   *
   * @return this block
   */
  public Block trainable(boolean on) {
    trainable = on;
    params.values().forEach(p -> p.trainable(on));
    children.values().forEach(b -> b.trainable(on));
    return this;
  }

  /**
   * Projects a parameter of this block after every optimiser step, such as {@code constrain("kernel",
   * Constraints.maxNorm(3))}.
   *
   * @return this block
   */
  public Block constrain(String param, Constraint constraint) {
    rules.constrain(checkedName(param), Objects.requireNonNull(constraint, "constraint"), params.get(param));
    return this;
  }

  /** Multiplies the learning rate of this block and its parts with a factor; default 1. @return this block */
  public Block learningRate(double factor) {
    rules.learningRate(factor);
    params.forEach((n, p) -> rules.apply(n, p));
    children.values().forEach(b -> b.learningRate(factor));
    return this;
  }

  // ---- saving

  /**
   * The options, as a record whose component names become the keys of the model file. Layers that
   * can be saved override it; see {@link Layers#register}.
   */
  public Record config() {
    throw new IllegalStateException(
        who() + ": it cannot be saved with its structure, as it has no config()"
            + "\n  override config() and register the type with Layers.register, or use saveWeights");
  }
}
