package dev.neurite.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A folder of native/ops without a contract test fails the build. */
class EveryOpHasAContractTest {

  /** In-place steps over a table of addresses have no tensor result; their contract is the optimizers' tests. */
  private static final List<String> STEPS = List.of("optim");

  @Test
  void eachNativeFolderHasATestOfItsName() throws Exception {
    Path ops = Path.of("../../native/ops");
    assertTrue(Files.isDirectory(ops), "run in the module's folder; no " + ops.toAbsolutePath());
    List<String> missing = new ArrayList<>();
    try (Stream<Path> folders = Files.list(ops)) {
      for (Path folder : folders.filter(Files::isDirectory).toList()) {
        String name = folder.getFileName().toString();
        if (!STEPS.contains(name) && !has(name)) {
          missing.add(name);
        }
      }
    }
    assertEquals(List.of(), missing);
  }

  private static boolean has(String folder) throws ReflectiveOperationException {
    StringBuilder name = new StringBuilder("dev.neurite.ops.");
    for (String part : folder.split("_")) {
      name.append(Character.toUpperCase(part.charAt(0))).append(part.substring(1));
    }
    try {
      Object test = Class.forName(name + "Test").getDeclaredConstructor().newInstance();
      return test instanceof OpContract contract && contract.folder().equals(folder);
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
