package dev.neurite.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.io.Json;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchTest {

  @TempDir Path folder;

  private static SearchSpace space() {
    return SearchSpace.empty()
        .uniform("u", -1, 3)
        .integers("i", 2, 4)
        .logIntegers("units", 8, 128)
        .choice("kind", "a", "b")
        .logUniform("rate", 1e-3, 1e-1);
  }

  @Test
  void drawsStayInTheirRangesAndReachTheEnds() {
    List<Long> integers = new ArrayList<>();
    List<String> kinds = new ArrayList<>();
    SearchResult all = Search.over(space()).seed(5).random(200, trial -> {
      double u = trial.number("u");
      assertTrue(u >= -1 && u < 3);
      assertTrue(trial.count("units") >= 8 && trial.count("units") <= 128);
      assertTrue(trial.number("rate") >= 1e-3 && trial.number("rate") <= 1e-1);
      integers.add((long) trial.count("i"));
      kinds.add(trial.text("kind"));
      return u;
    });

    assertEquals(0, all.trials().stream().filter(t -> !t.succeeded()).count(), all.trials().get(0).toString());
    for (long i = 2; i <= 4; i++) {
      assertTrue(Collections.frequency(integers, i) > 40, integers.toString());
    }
    assertTrue(Collections.frequency(kinds, "a") > 70 && Collections.frequency(kinds, "b") > 70);
    assertEquals(all.trials().stream().mapToDouble(SearchResult.Tried::score).min().orElseThrow(), all.best().score());
  }

  @Test
  void theSeedRepeatsEverythingAndEachTrialHasItsOwn() {
    Search.Objective drawsAWeight = trial -> {
      try (Model model = Model.sequential(Input.of(3), Dense.of(2))) {
        // A bare block is named by a counter of the trial's own.
        Tensor bare = Dense.of(2).call(Tensor.ones(Shape.of(1, 3), DType.FLOAT32));
        return model.params().get(0).toFloats()[0] + bare.toFloats()[0];
      }
    };
    Neurite.seed(1);
    List<Double> first = scores(Search.over(space()).seed(7).random(6, drawsAWeight));
    Neurite.seed(2);
    assertEquals(first, scores(Search.over(space()).seed(7).random(6, drawsAWeight)));
    assertEquals(first, scores(Search.over(space()).seed(7).parallel(3).random(6, drawsAWeight)));
    assertEquals(6, first.stream().distinct().count());
    assertFalse(first.equals(scores(Search.over(space()).seed(8).random(6, drawsAWeight))));
    assertEquals(2, Neurite.seed(), "the caller's seed is as before");
  }

  private static List<Double> scores(SearchResult r) {
    return r.trials().stream().map(SearchResult.Tried::score).toList();
  }

  @Test
  void successiveHalvingGivesTheBestTheLargestBudget() {
    SearchResult r = Search.over(SearchSpace.empty().uniform("x", 0, 1)).seed(1).successiveHalving(
        9, 1, 3, trial -> Math.abs(trial.number("x") - 0.3) / trial.budget());

    assertEquals(9 + 3 + 1, r.trials().size());
    assertEquals(9, r.best().trial().budget());
    int nearest = r.trials().stream().limit(9)
        .min(java.util.Comparator.comparingDouble(SearchResult.Tried::score)).orElseThrow().trial().number();
    assertEquals(nearest, r.best().trial().number());
  }

  @Test
  void recordsGoToJsonAndCsvWithTheFailedTrials() throws IOException {
    SearchResult r = Search.over(space()).seed(3).random(4, trial -> {
      if (trial.number() == 1) {
        throw new IOException("no \"data\", sorry");
      }
      return trial.number() == 2 ? Double.NaN : 1.0 + trial.number();
    });
    r.save(folder.resolve("trials.json"));
    r.save(folder.resolve("trials.csv"));

    List<?> read = (List<?>) Json.read("trials.json", Files.readAllBytes(folder.resolve("trials.json")));
    Map<?, ?> failed = (Map<?, ?>) read.get(1);
    assertEquals("IOException: no \"data\", sorry", failed.get("failure"));
    assertEquals(r.trials().get(1).trial().seed(), failed.get("seed"));
    assertEquals(r.trials().get(0).trial().values().get("rate"), ((Map<?, ?>) ((Map<?, ?>) read.get(0)).get("values"))
        .get("rate"));
    List<String> lines = Files.readAllLines(folder.resolve("trials.csv"), StandardCharsets.UTF_8);
    assertEquals("trial,seed,budget,u,i,units,kind,rate,score,failure,seconds", lines.get(0));
    assertTrue(lines.get(2).contains("\"IOException: no \"\"data\"\", sorry\""), lines.get(2));
    assertEquals(0, r.best().trial().number());
    SearchResult none = Search.over(space()).random(2, trial -> {
      throw new IllegalStateException("x");
    });
    assertTrue(assertThrows(IllegalStateException.class, none::best).getMessage().contains("IllegalStateException: x"));
  }

  @Test
  void wrongArgumentsAreNamed() {
    assertThrows(IllegalArgumentException.class, () -> space().uniform("u", 0, 1));
    assertThrows(IllegalArgumentException.class, () -> space().logUniform("v", 0, 1));
    assertThrows(IllegalArgumentException.class, () -> space().oneMinusLog("v", 0.9, 1));
    assertThrows(IllegalArgumentException.class, () -> Search.over(space()).parallel(0));
    assertThrows(IllegalArgumentException.class, () -> Search.over(space()).random(0, t -> 0));
    assertThrows(IllegalArgumentException.class, () -> Search.over(space()).coarseToFine(1, 1, 1, t -> 0));
  }

  // ---- cross-validation

  @Test
  void foldsCoverEveryRowOnceAndStratifiedOnesHaveEveryClass() {
    long[] labels = new long[47];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i % 10 == 0 ? 2 : i % 3 == 0 ? 1 : 0;
    }
    for (CrossValidation cv :
        List.of(
            CrossValidation.kFold(4), CrossValidation.kFold(4).shuffled(1), CrossValidation.kFold(4).stratified(1))) {
      List<CrossValidation.Fold> folds = cv.folds(labels);
      boolean[] held = new boolean[labels.length];
      for (CrossValidation.Fold f : folds) {
        assertEquals(labels.length, f.train().length + f.validation().length);
        assertTrue(f.validation().length == 11 || f.validation().length == 12);
        for (long row : f.validation()) {
          assertFalse(held[(int) row]);
          assertTrue(Arrays.stream(f.train()).noneMatch(r -> r == row));
          held[(int) row] = true;
        }
      }
    }
    for (CrossValidation.Fold f : CrossValidation.kFold(4).stratified(1).folds(labels)) {
      for (long label = 0; label < 3; label++) {
        long wanted = label;
        long inFold = Arrays.stream(f.validation()).filter(r -> labels[(int) r] == wanted).count();
        long inAll = Arrays.stream(labels).filter(l -> l == wanted).count();
        assertTrue(Math.abs(inFold - inAll / 4.0) < 1, label + ": " + inFold + " of " + inAll);
      }
    }
    assertThrows(IllegalArgumentException.class, () -> CrossValidation.kFold(1));
    assertThrows(IllegalArgumentException.class, () -> CrossValidation.kFold(5).folds(4));
    assertThrows(IllegalStateException.class, () -> CrossValidation.kFold(5).stratified(1).folds(40));
  }

  @Test
  void crossValidationReportsEachFoldMeanAndDeviation() {
    Neurite.seed(3);
    try (Scope scope = Scope.open()) {
      CrossValidation.Result r =
          CrossValidation.kFold(3).stratified(2).run(
              dev.neurite.data.Iris.load().shuffle().batch(16),
              () -> Model.sequential(Input.of(4), Dense.of(3)).compile(
                  dev.neurite.optim.Adam.of(0.05), dev.neurite.loss.Losses.softmaxCrossEntropy(),
                  dev.neurite.metric.Metrics.accuracy()),
              Fit.epochs(15));

      double[] each = r.folds().stream().mapToDouble(f -> f.value("accuracy")).toArray();
      double mean = (each[0] + each[1] + each[2]) / 3;
      assertEquals(mean, r.mean("accuracy"), 1e-12);
      double sum = 0;
      for (double v : each) {
        sum += (v - mean) * (v - mean);
      }
      assertEquals(Math.sqrt(sum / 2), r.deviation("accuracy"), 1e-12);
      assertTrue(mean > 0.85, r.toString());
      assertEquals(3, r.histories().size());
      assertEquals(4, r.toString().lines().count());
    }
  }
}
