package dev.neurite.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One training step of a small net, written out number by number; see {@link Explain}.
 *
 * @param rows what happens to each example
 * @param changes what happens to each weight and bias
 * @param loss name of the loss
 * @param rule how the weights change
 * @param lossBefore loss before the step, over all examples
 * @param lossAfter loss after it
 * @param later what further steps come to, or null
 */
public record Explanation(
    List<Row> rows, List<Change> changes, String loss, String rule, double lossBefore, double lossAfter, Later later) {

  /** Copies the lists. */
  public Explanation {
    rows = List.copyOf(rows);
    changes = List.copyOf(changes);
  }

  /**
   * One example on its way through the net.
   *
   * @param inputs {@code name = value} of each input
   * @param units the units, from the first hidden one to the outputs
   * @param targets what should come out
   */
  public record Row(List<String> inputs, List<Unit> units, List<Double> targets) {

    /** Copies the lists. */
    public Row {
      inputs = List.copyOf(inputs);
      units = List.copyOf(units);
      targets = List.copyOf(targets);
    }
  }

  /**
   * One unit for one example.
   *
   * @param name its name
   * @param formula the sum that makes its net input, with numbers
   * @param netInput {@code in = sum of weight * input + bias}
   * @param output {@code out = activation(in)}
   * @param delta error term {@code dE/d in}; books that add the step instead of subtracting it call {@code -delta} Err
   */
  public record Unit(String name, String formula, double netInput, double output, double delta) {

    /** {@code -delta}. */
    public double err() {
      return -delta;
    }
  }

  /**
   * One weight or bias.
   *
   * @param name its name
   * @param before value before the step
   * @param gradient {@code dE/d w}, summed over the examples
   * @param after value after the step; equal for a fixed bias
   * @param note {@code fixed}, or what is shared; empty else
   */
  public record Change(String name, double before, double gradient, double after, String note) {}

  /**
   * The state after more steps.
   *
   * @param steps steps made in all
   * @param loss loss then
   * @param outputs outputs then, one example after the other
   * @param values weights and biases then, in the order of the changes
   */
  public record Later(long steps, double loss, List<Double> outputs, List<Double> values) {

    /** Copies the lists. */
    public Later {
      outputs = List.copyOf(outputs);
      values = List.copyOf(values);
    }
  }

  /**
   * The change of a weight or bias.
   *
   * @throws IllegalArgumentException when there is none of that name, listing the names
   */
  public Change change(String name) {
    return changes.stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow(
        () -> new IllegalArgumentException(
            "Explanation: expected one of " + changes.stream().map(Change::name).toList() + ", given " + name));
  }

  /** A unit of an example. @throws IllegalArgumentException when there is none of that name */
  public Unit unit(int row, String name) {
    return rows.get(row).units().stream().filter(u -> u.name().equals(name)).findFirst().orElseThrow(
        () -> new IllegalArgumentException(
            "Explanation: expected one of " + rows.get(row).units().stream().map(Unit::name).toList() + ", given "
                + name));
  }

  /** Nine decimals; six significant digits below 0.0001. */
  static String digits(double value) {
    return value != 0 && Math.abs(value) < 1e-4
        ? String.format(Locale.ROOT, "%.5e", value)
        : String.format(Locale.ROOT, "%.9f", value);
  }

  /** The tables of the text and of the page: a title, a head, and rows of cells. */
  record Table(String title, List<String> head, List<List<String>> rows) {}

  List<Table> tables() {
    List<Table> tables = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      String which = rows.size() == 1 ? "" : " of example " + (i + 1);
      List<List<String>> cells = new ArrayList<>();
      for (Unit u : row.units()) {
        cells.add(
            List.of(
                u.name(), u.formula(), digits(u.netInput()), digits(u.output()), digits(u.delta()), digits(u.err())));
      }
      tables.add(
          new Table(
              "Forward and backward pass" + which + ": " + String.join(", ", row.inputs()) + ", target "
                  + String.join(", ", row.targets().stream().map(Explanation::brief).toList()),
              List.of("unit", "net input as a sum", "net input", "output", "delta = dE/din", "Err = -delta"), cells));
    }
    List<List<String>> cells = new ArrayList<>();
    for (Change c : changes) {
      cells.add(List.of(c.name(), digits(c.before()), digits(c.gradient()), digits(c.after()), c.note()));
    }
    tables.add(new Table("Update: " + rule, List.of("weight", "old value", "dE/dw", "new value", ""), cells));
    return tables;
  }

  static String brief(double value) {
    String text = String.format(Locale.ROOT, "%.9f", value);
    return text.replaceAll("0+$", "").replaceAll("\\.$", "");
  }

  List<String> sentences() {
    List<String> all = new ArrayList<>();
    all.add("Loss (" + loss + ") before the step: " + digits(lossBefore));
    all.add("Loss after the step: " + digits(lossAfter));
    if (later != null) {
      all.add("Loss after " + later.steps() + " steps: " + digits(later.loss()));
      all.add("Outputs then: " + String.join(", ", later.outputs().stream().map(Explanation::digits).toList()));
      List<String> values = new ArrayList<>();
      for (int i = 0; i < changes.size(); i++) {
        values.add(changes.get(i).name() + " = " + digits(later.values().get(i)));
      }
      all.add("Weights then: " + String.join(", ", values));
    }
    return all;
  }

  /** The step as text, in tables. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Table table : tables()) {
      text.append(table.title()).append('\n');
      append(text, table);
      text.append('\n');
    }
    sentences().forEach(s -> text.append(s).append('\n'));
    return text.toString();
  }

  private static void append(StringBuilder text, Table table) {
    int columns = table.head().size();
    int[] width = new int[columns];
    List<List<String>> lines = new ArrayList<>();
    lines.add(table.head());
    lines.addAll(table.rows());
    for (List<String> line : lines) {
      for (int c = 0; c < columns; c++) {
        width[c] = Math.max(width[c], line.get(c).length());
      }
    }
    for (List<String> line : lines) {
      StringBuilder row = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        String cell = line.get(c);
        String gap = " ".repeat(width[c] - cell.length());
        boolean number = cell.matches("-?[0-9][-+.0-9e]*");
        row.append("  ").append(number ? gap + cell : cell + gap);
      }
      text.append(row.toString().stripTrailing()).append('\n');
    }
  }

  /** The step as an HTML page without scripts or outside parts. */
  public String toHtml(String title) {
    StringBuilder page = new StringBuilder();
    page.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    page.append(DiagnosisPage.safe(title)).append("</title>\n<style>\n");
    page.append("body{font:15px/1.5 system-ui,sans-serif;max-width:64em;margin:2em auto;padding:0 1em;color:#222}\n");
    page.append("table{border-collapse:collapse;margin-bottom:1.5em} th{background:#f0f4f8}\n");
    page.append("td,th{border:1px solid #ccd;padding:.2em .7em;text-align:right;font-variant-numeric:tabular-nums}\n");
    page.append("td:first-child,th:first-child,td.sum{text-align:left} h2{font-size:1.05em}\n");
    page.append("</style></head><body>\n<h1>").append(DiagnosisPage.safe(title)).append("</h1>\n");
    for (Table table : tables()) {
      page.append("<h2>").append(DiagnosisPage.safe(table.title())).append("</h2>\n<table><tr>");
      table.head().forEach(h -> page.append("<th>").append(DiagnosisPage.safe(h)).append("</th>"));
      page.append("</tr>\n");
      for (List<String> row : table.rows()) {
        page.append("<tr>");
        for (String cell : row) {
          page.append(cell.contains("*") ? "<td class=\"sum\">" : "<td>");
          page.append(DiagnosisPage.safe(cell)).append("</td>");
        }
        page.append("</tr>\n");
      }
      page.append("</table>\n");
    }
    sentences().forEach(s -> page.append("<p>").append(DiagnosisPage.safe(s)).append("</p>\n"));
    return page.append("</body></html>\n").toString();
  }
}
