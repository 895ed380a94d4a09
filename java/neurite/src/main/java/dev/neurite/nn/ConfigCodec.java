package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.init.Orthogonal;
import dev.neurite.init.VarianceScaling;
import dev.neurite.regularizer.Constraint;
import dev.neurite.regularizer.Constraints;
import dev.neurite.regularizer.L1;
import dev.neurite.regularizer.L1L2;
import dev.neurite.regularizer.L2;
import dev.neurite.regularizer.ProximalL1;
import dev.neurite.regularizer.Regularizer;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Option records to trees of plain values and back, by component name. Which record stands behind a
 * text is looked up in closed lists.
 */
final class ConfigCodec {

  private static final String TYPE = "type";

  /** Records that may stand for an interface. */
  private static final Map<Class<?>, List<Class<? extends Record>>> VARIANTS =
      Map.of(
          Initializer.class,
          List.of(
              Initializers.Constant.class, Initializers.Uniform.class, Initializers.Normal.class,
              Initializers.Identity.class, Orthogonal.class, VarianceScaling.class, Custom.class),
          Regularizer.class, List.of(L1.class, L2.class, L1L2.class, ProximalL1.class),
          Constraint.class,
          List.of(
              Constraints.MaxNorm.class, Constraints.UnitNorm.class, Constraints.MinMaxNorm.class,
              Constraints.NonNegative.class),
          Padding.class, List.of(Padding.Explicit.class, Padding.Volume.class));

  private ConfigCodec() {}

  /**
   * Stands for an initialiser written as a lambda: its values are in the file, it itself cannot be.
   */
  record Custom() implements Initializer {
    @Override
    public dev.neurite.tensor.Tensor create(
        dev.neurite.tensor.Shape shape, dev.neurite.tensor.DType dtype, dev.neurite.tensor.RandomStream random) {
      throw new IllegalStateException("this initialiser was a function of the program that saved the model");
    }
  }

  // ---- to plain values

  static Map<String, Object> encode(Record record) {
    Map<String, Object> tree = new LinkedHashMap<>();
    for (RecordComponent c : record.getClass().getRecordComponents()) {
      tree.put(c.getName(), value(c, get(record, c)));
    }
    return tree;
  }

  private static Object get(Record record, RecordComponent c) {
    try {
      c.getAccessor().trySetAccessible();
      return c.getAccessor().invoke(record);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException(
          "model file: cannot read " + record.getClass().getName() + "; make the record public", e);
    }
  }

  private static Object value(RecordComponent component, Object v) {
    if (v == null || v instanceof Boolean || v instanceof String || v instanceof Long || v instanceof Integer) {
      return v;
    }
    if (Block.class.isAssignableFrom(component.getType()) && component.getType() != Activation.class) {
      return NestedLayer.encode((Block) v);
    }
    if (component.getType().isRecord()) {
      return encode((Record) v);
    }
    if (v instanceof Number n) {
      double d = n.doubleValue();
      return Double.isFinite(d) ? (Object) d : Double.toString(d);
    }
    if (v instanceof Enum<?> e) {
      return e.name();
    }
    if (v instanceof Activation a) {
      return encode(a.config());
    }
    if (v instanceof List<?> list) {
      List<Object> out = new ArrayList<>();
      list.forEach(e -> out.add(value(component, e)));
      return out;
    }
    if (isVariant(v)) {
      return tagged((Record) v);
    }
    if (v instanceof Initializer) {
      return new LinkedHashMap<>(Map.of(TYPE, Custom.class.getSimpleName()));
    }
    throw new IllegalStateException(
        "model file: cannot save the option '" + component.getName() + "', a " + v.getClass().getName()
            + " that exists in this program only");
  }

  /** Whether the value is a record that may stand for an interface. */
  static boolean isVariant(Object v) {
    return VARIANTS.values().stream().anyMatch(variants -> variants.contains(v.getClass()));
  }

  /** A record with its type beside the components. */
  static Map<String, Object> tagged(Record v) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put(TYPE, v.getClass().getSimpleName());
    tree.putAll(encode(v));
    return tree;
  }

  // ---- from plain values

  /**
   * Makes a record.
   *
   * @param where path of the tree in its file, for messages
   * @throws IllegalArgumentException for unknown or missing keys, wrong types, and values the
   *     record refuses
   */
  static <R extends Record> R decode(String where, Map<?, ?> tree, Class<R> type) {
    RecordComponent[] components = type.getRecordComponents();
    List<String> names = Arrays.stream(components).map(RecordComponent::getName).toList();
    for (Object key : tree.keySet()) {
      if (!names.contains(key)) {
        throw new IllegalArgumentException(where + ": unknown key '" + key + "', expected " + names);
      }
    }
    Object[] values = new Object[components.length];
    Class<?>[] types = new Class<?>[components.length];
    for (int i = 0; i < components.length; i++) {
      RecordComponent c = components[i];
      if (!tree.containsKey(c.getName())) {
        throw new IllegalArgumentException(where + ": missing key '" + c.getName() + "', expected " + names);
      }
      types[i] = c.getType();
      values[i] = typed(where + "." + c.getName(), tree.get(c.getName()), c.getType(), c.getGenericType());
    }
    try {
      Constructor<R> constructor = type.getDeclaredConstructor(types);
      constructor.trySetAccessible();
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(where + ": " + e.getCause().getMessage(), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "model file: cannot make a " + type.getName() + "; make the record public", e);
    }
  }

  private static Object typed(String where, Object v, Class<?> type, Type generic) {
    if (type == long.class && v instanceof Long n) {
      return n;
    }
    if (type == int.class && v instanceof Long n && n == n.intValue()) {
      return n.intValue();
    }
    if (type == double.class) {
      return number(where, v);
    }
    if (type == boolean.class && v instanceof Boolean b) {
      return b;
    }
    if (type == String.class && v instanceof String s) {
      return s;
    }
    if (v == null && !type.isPrimitive()) {
      if (type == Regularizer.class) {
        return null;
      }
      throw new IllegalArgumentException(where + ": expected a value, given null");
    }
    if (type.isEnum()) {
      return constant(where, v, type);
    }
    if (type == List.class && v instanceof List<?> list) {
      Class<?> element = (Class<?>) ((ParameterizedType) generic).getActualTypeArguments()[0];
      Class<?> plain = element == Long.class ? long.class : element == Double.class ? double.class : element;
      List<Object> out = new ArrayList<>();
      list.forEach(e -> out.add(typed(where, e, plain, plain)));
      return List.copyOf(out);
    }
    if (type == Activation.class && v instanceof Map<?, ?> map) {
      return activation(where, decode(where, map, Activation.Config.class));
    }
    if (Block.class.isAssignableFrom(type) && v instanceof Map<?, ?> map) {
      return NestedLayer.decode(where, map, type.asSubclass(Block.class));
    }
    if (type.isRecord() && v instanceof Map<?, ?> map) {
      return decode(where, map, type.asSubclass(Record.class));
    }
    if (type == Padding.class && v instanceof String) {
      return constant(where, v, Padding.Automatic.class);
    }
    if (VARIANTS.containsKey(type) && v instanceof Map<?, ?> map) {
      return variant(where, map, type);
    }
    throw new IllegalArgumentException(
        where + ": expected " + type.getSimpleName().toLowerCase(java.util.Locale.ROOT) + ", given " + v);
  }

  private static Activation activation(String where, Activation.Config config) {
    try {
      return Activation.from(config);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
    }
  }

  private static double number(String where, Object v) {
    if (v instanceof Number n) {
      return n.doubleValue();
    }
    if ("Infinity".equals(v)) {
      return Double.POSITIVE_INFINITY;
    }
    if ("-Infinity".equals(v)) {
      return Double.NEGATIVE_INFINITY;
    }
    throw new IllegalArgumentException(where + ": expected a number, given " + v);
  }

  private static Object constant(String where, Object v, Class<?> type) {
    for (Object c : type.getEnumConstants()) {
      if (((Enum<?>) c).name().equals(v)) {
        return c;
      }
    }
    throw new IllegalArgumentException(
        where + ": expected one of " + Arrays.toString(type.getEnumConstants()) + ", given " + v);
  }

  static Object variant(String where, Map<?, ?> map, Class<?> type) {
    List<Class<? extends Record>> variants = VARIANTS.get(type);
    for (Class<? extends Record> variant : variants) {
      if (variant.getSimpleName().equals(map.get(TYPE))) {
        Map<Object, Object> rest = new LinkedHashMap<>(map);
        rest.remove(TYPE);
        return decode(where, rest, variant);
      }
    }
    throw new IllegalArgumentException(
        where + ": expected a type among " + variants.stream().map(Class::getSimpleName).toList() + ", given "
            + map.get(TYPE));
  }
}
