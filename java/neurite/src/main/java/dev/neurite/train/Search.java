package dev.neurite.train;

import dev.neurite.Neurite;
import dev.neurite.ops.RootSeed;
import dev.neurite.tensor.Scope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Tries settings of a {@link SearchSpace} and keeps a record of each try; smaller scores are better.
 *
 * <pre>{@code
 * SearchResult found = Search.over(space).seed(1).parallel(4).random(60, trial -> {
 *   try (Model model = network(trial.count("units"))) { ...; return history.last("val_loss"); }
 * });
 * System.out.println(found.best());
 * }</pre>
 *
 * <p>Trials that run at the same time share the cores: each native call gets {@code cores / parallel} threads. What is
 * drawn and what comes out depends on the seed only, not on how many run at once: each trial has a seed of its own,
 * from which start values, shuffling and dropout derive. A trial that throws is recorded and the search goes on.
 */
public final class Search {

  private static final long SEED_MIX = 0x9e3779b97f4a7c15L; // 2^64 / golden ratio: neighbours land far apart

  private final SearchSpace space;
  private final long seed;
  private final int parallel;

  private Search(SearchSpace space, long seed, int parallel) {
    this.space = space;
    this.seed = seed;
    this.parallel = parallel;
  }

  /** What is tried. */
  @FunctionalInterface
  public interface Objective {
    /** The score of a trial; smaller is better. Called in any thread, with a scope open. */
    double score(Trial trial) throws Exception;
  }

  /** A search with seed 0, one trial at a time. */
  public static Search over(SearchSpace space) {
    return new Search(space, 0, 1);
  }

  /** Another seed, other trials. */
  public Search seed(long n) {
    return new Search(space, n, parallel);
  }

  /**
   * How many trials run at the same time, 1 or more.
   *
   * @throws IllegalArgumentException for less than 1
   */
  public Search parallel(int trials) {
    requireAtLeast("parallel", 1, trials);
    return new Search(space, seed, trials);
  }

  private static void requireAtLeast(String what, int least, int given) {
    if (given < least) {
      throw new IllegalArgumentException("Search." + what + ": expected " + least + " or more, given " + given);
    }
  }

  // ---- strategies

  /** Independent draws. */
  public SearchResult random(int trials, Objective objective) {
    requireAtLeast("random", 1, trials);
    return new SearchResult(tried(run(drawn(space, 0, trials, 1), objective)));
  }

  /** Every point of a grid with so many points per axis, in the middles of equal intervals. */
  public SearchResult grid(int pointsPerAxis, Objective objective) {
    requireAtLeast("grid", 1, pointsPerAxis);
    List<Placed> all = new ArrayList<>();
    for (Map<String, Double> place : space.grid(pointsPerAxis)) {
      all.add(placed(space, place, all.size(), 1));
    }
    return new SearchResult(tried(run(all, objective)));
  }

  /**
   * Rounds of random draws, each in a narrower space around the best trial so far.
   *
   * @param part width of each axis in the next round, as a part of the width before, in (0, 1)
   */
  public SearchResult coarseToFine(int rounds, int trialsPerRound, double part, Objective objective) {
    requireAtLeast("coarseToFine rounds", 1, rounds);
    requireAtLeast("coarseToFine trials", 1, trialsPerRound);
    if (!(part > 0 && part < 1)) {
      throw new IllegalArgumentException("Search.coarseToFine: expected a part in (0, 1), given " + part);
    }
    List<Done> all = new ArrayList<>();
    SearchSpace now = space;
    for (int round = 0; round < rounds; round++) {
      all.addAll(run(drawn(now, all.size(), trialsPerRound, 1), objective));
      Done best = all.stream().filter(d -> d.tried.succeeded())
          .min(Comparator.comparingDouble(d -> d.tried.score())).orElse(null);
      now = best == null ? now : now.around(best.placed.places, part);
    }
    return new SearchResult(tried(all));
  }

  /**
   * Many trials with a small budget; the best of them again with a larger one, and so on until one is left. Each
   * round starts its trials anew.
   *
   * @param budget of the first round, such as epochs
   * @param factor by how much the trials become fewer and the budget larger in each round, 2 or more
   */
  public SearchResult successiveHalving(int trials, double budget, int factor, Objective objective) {
    requireAtLeast("successiveHalving trials", 1, trials);
    requireAtLeast("successiveHalving factor", 2, factor);
    List<Done> all = new ArrayList<>();
    List<Placed> round = drawn(space, 0, trials, budget);
    while (true) {
      List<Done> done = run(round, objective);
      all.addAll(done);
      int left = done.size() / factor;
      if (left == 0) {
        return new SearchResult(tried(all));
      }
      round = done.stream()
          .filter(d -> d.tried.succeeded())
          .sorted(Comparator.comparingDouble(d -> d.tried.score()))
          .limit(left)
          .map(d -> d.placed.with(d.placed.trial.budget() * factor))
          .toList();
    }
  }

  // ---- running

  private record Placed(Map<String, Double> places, Trial trial) {
    Placed with(double budget) {
      return new Placed(places, new Trial(trial.number(), trial.values(), trial.seed(), budget));
    }
  }

  private record Done(Placed placed, SearchResult.Tried tried) {}

  private static List<SearchResult.Tried> tried(List<Done> all) {
    return all.stream().map(Done::tried).toList();
  }

  private List<Placed> drawn(SearchSpace from, int first, int count, double budget) {
    List<Placed> all = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      all.add(placed(from, from.draw(seed, i), i, budget));
    }
    return all;
  }

  private Placed placed(SearchSpace from, Map<String, Double> places, int number, double budget) {
    long own = (seed + SEED_MIX * (number + 1)) >>> 1;
    return new Placed(places, new Trial(number, new LinkedHashMap<>(from.values(places)), own, budget));
  }

  private List<Done> run(List<Placed> trials, Objective objective) {
    if (parallel == 1) {
      return trials.stream().map(t -> run(t, objective)).toList();
    }
    int threads = Neurite.threads();
    Neurite.threads(Math.max(1, threads / parallel));
    ExecutorService pool = Executors.newFixedThreadPool(parallel, code -> {
      Thread thread = new Thread(code, "neurite-search");
      thread.setDaemon(true);
      return thread;
    });
    try {
      List<Future<Done>> running = new ArrayList<>();
      trials.forEach(t -> running.add(pool.submit(() -> run(t, objective))));
      List<Done> done = new ArrayList<>();
      for (Future<Done> f : running) {
        done.add(result(f));
      }
      return done;
    } finally {
      pool.shutdownNow();
      Neurite.threads(threads);
    }
  }

  private static Done result(Future<Done> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("Search: interrupted while trials were running");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) e.getCause(); // a trial's exceptions are recorded, not thrown
    }
  }

  private static Done run(Placed placed, Objective objective) {
    long start = System.nanoTime();
    double score = Double.NaN;
    String failure = null;
    try (Scope scope = Scope.open()) {
      score = RootSeed.within(placed.trial.seed(), () -> objective.score(placed.trial));
    } catch (Exception e) { // whatever a trial throws is its result
      failure = e.getClass().getSimpleName() + ": " + e.getMessage();
    }
    return new Done(
        placed, new SearchResult.Tried(placed.trial, score, failure, (System.nanoTime() - start) / 1e9));
  }
}
