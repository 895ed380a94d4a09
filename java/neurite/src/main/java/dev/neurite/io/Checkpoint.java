package dev.neurite.io;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A model file with what a training needs to go on: {@value #OPTIMIZER} (what the optimiser remembers), {@value #STATE}
 * (step, epoch, seed, data position, history, callbacks) and {@value #TENSORS} (tensors of metrics and callbacks). It
 * is a model file too: {@code Model.load} reads it and ignores the rest.
 *
 * <p>The configuration carries the SHA-256 of every other entry under {@code checkpoint_sha256}.
 *
 * @param config the model's configuration
 * @param weights the model's tensors
 * @param optimizer the optimiser's tensors
 * @param state plain JSON values
 * @param tensors other tensors; all tensors belong to the scope open while reading
 */
public record Checkpoint(
    Map<String, Object> config,
    Map<String, ? extends Tensor> weights,
    Map<String, ? extends Tensor> optimizer,
    Map<String, Object> state,
    Map<String, ? extends Tensor> tensors) {

  /** Name of the optimiser's entry. */
  public static final String OPTIMIZER = "optimizer.safetensors";

  /** Name of the entry of plain values. */
  public static final String STATE = "state.json";

  /** Name of the entry of other tensors. */
  public static final String TENSORS = "state.safetensors";

  /** Format of {@value #STATE} this version writes, and the newest it reads. */
  public static final long VERSION = 1;

  private static final String VERSION_KEY = "version";
  private static final String HASHES = "checkpoint_sha256";
  private static final long MAX_STATE = 256 << 20;

  /**
   * Writes a file, completely or not at all.
   *
   * @throws UncheckedIOException naming the path and the cause; an old file stays as it was
   */
  public void write(Path file) {
    Map<String, Object> numbered = new LinkedHashMap<>();
    numbered.put(VERSION_KEY, VERSION);
    numbered.putAll(state);
    byte[] text = Json.write(numbered, true);
    Map<String, AtomicFile.Contents> entries = new LinkedHashMap<>();
    entries.put(ModelArchive.WEIGHTS, out -> Safetensors.write(out, weights, Map.of()));
    entries.put(OPTIMIZER, out -> Safetensors.write(out, optimizer, Map.of()));
    entries.put(TENSORS, out -> Safetensors.write(out, tensors, Map.of()));
    entries.put(STATE, out -> out.write(text));
    Archive.write(
        file, entries, ModelArchive.CONFIG,
        hashes -> {
          Map<String, Object> all = new LinkedHashMap<>(config);
          all.put(ModelArchive.HASH, hashes.remove(ModelArchive.WEIGHTS));
          all.put(HASHES, hashes);
          return Json.write(all, true);
        });
  }

  /**
   * Reads a file and checks all of it.
   *
   * @throws FormatException for a damaged file, one without a training's state, and one a newer version wrote
   * @throws UncheckedIOException when it cannot be read
   */
  public static Checkpoint read(Path file) {
    return Archive.read(file, archive -> read(file.toString(), archive));
  }

  private static Checkpoint read(String name, Archive archive) throws IOException {
    if (archive.has(ModelArchive.CONFIG) && !archive.has(STATE)) {
      throw new FormatException(
          name, -1, "expected a checkpoint with an entry " + STATE + ", given a model file without a training's state");
    }
    Map<String, Object> config = archive.object(ModelArchive.CONFIG, ModelArchive.MAX_CONFIG);
    Map<?, ?> hashes = config.get(HASHES) instanceof Map<?, ?> m ? m : Map.of();
    for (String entry : new String[] {STATE, OPTIMIZER, TENSORS}) {
      if (!(hashes.get(entry) instanceof String expected)) {
        throw new FormatException(
            name + "!" + ModelArchive.CONFIG, -1, "expected the key '" + entry + "' in '" + HASHES + "'");
      }
      archive.verify(entry, expected);
    }
    Map<String, Object> state = archive.object(STATE, MAX_STATE);
    if (!(state.remove(VERSION_KEY) instanceof Long version) || version < 1) {
      throw new FormatException(name + "!" + STATE, -1, "expected a number 'version' from 1");
    }
    if (version > VERSION) {
      throw new FormatException(
          name + "!" + STATE, -1,
          "version: expected at most " + VERSION + ", given " + version + "; a newer Neurite wrote this file");
    }
    ModelArchive model = ModelArchive.read(name, archive);
    model.config().remove(HASHES);
    Map<String, Tensor> optimizer = archive.tensors(OPTIMIZER).tensors();
    return new Checkpoint(model.config(), model.weights(), optimizer, state, archive.tensors(TENSORS).tensors());
  }
}
