package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every public layer of the library stands in a case of some {@link LayerContract}. */
class EveryLayerHasAContractTest {

  /** Built by hand in tests of their own, for the reason given. */
  private static final Set<String> ELSEWHERE =
      Set.of(
          "EmbeddingBag", // its two integer inputs have no common batch axis; DropoutLayersTest
          "Lambda"); // a function cannot be saved; MergeLayersTest

  private static List<Class<?>> classes(Class<?> beside) throws IOException, URISyntaxException {
    Path root = Path.of(beside.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path folder = root.resolve("dev/neurite/nn");
    List<Class<?>> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted(Comparator.naturalOrder()).toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".class") && !name.contains("$") && !name.equals("package-info.class")) {
          all.add(load("dev.neurite.nn." + name.replace(".class", "")));
        }
      }
    }
    return all;
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, EveryLayerHasAContractTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void everyLayerStandsInACase() throws Exception {
    Set<String> covered = new TreeSet<>(ELSEWHERE);
    for (Class<?> test : classes(EveryLayerHasAContractTest.class)) {
      if (LayerContract.class.isAssignableFrom(test) && !Modifier.isAbstract(test.getModifiers())) {
        Constructor<?> constructor = test.getDeclaredConstructor();
        constructor.setAccessible(true);
        for (LayerContract.Case c : ((LayerContract) constructor.newInstance()).cases()) {
          covered.add(c.make.get().getClass().getSimpleName());
        }
      }
    }
    List<String> missing = new ArrayList<>();
    for (Class<?> layer : classes(Layer.class)) {
      boolean isLayer = Layer.class.isAssignableFrom(layer) || MultiLayer.class.isAssignableFrom(layer);
      if (isLayer && Modifier.isPublic(layer.getModifiers()) && !Modifier.isAbstract(layer.getModifiers())
          && !covered.contains(layer.getSimpleName())) {
        missing.add(layer.getSimpleName());
      }
    }
    assertEquals(List.of(), missing, "layers without a case in a LayerContract");
  }
}
