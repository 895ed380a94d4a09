package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.io.Checkpoint;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.CachedActivations;
import dev.neurite.train.Fit;
import dev.neurite.train.History;
import dev.neurite.train.RunConfig;
import dev.neurite.train.RunFolder;
import dev.neurite.train.Search;
import dev.neurite.train.SearchResult;
import dev.neurite.train.SearchSpace;
import dev.neurite.train.TensorBoard;
import dev.neurite.train.TensorBoardTest;
import dev.neurite.train.Trial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** J10 to J16: event files, settings of a run, search, run folders, transfer learning. */
class SearchFeaturesTest {

  @TempDir Path folder;
  private Scope scope;

  @BeforeEach
  void open() {
    Neurite.seed(3);
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void J10_eventFilesHaveReadableScalarsAndHistograms() throws IOException {
    RunConfig config = RunConfig.of("events").with("epochs", 2);
    try (Model model = config.model(Input.of(8, 8, 1), 10)) {
      model.compile(config.newOptimizer(), Losses.softmaxCrossEntropy(), Metrics.accuracy());
      History history =
          model.fit(Digits.load().train(), config.fit().callbacks(TensorBoard.in(folder).histograms(1)));

      List<TensorBoardTest.Event> events = TensorBoardTest.read(folder.resolve("train"));
      assertEquals("brain.Event:2", events.get(0).version());
      List<Double> loss = events.stream().filter(e -> "epoch_loss".equals(e.tag())).map(e -> e.scalar()).toList();
      assertEquals((float) history.last("loss"), loss.get(1).floatValue());
      assertEquals(
          64.0 * 64, events.stream().filter(e -> "dense/kernel".equals(e.tag())).toList().get(1).histogram().get(3));
    }
  }

  @Test
  void J11_oneRecordSetsEverythingAndIsEchoedIntoTheCheckpoint() {
    RunConfig config =
        RunConfig.of("all")
            .with(
                Map.of(
                    "units", List.of(24, 12), "activation", "tanh", "dropout", 0.1, "optimizer", "momentum",
                    "learningRate", 0.05, "batch", 64, "epochs", 2, "seed", 9L));
    RunFolder run = RunFolder.create(folder, config);
    try (Model model = config.model(Input.of(8, 8, 1), 10)) {
      model.compile(config.newOptimizer(), Losses.softmaxCrossEntropy());
      History history = model.fit(Digits.load().train(), config.fit().callbacks(run.callbacks()));

      assertEquals(2, history.size());
      assertEquals(9, history.seed());
      assertEquals(0.05, history.last("lr"));
      assertEquals(2 * Math.ceil(Digits.load().train().size() / 64.0), model.trainer().optimizer().step());
      assertEquals(Shape.of(24, 12), model.state().get("dense_1.kernel").shape());
    }
    Map<?, ?> settings = (Map<?, ?>) Checkpoint.read(run.path().resolve(RunFolder.MODEL)).state().get("settings");
    assertEquals(config, RunConfig.from(cast(settings)));
    assertThrows(IllegalArgumentException.class, () -> config.with("optimiser", "adam"));
    assertThrows(IllegalArgumentException.class, () -> config.with("batch", 0));
  }

  private static Map<String, Object> cast(Map<?, ?> map) {
    Map<String, Object> all = new java.util.LinkedHashMap<>();
    map.forEach((k, v) -> all.put((String) k, v));
    return all;
  }

  /** Two of eight settings matter much, the others hardly. */
  private static double toy(Trial trial) {
    double sum = 0;
    double weight = 1;
    for (int i = 0; i < 8; i++) {
      double off = trial.number("x" + i) - (0.137 + 0.11 * i);
      sum += weight * off * off;
      weight /= i == 1 ? 100 : i == 0 ? 1.5 : 1.1;
    }
    return sum;
  }

  private static SearchSpace cube() {
    SearchSpace space = SearchSpace.empty();
    for (int i = 0; i < 8; i++) {
      space = space.uniform("x" + i, 0, 1);
    }
    return space;
  }

  @Test
  void J12_randomSearchBeatsTheGridAtEqualBudgetAndGoingFinerBeatsBoth() {
    SearchResult grid = Search.over(cube()).grid(2, SearchFeaturesTest::toy);
    assertEquals(256, grid.trials().size());
    int wins = 0;
    int finer = 0;
    for (long seed = 0; seed < 10; seed++) {
      double random = Search.over(cube()).seed(seed).random(256, SearchFeaturesTest::toy).best().score();
      double fine = Search.over(cube()).seed(seed).coarseToFine(4, 64, 0.5, SearchFeaturesTest::toy).best().score();
      wins += random < grid.best().score() ? 1 : 0;
      finer += fine < random ? 1 : 0;
    }
    assertTrue(wins >= 9, wins + " of 10");
    assertTrue(finer >= 8, finer + " of 10");
  }

  @Test
  void J13_ratesAndOneMinusBetaAreFlatInLogSpace() {
    SearchSpace space = SearchSpace.empty().logUniform("rate", 1e-4, 1).oneMinusLog("beta", 0.9, 0.999);
    int n = 8000;
    int[] decades = new int[4];
    int[] distances = new int[4];
    Search.over(space).seed(1).random(n, trial -> {
      decades[(int) Math.floor(Math.log10(trial.number("rate"))) + 4]++;
      double distance = Math.log10(1 - trial.number("beta")); // -3 to -1
      distances[Math.min(3, (int) Math.floor((distance + 3) * 2))]++;
      return 0;
    });
    for (int[] counts : new int[][] {decades, distances}) {
      double chi = 0;
      for (int c : counts) {
        chi += (c - n / 4.0) * (c - n / 4.0) / (n / 4.0);
      }
      assertTrue(chi < 16.3, Arrays.toString(counts)); // three degrees of freedom, one in a thousand
    }
  }

  private static double smallTraining(Trial trial) {
    Dataset data = Digits.load().train().take(96).shuffle().batch(16);
    try (Model model =
        Model.sequential(
            Input.of(8, 8, 1), Flatten.of(), Dense.of(trial.count("units")).activation(Activation.RELU),
            dev.neurite.nn.Dropout.of(0.2), Dense.of(10))) {
      model.compile(Adam.of(trial.number("rate")), Losses.softmaxCrossEntropy());
      return model.fit(data, Fit.epochs(2)).last("loss");
    }
  }

  @Test
  void J14_parallelTrialsShareTheCoresAndGiveTheResultsOfOneAfterTheOther() {
    SearchSpace space = SearchSpace.empty().logUniform("rate", 1e-4, 1e-1).logIntegers("units", 8, 64);
    int before = Neurite.threads();
    Neurite.threads(4);
    try {
      Set<Integer> threads = ConcurrentHashMap.newKeySet();
      AtomicInteger running = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      Search.Objective objective = trial -> {
        most.accumulateAndGet(running.incrementAndGet(), Math::max);
        threads.add(Neurite.threads());
        try {
          if (trial.number() == 3) {
            throw new IllegalStateException("this one fails");
          }
          return smallTraining(trial);
        } finally {
          running.decrementAndGet();
        }
      };
      List<Double> alone = scores(Search.over(space).seed(2).random(8, objective));
      assertEquals(Set.of(4), threads);
      threads.clear();

      SearchResult together = Search.over(space).seed(2).parallel(2).random(8, objective);

      assertEquals(alone, scores(together), "bit for bit");
      assertEquals(Set.of(2), threads, "two trials with two threads each on four");
      assertTrue(most.get() <= 2, "at once: " + most);
      assertEquals(4, Neurite.threads(), "as before");
      assertEquals("IllegalStateException: this one fails", together.trials().get(3).failure());
      assertTrue(together.best().succeeded());
    } finally {
      Neurite.threads(before);
    }
  }

  private static List<Double> scores(SearchResult r) {
    return r.trials().stream().map(SearchResult.Tried::score).toList();
  }

  @Test
  void J15_aRunFolderHasConfigurationHistoryModelAndSeed() throws IOException {
    RunConfig config = RunConfig.of("idea-1").with(Map.of("epochs", 3, "units", List.of(16), "seed", 77L));
    RunFolder run = RunFolder.create(folder.resolve("runs"), config);
    double[] loss;
    try (Model model = config.model(Input.of(8, 8, 1), 10)) {
      model.compile(config.newOptimizer(), Losses.softmaxCrossEntropy());
      History h = model.fit(Digits.load().train().take(200), config.fit().callbacks(run.callbacks()));
      loss = h.values("loss");
    }

    RunFolder back = RunFolder.open(folder.resolve("runs/idea-1"));
    assertEquals(config, back.config());
    assertEquals(77, back.config().seed());
    List<String> lines = back.history().lines().toList();
    assertEquals(4, lines.size());
    assertTrue(lines.get(3).startsWith("3," + loss[2]), lines.get(3));
    try (Model model = Model.load(back.path().resolve(RunFolder.MODEL))) {
      assertEquals(Shape.of(64, 16), model.state().get("dense.kernel").shape());
    }
    assertTrue(Files.readString(back.path().resolve(RunFolder.CONFIG)).contains("\"seed\" : 77"));
  }

  // ---- transfer learning

  private static Model pretrained(Dataset digits) {
    Model model =
        Model.sequential(
            Input.of(8, 8, 1), Flatten.of(), Dense.of(64).activation(Activation.RELU).name("first"),
            Dense.of(32).activation(Activation.RELU).name("second"), Dense.of(10).name("digits"));
    model.compile(Adam.of(2e-3), Losses.softmaxCrossEntropy());
    model.fit(digits.shuffle().batch(32), Fit.epochs(25).seed(1));
    return model;
  }

  private static Model body() {
    return Model.sequential(
        Input.of(8, 8, 1), Flatten.of(), Dense.of(64).activation(Activation.RELU).name("first"),
        Dense.of(32).activation(Activation.RELU).name("second"));
  }

  /** Parity times high or low: 0 to 3. */
  private static long fourWay(long digit) {
    return digit % 2 + (digit >= 5 ? 2 : 0);
  }

  private static Dataset relabelled(Dataset data) {
    Batch all = data.all();
    return Dataset.of(
        all.x(), Tensor.ofLongs(Arrays.stream(all.y().toLongs()).map(SearchFeaturesTest::fourWay).toArray()));
  }

  /** Five examples of each of the four classes. */
  private static Dataset few(Dataset data, long seed) {
    Dataset fourWay = relabelled(data);
    Batch all = fourWay.stratifiedSplit(1, seed).first().all();
    long[] labels = all.y().toLongs();
    long[] order = new java.util.SplittableRandom(seed).longs(labels.length).toArray();
    Integer[] rows = new Integer[labels.length];
    Arrays.setAll(rows, i -> i);
    Arrays.sort(rows, (a, b) -> Long.compare(order[a], order[b]));
    List<Long> chosen = new ArrayList<>();
    int[] taken = new int[4];
    for (int row : rows) {
      if (taken[(int) labels[row]] < 5) {
        taken[(int) labels[row]]++;
        chosen.add((long) row);
      }
    }
    Tensor ids = Tensor.ofLongs(chosen.stream().mapToLong(Long::longValue).toArray());
    return Dataset.of(all.x().gather(ids), all.y().gather(ids)).batch(20);
  }

  private static Model onTop(Model body) {
    Input in = Input.of(8, 8, 1);
    return Model.of(in, Dense.of(4).name("head").on(body.on(in)));
  }

  private static double accuracy(Model model, Dataset few, Dataset test) {
    model.compile(Adam.of(0.01), Losses.softmaxCrossEntropy(), Metrics.accuracy());
    model.fit(few, Fit.epochs(150).seed(1));
    return model.evaluate(test).value("accuracy");
  }

  @Test
  void J16_aFrozenPretrainedBodyBeatsScratchByFivePointsAndCachedActivationsGiveTheSame() {
    Digits digits = Digits.load();
    Dataset test = relabelled(digits.test()).batch(256);
    double transferred = 0;
    double scratch = 0;
    try (Model pretrained = pretrained(digits.train())) {
      for (long seed = 0; seed < 5; seed++) {
        Neurite.seed(100 + seed);
        Dataset few = few(digits.train(), seed);
        try (Model body = body();
            Model fresh = body()) {
          pretrained.state().forEach((path, p) -> {
            if (body.state().containsKey(path)) {
              body.state().get(path).assign(p);
            }
          });
          body.trainable(false);
          try (Model model = onTop(body);
              Model other = onTop(fresh)) {
            Tensor start = model.state().entrySet().stream()
                .filter(e -> e.getKey().endsWith("head.kernel")).findFirst().orElseThrow().getValue().mul(1);
            transferred += accuracy(model, few, test) / 5;
            scratch += accuracy(other, few, test) / 5;
            pretrained.state().forEach((path, p) -> {
              if (body.state().containsKey(path)) {
                assertArrayEquals(p.toFloats(), body.state().get(path).toFloats(), path + " is frozen");
              }
            });
            if (seed == 0) {
              assertCachedGivesTheSame(body, model, start, few);
            }
          }
        }
      }
    }
    assertTrue(transferred >= scratch + 0.05, transferred + " against " + scratch);
  }

  private static void assertCachedGivesTheSame(Model body, Model whole, Tensor start, Dataset few) {
    try (Model head = Model.sequential(Input.of(32), Dense.of(4).name("head"))) {
      head.state().get("head.kernel").assign(start);
      head.compile(Adam.of(0.01), Losses.softmaxCrossEntropy());
      head.fit(CachedActivations.of(body, few), Fit.epochs(150).seed(1));

      float[] expected = whole.state().entrySet().stream()
          .filter(e -> e.getKey().endsWith("head.kernel")).findFirst().orElseThrow().getValue().toFloats();
      assertArrayEquals(expected, head.state().get("head.kernel").toFloats());
    }
  }
}
