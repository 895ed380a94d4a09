package dev.neurite.golden;

import java.util.Map;

/** A group of handlers, by op name. */
@FunctionalInterface
public interface GoldenTopic {

  /** Adds its handlers. */
  void register(Map<String, GoldenHandler> handlers);
}
