package dev.neurite.platform;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Runs the JDK's jdeps over the built classes: an arrow between packages that DESIGN 3 lacks fails. */
class DependencyDirectionsTest {
  /** Lowest first; a package may use the layers below its own. "" is dev.neurite itself. */
  private static final List<Set<String>> LAYERS =
      List.of(
          Set.of("presets", "natives", "error"),
          Set.of("", "tensor", "autograd", "ops"),
          Set.of("init", "regularizer"), // below nn: layers take both as options
          Set.of("nn"),
          Set.of("loss", "metric", "optim"),
          Set.of("io"), // DESIGN draws these five as one layer; in use they have an order (CONTRIBUTING, decision 15)
          Set.of("data"),
          Set.of("audio", "text", "vision"),
          Set.of("train"),
          Set.of("data.csv", "data.image", "plot"),
          Set.of("cli"));

  /** One layer, but its packages belong together. */
  private static final Set<String> CORE = LAYERS.get(1);

  /** The binding extends the class it was generated from; losses serve as metrics too. */
  private static final Set<String> SIDEWAYS = Set.of("natives -> presets", "metric -> loss");

  /** DESIGN 8 puts compile, fit and save on Model: it alone reaches up, to hand over to train and io. */
  private static final String FRONT_DOOR = "dev.neurite.nn.Model";

  @Test
  void packagesUseOnlyTheLayersBelowThem() throws IOException {
    Set<String> wrong = new TreeSet<>();
    int arrows = 0;
    for (String[] arrow : arrows()) {
      arrows++;
      boolean frontDoor =
          arrow[0].split("\\$")[0].equals(FRONT_DOOR)
              && layer(packageOf(arrow[1])) <= layer("train");
      if (!frontDoor && !allowed(packageOf(arrow[0]), packageOf(arrow[1]))) {
        wrong.add(arrow[0] + " -> " + arrow[1]);
      }
    }
    assertTrue(arrows > 100, "jdeps found only " + arrows + " arrows");
    assertEquals("", String.join("\n", wrong));
  }

  private static boolean allowed(String from, String to) {
    if (from.equals(to) || CORE.contains(from) && CORE.contains(to)) {
      return true;
    }
    return layer(to) < layer(from) || SIDEWAYS.contains(from + " -> " + to);
  }

  private static int layer(String name) {
    for (int i = 0; i < LAYERS.size(); i++) {
      if (LAYERS.get(i).contains(name)) {
        return i;
      }
    }
    throw new AssertionError("package dev.neurite." + name + " has no layer in this test");
  }

  private static String packageOf(String type) {
    String name = type.substring(0, type.lastIndexOf('.'));
    return name.equals("dev.neurite") ? "" : name.substring("dev.neurite.".length());
  }

  /** Pairs of our own classes, user first. */
  private static List<String[]> arrows() throws IOException {
    List<String> command = new ArrayList<>(List.of("-verbose:class", "-filter:none"));
    try (Stream<Path> modules = Files.list(Path.of(".."))) {
      modules
          .map(module -> module.resolve("target").resolve("classes"))
          .filter(Files::isDirectory)
          .map(Path::toString)
          .sorted()
          .forEach(command::add);
    }
    ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(text, true, UTF_8);
    assertEquals(0, jdeps.run(out, out, command.toArray(String[]::new)), () -> text.toString(UTF_8));

    Pattern line = Pattern.compile("^ +(dev\\.neurite\\.\\S+) +-> +(dev\\.neurite\\.\\S+) .*$");
    return text.toString(UTF_8).lines()
        .map(line::matcher)
        .filter(Matcher::matches)
        .map(match -> new String[] {match.group(1), match.group(2)})
        .toList();
  }
}
