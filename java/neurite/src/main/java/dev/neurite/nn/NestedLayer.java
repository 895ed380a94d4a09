package dev.neurite.nn;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A layer that is an option of another one (a wrapper's), as model files have it. */
final class NestedLayer {

  private NestedLayer() {}

  static Map<String, Object> encode(Block layer) {
    Layers.Kind kind = Layers.of(layer);
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("type", kind.name());
    tree.put("name", layer.nameGiven() ? layer.name() : "");
    tree.put("config", Layers.options(layer, kind));
    return tree;
  }

  /**
   * Makes the layer.
   *
   * @param type what the option must be: {@link Layer}, or a kind of layers
   */
  static Block decode(String where, Map<?, ?> tree, Class<? extends Block> type) {
    if (!tree.keySet().equals(new java.util.HashSet<>(List.of("type", "name", "config")))
        || !(tree.get("type") instanceof String kindName)
        || !(tree.get("name") instanceof String name)
        || !(tree.get("config") instanceof Map<?, ?> options)) {
      throw new IllegalArgumentException(
          where + ": expected a layer with type, name and config, given " + tree.keySet());
    }
    Layers.Kind kind = Layers.find(kindName);
    if (kind == null || !type.isAssignableFrom(kind.type())) {
      throw new IllegalArgumentException(
          where + ": expected a " + type.getSimpleName() + " among " + Layers.names() + ", given " + kindName);
    }
    Record config = kind.config() == null ? null : ConfigCodec.decode(where + ".config", options, kind.config());
    Block block = kind.factory().apply(config);
    return name.isEmpty() ? block : block.name(name);
  }
}
