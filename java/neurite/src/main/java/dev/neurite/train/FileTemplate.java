package dev.neurite.train;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** File names with values in braces, as Keras has them: {@code weights-{epoch:02d}-{val_loss:.2f}.neurite}. */
final class FileTemplate {

  private static final Pattern FIELD = Pattern.compile("\\{([\\w-]+)(?::(0?\\d*)(?:\\.(\\d+))?([dfeg%]?))?\\}");

  private final String who;
  private final String text;
  private final Path folder; // of a name without fields; null: the current one

  FileTemplate(String who, Path file) {
    this.who = who;
    text = file.getFileName().toString();
    folder = file.getParent();
  }

  Path at(Run run, Map<String, Double> values) {
    Matcher m = FIELD.matcher(text);
    StringBuilder name = new StringBuilder();
    while (m.find()) {
      m.appendReplacement(name, Matcher.quoteReplacement(field(m, run, values)));
    }
    m.appendTail(name);
    return folder == null ? Path.of(name.toString()) : folder.resolve(name.toString());
  }

  private String field(Matcher m, Run run, Map<String, Double> values) {
    double value = switch (m.group(1)) {
      case "epoch" -> run.epoch();
      case "batch" -> run.batch();
      case "step" -> run.step();
      default -> {
        Double measured = values.get(m.group(1));
        if (measured == null) {
          throw new IllegalArgumentException(
              who + ": expected epoch, batch, step or one of " + values.keySet() + " in '" + text + "', given '"
                  + m.group(1) + "'");
        }
        yield measured;
      }
    };
    String kind = m.group(4) == null ? "" : m.group(4);
    String width = m.group(2) == null ? "" : m.group(2);
    boolean whole = kind.equals("d") || kind.isEmpty() && m.group(3) == null && value == Math.rint(value);
    if (whole) {
      return String.format(Locale.ROOT, "%" + width + "d", (long) value);
    }
    String places = m.group(3) == null ? "6" : m.group(3);
    if (kind.equals("%")) {
      return String.format(Locale.ROOT, "%" + width + "." + places + "f%%", 100 * value);
    }
    return String.format(Locale.ROOT, "%" + width + "." + places + (kind.isEmpty() ? "f" : kind), value);
  }
}
