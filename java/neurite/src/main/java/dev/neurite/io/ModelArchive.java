package dev.neurite.io;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A model file: a zip of {@value #CONFIG} and {@value #WEIGHTS}. The configuration carries the
 * weights' SHA-256; both entries' checksums are compared. Names inside the zip are never used as
 * paths, and entries are capped by size. Other entries, such as those of a {@link Checkpoint}, are
 * ignored.
 *
 * @param config the configuration
 * @param weights the tensors; they belong to the scope open while reading
 */
public record ModelArchive(Map<String, Object> config, Map<String, Tensor> weights) {

  /** Name of the configuration's entry. */
  public static final String CONFIG = "config.json";

  /** Name of the weights' entry. */
  public static final String WEIGHTS = "weights.safetensors";

  static final String HASH = "weights_sha256";
  static final long MAX_CONFIG = 64 << 20;

  /**
   * Writes a file, completely or not at all. The key {@code weights_sha256} is added to the
   * configuration.
   */
  public static void write(Path file, Map<String, Object> config, Map<String, ? extends Tensor> weights) {
    Archive.write(
        file,
        Map.of(WEIGHTS, out -> Safetensors.write(out, weights, Map.of())),
        CONFIG,
        hashes -> {
          Map<String, Object> all = new LinkedHashMap<>(config);
          all.put(HASH, hashes.get(WEIGHTS));
          return Json.write(all, true);
        });
  }

  /**
   * Reads a file and checks all of it.
   *
   * @throws FormatException for a damaged file
   * @throws UncheckedIOException when it cannot be read
   */
  public static ModelArchive read(Path file) {
    return Archive.read(file, archive -> read(file.toString(), archive));
  }

  static ModelArchive read(String name, Archive archive) throws IOException {
    Map<String, Object> config = archive.object(CONFIG, MAX_CONFIG);
    if (!(config.remove(HASH) instanceof String expected)) {
      throw new FormatException(name + "!" + CONFIG, -1, "expected the key '" + HASH + "'");
    }
    archive.verify(WEIGHTS, expected);
    return new ModelArchive(config, archive.tensors(WEIGHTS).tensors());
  }
}
