package dev.neurite.golden;

import dev.neurite.tensor.Tensor;
import dev.neurite.text.BeamSearch;
import dev.neurite.text.Bleu;
import dev.neurite.text.Bpe;
import dev.neurite.text.ErrorRate;
import dev.neurite.text.Sampling;
import dev.neurite.text.Sequences;
import dev.neurite.text.SkipGram;
import dev.neurite.text.Viterbi;
import dev.neurite.text.Vocabulary;
import dev.neurite.text.WordPiece;
import dev.neurite.text.WordVectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** metrics_text, pipelines_nlp, pipelines_tokens and the word vectors of files. */
final class TextGolden implements GoldenTopic {

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("metric/bleu", TextGolden::bleu);
    h.put("metric/error_rate", TextGolden::errorRate);
    h.put("nlp/beam_search", TextGolden::beamSearch);
    h.put("nlp/top_k_filter", r -> r.expect(
        "probs", Sampling.topK(r.values("logits"), (int) r.c().number("k", 0)), r.want("probs")));
    h.put("nlp/top_p_filter", r -> r.expect(
        "probs", Sampling.topP(r.values("logits"), r.c().number("p", 0)), r.want("probs")));
    h.put("nlp/negative_sampling_distribution", r -> r.expect(
        "p", SkipGram.negativeProbabilities(r.values("counts"), r.c().number("power", SkipGram.POWER)), r.want("p")));
    h.put("nlp/subsampling", r -> r.expect(
        "keep", SkipGram.keepProbabilities(r.values("counts"), r.c().number("t", 0)), r.want("keep")));
    h.put("nlp/skip_gram_pairs", TextGolden::pairs);
    h.put("nlp/analogy", r -> analogy(r, false));
    h.put("nlp/analogy_difference", r -> analogy(r, true));
    h.put("nlp/cosine_similarity", r -> r.expect(
        "cos", new double[] {WordVectors.cosine(r.values("u"), r.values("v"))}, r.want("cos")));
    h.put("nlp/debias_neutralise", r -> r.expect(
        "e_debiased", WordVectors.neutralise(r.values("e"), r.values("g")), r.want("e_debiased")));
    h.put("nlp/debias_equalise", TextGolden::equalise);
    h.put("nlp/cooccurrence", TextGolden::cooccurrence);
    h.put("nlp/viterbi", TextGolden::viterbi);
    h.put("tokens/wordpiece", TextGolden::wordPiece);
    h.put("tokens/bpe_learn", TextGolden::bpeLearn);
    h.put("tokens/bpe_apply", r -> same(
        strings(r.c().attrs().get("tokens")), Bpe.of(merges(r)).encode(r.c().text("word", ""))));
    h.put("tokens/pad_sequences", TextGolden::pad);
    h.put("file/word_vectors", TextGolden::wordVectors);
  }

  private static List<String> strings(Object list) {
    return ((List<?>) list).stream().map(String.class::cast).toList();
  }

  private static void same(Object want, Object got) {
    if (!want.equals(got)) {
      throw new AssertionError("expected " + want + ", got " + got);
    }
  }

  private static double[] array(List<Long> v) {
    return v.stream().mapToDouble(Long::doubleValue).toArray();
  }

  private static double[][] matrix(GoldenRun run, String name) {
    GoldenTensor t = run.c().tensors("inputs").get(name);
    int rows = (int) t.shape().dim(0);
    int columns = (int) t.shape().dim(1);
    double[][] out = new double[rows][];
    for (int i = 0; i < rows; i++) {
      out[i] = Arrays.copyOfRange(t.values(), i * columns, (i + 1) * columns);
    }
    return out;
  }

  private static void bleu(GoldenRun run) {
    List<List<String>> references = new ArrayList<>();
    ((List<?>) run.c().attrs().get("references")).forEach(r -> references.add(strings(r)));
    Bleu bleu = Bleu.of(strings(run.c().attrs().get("hypotheses")), references);
    run.c().tensors("outputs").forEach((name, want) -> run.expect(name, bleuValue(bleu, name), want.values()));
  }

  private static double[] bleuValue(Bleu bleu, String name) {
    switch (name) {
      case "matches":
        return array(bleu.matches());
      case "totals":
        return array(bleu.totals());
      case "hyp_len":
        return new double[] {bleu.candidateLength()};
      case "ref_len":
        return new double[] {bleu.referenceLength()};
      case "brevity_penalty":
        return new double[] {bleu.brevityPenalty()};
      case "precisions":
        return new double[] {bleu.precision(1), bleu.precision(2), bleu.precision(3), bleu.precision(4)};
      default:
        Bleu.Smoothing how = name.endsWith("_add1") ? Bleu.Smoothing.ADD_ONE
            : name.endsWith("_eps01") ? Bleu.Smoothing.EPSILON : Bleu.Smoothing.NONE;
        if (!name.matches("bleu[1-4](_add1|_eps01)?")) {
          throw new AssertionError("unknown output " + name);
        }
        return new double[] {bleu.score(name.charAt(4) - '0', how)};
    }
  }

  private static void errorRate(GoldenRun run) {
    List<String> references = strings(run.c().attrs().get("references"));
    List<String> hypotheses = strings(run.c().attrs().get("hypotheses"));
    ErrorRate words = ErrorRate.ofWords(references, hypotheses);
    ErrorRate characters = ErrorRate.ofCharacters(references, hypotheses);
    run.expect("word_edits", array(words.edits()), run.want("word_edits"));
    run.expect("char_edits", array(characters.edits()), run.want("char_edits"));
    run.expect("wer", new double[] {words.rate()}, run.want("wer"));
    run.expect("cer", new double[] {characters.rate()}, run.want("cer"));
  }

  private static void beamSearch(GoldenRun run) {
    BeamSearch search = BeamSearch.of((int) run.c().number("beam_width", 1)).lengthPenalty(run.c().number("alpha", 0))
        .maxLength((int) run.c().number("max_steps", 1));
    List<BeamSearch.Hypothesis> found = search.search(
        BeamSearch.markov(matrix(run, "log_probs")), (int) run.c().number("bos", 0), (int) run.c().number("eos", 0));
    List<List<Integer>> sequences = new ArrayList<>();
    ((List<?>) run.c().attrs().get("finished_sequences")).forEach(s ->
        sequences.add(((List<?>) s).stream().map(v -> ((Number) v).intValue()).toList()));
    same(sequences, found.stream().map(BeamSearch.Hypothesis::tokens).toList());
    run.expect(
        "log_prob", found.stream().mapToDouble(BeamSearch.Hypothesis::logProbability).toArray(), run.want("log_prob"));
    run.expect("score", found.stream().mapToDouble(BeamSearch.Hypothesis::score).toArray(), run.want("score"));
  }

  private static void pairs(GoldenRun run) {
    List<SkipGram.Pair<String>> got =
        SkipGram.pairs(strings(run.c().attrs().get("tokens")), (int) run.c().number("window", 1));
    List<SkipGram.Pair<String>> want = new ArrayList<>();
    for (Object pair : (List<?>) run.c().attrs().get("pairs")) {
      List<String> p = strings(pair);
      want.add(new SkipGram.Pair<>(p.get(0), p.get(1)));
    }
    same(want, got);
    run.expect("count", new double[] {got.size()}, run.want("count"));
  }

  private static void analogy(GoldenRun run, boolean difference) {
    WordVectors vectors = WordVectors.of(strings(run.c().attrs().get("vocab")), matrix(run, "E"));
    List<String> q = strings(run.c().attrs().get("query"));
    String a = q.get(0);
    String b = q.get(1);
    String c = q.get(2);
    run.expect(
        "cosine", difference ? vectors.differenceScores(a, b, c) : vectors.analogyScores(a, b, c), run.want("cosine"));
    same(
        run.c().text("answer", ""), difference ? vectors.analogyByDifference(a, b, c) : vectors.analogy(a, b, c));
  }

  private static void equalise(GoldenRun run) {
    double[][] paper = WordVectors.equalise(run.values("e1"), run.values("e2"), run.values("g"), false);
    double[][] course = WordVectors.equalise(run.values("e1"), run.values("e2"), run.values("g"), true);
    run.expect("e1", paper[0], run.want("e1"));
    run.expect("e2", paper[1], run.want("e2"));
    run.expect("e1_course_formula", course[0], run.want("e1_course_formula"));
    run.expect("e2_course_formula", course[1], run.want("e2_course_formula"));
  }

  private static void cooccurrence(GoldenRun run) {
    List<String> vocabulary = strings(run.c().attrs().get("vocab"));
    long[] ids = Vocabulary.ofTokens(vocabulary).encode(strings(run.c().attrs().get("tokens")));
    boolean byDistance = switch (run.c().text("weighting", "1/distance")) {
      case "1/distance" -> true;
      case "1", "uniform", "count" -> false;
      default -> throw new AssertionError("unknown weighting " + run.c().attrs().get("weighting"));
    };
    double[][] counts =
        SkipGram.cooccurrence(ids, vocabulary.size(), (int) run.c().number("window", 1), byDistance);
    run.expect("X", Arrays.stream(counts).flatMapToDouble(Arrays::stream).toArray(), run.want("X"));
  }

  private static void viterbi(GoldenRun run) {
    int[] seen = Arrays.stream(run.values("observations")).mapToInt(v -> (int) v).toArray();
    Viterbi got = Viterbi.of(
        run.values("log_initial"), matrix(run, "log_transition"), matrix(run, "log_emission"), seen);
    run.expect("path", Arrays.stream(got.path()).asDoubleStream().toArray(), run.want("path"));
    run.expect("log_prob", new double[] {got.logProbability()}, run.want("log_prob"));
  }

  private static void wordPiece(GoldenRun run) {
    WordPiece pieces = WordPiece.of(Vocabulary.ofTokens(strings(run.c().attrs().get("vocab"))))
        .lowerCase(run.c().flag("lowercase", true)).unknown(run.c().text("unk", "[UNK]"));
    String text = run.c().text("text", "");
    same(strings(run.c().attrs().get("tokens")), pieces.tokens(text));
    same(
        Arrays.stream(run.c().longs("ids")).boxed().toList(), Arrays.stream(pieces.encode(text)).boxed().toList());
  }

  private static List<Bpe.Pair> merges(GoldenRun run) {
    List<Bpe.Pair> merges = new ArrayList<>();
    for (Object pair : (List<?>) run.c().attrs().get("merges")) {
      List<String> p = strings(pair);
      merges.add(new Bpe.Pair(p.get(0), p.get(1)));
    }
    return merges;
  }

  private static void bpeLearn(GoldenRun run) {
    Map<String, Long> corpus = new LinkedHashMap<>();
    ((Map<?, ?>) run.c().attrs().get("corpus")).forEach((w, n) -> corpus.put((String) w, ((Number) n).longValue()));
    Bpe learnt = Bpe.learn(corpus, merges(run).size());
    same(merges(run), learnt.merges());
    same(Arrays.stream(run.c().longs("counts")).boxed().toList(), learnt.counts());
  }

  private static Sequences.End end(GoldenRun run, String key) {
    return switch (run.c().text(key, "pre")) {
      case "pre" -> Sequences.End.FRONT;
      case "post" -> Sequences.End.BACK;
      default -> throw new AssertionError("unknown " + key + " " + run.c().attrs().get(key));
    };
  }

  private static void pad(GoldenRun run) {
    List<long[]> sequences = new ArrayList<>();
    ((List<?>) run.c().attrs().get("sequences")).forEach(s -> sequences.add(GoldenCase.longs(s)));
    Tensor got = Sequences.pad(
        sequences, (int) run.c().number("maxlen", 0), end(run, "padding"), end(run, "truncating"),
        (long) run.c().number("value", 0));
    run.expect("y", got, run.c().tensors("outputs").get("y"));
  }

  private static void wordVectors(GoldenRun run) {
    WordVectors vectors = WordVectors.read(run.file());
    List<String> words = strings(run.c().attrs().get("words"));
    same(words, vectors.words());
    double[] all = words.stream().flatMapToDouble(w -> Arrays.stream(vectors.vector(w))).toArray();
    run.expect("vectors", all, run.want("vectors"));
  }
}
