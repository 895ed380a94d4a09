package dev.neurite.golden;

import dev.neurite.error.FormatException;
import dev.neurite.io.Safetensors;
import dev.neurite.tensor.Scope;
import java.nio.file.Path;
import java.util.Map;

/** files: safetensors, sound and damaged. */
final class TensorFileGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("file/safetensors", TensorFileGolden::read);
    h.put("file/safetensors_error", TensorFileGolden::refuse);
  }

  private static Path file(GoldenRun run) {
    return Path.of(System.getProperty("neurite.golden")).resolve(run.c().text("file", ""));
  }

  private static void read(GoldenRun run) {
    try (Scope scope = Scope.open()) {
      Safetensors found = Safetensors.read(file(run));
      Object metadata = run.c().attrs().get("metadata");
      if (!found.metadata().equals(metadata == null ? Map.of() : metadata)) {
        throw new AssertionError("expected metadata " + metadata + ", got " + found.metadata());
      }
      run.c().tensors("outputs").forEach((name, want) -> run.expect(name, found.tensors().get(name), want));
    }
  }

  private static void refuse(GoldenRun run) {
    try (Scope scope = Scope.open()) {
      Safetensors.read(file(run));
    } catch (FormatException e) {
      return;
    }
    throw new AssertionError("expected the file to be refused");
  }
}
