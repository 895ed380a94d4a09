package dev.neurite.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Collects findings and puts causes before consequences: what was wrong before the first step comes first, then the
 * learning rate, then what happened to layers during training, then what shows in the errors.
 */
final class Findings {

  private record Ranked(double rank, Finding finding) {}

  private final List<Ranked> all = new ArrayList<>();

  void add(
      Finding.Kind kind, Finding.Severity severity, String layer, Map<String, Double> numbers, String explanation,
      String advice, boolean fromStart) {
    double rank = fromStart ? kind.ordinal() : Finding.Kind.LEARNING_RATE_TOO_LOW.ordinal() + 0.5;
    all.add(new Ranked(rank, new Finding(kind, severity, layer, numbers, explanation, advice)));
  }

  /** What shows in the run as a whole; its place is that of its kind. */
  void add(
      Finding.Kind kind, Finding.Severity severity, Map<String, Double> numbers, String explanation, String advice) {
    add(kind, severity, null, numbers, explanation, advice, true);
  }

  boolean has(Finding.Kind... kinds) {
    return all.stream().anyMatch(r -> List.of(kinds).contains(r.finding.kind()));
  }

  List<Finding> ordered() {
    return all.stream().sorted(Comparator.comparingDouble(Ranked::rank)).map(Ranked::finding).toList();
  }
}
