package dev.neurite.presets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.LoadEnabled;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP's parser how the native headers become {@code dev.neurite.natives.Abi}.
 *
 * <p>Headers are found by scanning, so that a new op needs no entry here: {@code neurite/core.h},
 * then each {@code ops/<op>/<op>.h}. Other headers of an op folder are internal and are not bound.
 */
@Properties(
    value =
        @Platform(
            value = {"linux", "macosx", "windows"},
            include = "neurite/core.h",
            link = "neurite#", // linked statically: nothing to look for at run time
            library = "jniNeurite",
            compiler = "cpp17"),
    target = "dev.neurite.natives",
    global = "dev.neurite.natives.Abi")
@NoException // every C function catches its own exceptions and returns a status
public class NativeConfig implements LoadEnabled, InfoMapper {
  private static final List<String> ARRAYS =
      List.of("float", "double", "int", "long", "byte", "short");
  private static final List<String> TEXTS =
      List.of("nrt_version", "nrt_build_info", "nrt_last_error", "nrt_isa_levels", "nrt_isa_note", "nrt_profile_text");

  /** Used by JavaCPP. */
  public NativeConfig() {}

  @Override
  public void init(ClassProperties properties) {
    for (String folder : List.copyOf(properties.get("platform.includepath"))) {
      Path ops = Path.of(folder, "ops");
      if (Files.isDirectory(ops)) {
        properties.addAll("platform.include", headers(ops));
      }
    }
  }

  private static List<String> headers(Path ops) {
    try (Stream<Path> folders = Files.list(ops)) {
      return folders
          .map(folder -> folder.resolve(folder.getFileName() + ".h"))
          .filter(Files::isRegularFile)
          .map(header -> "ops/" + header.getParent().getFileName() + "/" + header.getFileName())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + ops, e);
    }
  }

  @Override
  public void map(InfoMap map) {
    // Descriptors and tables: a Java array alone, so that no Pointer object is ever needed.
    map.put(
        new Info("int64_t", "const int64_t")
            .valueTypes("long")
            .pointerTypes("@Cast(\"const int64_t*\") long[]"));
    for (String name : TEXTS) {
      map.put(new Info(name).javaText("public static native String " + name + "();"));
    }
    map.put(
        new Info("nrt_ctx_isa")
            .javaText("public static native String nrt_ctx_isa(@Cast(\"nrt_ctx\") long ctx);"));
    map.put(
        new Info("nrt_ctx_open")
            .javaText(
                "public static native @Cast(\"nrt_ctx\") long nrt_ctx_open(int device_kind, "
                    + "int device_index, String isa, int threads);"));
    map.put(new Info("nrt_host_write").javaText(hostWrite()));
    map.put(new Info("nrt_host_read").javaText(hostRead()));
  }

  /** One overload per element type; the critical region spares a copy of the Java array. */
  private static String hostWrite() {
    StringBuilder text = new StringBuilder();
    for (String type : ARRAYS) {
      text.append("@CriticalRegion public static native int nrt_host_write(long dst, ")
          .append("@Cast(\"const void*\") ").append(type)
          .append("[] src, long src_offset_bytes, long bytes);\n");
    }
    return text.toString();
  }

  private static String hostRead() {
    StringBuilder text = new StringBuilder();
    for (String type : ARRAYS) {
      text.append("@CriticalRegion public static native int nrt_host_read(")
          .append("@Cast(\"void*\") ").append(type)
          .append("[] dst, long dst_offset_bytes, long src, long bytes);\n");
    }
    return text.toString();
  }
}
