package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.data.Batch;
import dev.neurite.error.FormatException;
import dev.neurite.metric.Metric;
import dev.neurite.metric.Metrics;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.text.BeamSearch;
import dev.neurite.text.Bleu;
import dev.neurite.text.Bpe;
import dev.neurite.text.Sampling;
import dev.neurite.text.Sequences;
import dev.neurite.text.Tokens;
import dev.neurite.text.Vocabulary;
import dev.neurite.text.WordPiece;
import dev.neurite.text.WordVectors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text rows of the feature map: scores, vocabularies, searches. */
class TextFeaturesTest {

  @TempDir Path folder;

  private static Bleu cat(String candidate) {
    return Bleu.of(List.of(candidate), List.of(List.of("the cat is on the mat", "there is a cat on the mat")));
  }

  @Test
  void I28_bleuWithClippingAndBrevityPenalty() {
    Bleu worst = cat("the the the the the the the");
    assertEquals(2.0 / 7, worst.precision(1));
    assertEquals(0, worst.precision(2));
    assertEquals(0, worst.score());
    Bleu middle = cat("the cat the cat on the mat");
    assertArrayEquals(
        new double[] {5.0 / 7, 4.0 / 6, 2.0 / 5, 1.0 / 4},
        new double[] {middle.precision(1), middle.precision(2), middle.precision(3), middle.precision(4)});
    assertEquals(1, middle.brevityPenalty());
    assertEquals(0.467138, middle.score(), 5e-7);
    assertEquals(1.0, cat("the cat is on the mat").score());
    Bleu shorter = cat("the cat on the mat");
    assertEquals(0.818731, shorter.brevityPenalty(), 5e-7);
    assertEquals(0.622101, shorter.score(), 5e-7);
    assertThrows(IllegalArgumentException.class, () -> Bleu.of(List.of("a"), List.of()));
    assertThrows(IllegalArgumentException.class, () -> Bleu.of(List.of("a"), List.of(List.of())));
    assertEquals(0, Bleu.of(List.of(""), List.of(List.of("a b"))).score(), "an empty candidate");
  }

  @Test
  void I29_aUniformModelOverVTokensHasPerplexityV() {
    try (Scope scope = Scope.open()) {
      int vocabulary = 50;
      Metric perplexity = Metrics.perplexity();
      perplexity.update(
          Tensor.of(new long[] {3, 7, 49}, Shape.of(3)),
          Tensor.full(Shape.of(3, vocabulary), 1.0 / vocabulary, DType.FLOAT32), null);
      assertEquals(vocabulary, perplexity.result(), 1e-3);
    }
  }

  /** From the begin token 0 the greedy way is 1, then .4; the better one starts with 2. */
  private static final BeamSearch.Model TRAP =
      BeamSearch.markov(
          new double[][] {
            {-99, Math.log(0.6), Math.log(0.4), -99},
            {-99, -99, Math.log(0.6), Math.log(0.4)},
            {-99, Math.log(0.1), -99, Math.log(0.9)},
            {-99, -99, -99, 0}
          });

  @Test
  void I33_beamSearchErrorAnalysisBlamesTheSearchOrTheModel() {
    List<Integer> right = List.of(0, 2, 3);
    BeamSearch greedy = BeamSearch.of(1).maxLength(2);
    assertEquals(List.of(0, 1, 2), greedy.search(TRAP, 0, 3).get(0).tokens());
    assertEquals(right, BeamSearch.of(2).maxLength(2).search(TRAP, 0, 3).get(0).tokens(), ".36 beats .6 * .4");
    List<Integer> unlikely = List.of(0, 2, 1);
    BeamSearch.ErrorAnalysis analysis =
        greedy.analyse(List.of(TRAP, TRAP, TRAP), List.of(right, unlikely, List.of(0, 1, 2)), 0, 3);
    assertEquals(new BeamSearch.ErrorAnalysis(1, 1, 1), analysis);
    assertTrue(BeamSearch.logProbability(TRAP, right) > BeamSearch.logProbability(TRAP, List.of(0, 1, 2)));
    assertTrue(new BeamSearch.ErrorAnalysis(3, 1, 0).toString().contains("widen the beam"));
    assertTrue(new BeamSearch.ErrorAnalysis(1, 3, 0).toString().contains("work on the model"));
  }

  @Test
  void beamSearchRefusesWidthZeroAndSaysWhenNothingEnded() {
    assertThrows(IllegalArgumentException.class, () -> BeamSearch.of(0));
    assertThrows(IllegalArgumentException.class, () -> BeamSearch.of(1).maxLength(0));
    BeamSearch.Model endless = prefix -> new double[] {Double.NEGATIVE_INFINITY, 0};
    BeamSearch.Hypothesis only = BeamSearch.of(2).maxLength(5).search(endless, 1, 0).get(0);
    assertEquals(List.of(1, 1, 1, 1, 1, 1), only.tokens());
    assertTrue(!only.ended());
    assertThrows(
        IllegalArgumentException.class, () -> BeamSearch.of(1).search(prefix -> new double[] {Double.NaN}, 0, 1));
  }

  @Test
  void J2_vocabularyKeepsTheTopWordsAndMapsTheRestToUnknown() {
    List<String> text = Tokens.words("the cat sat on the mat the cat ran");
    Vocabulary words = Vocabulary.of(text, 3);
    assertEquals(List.of("[PAD]", "[UNK]", "[BOS]", "[EOS]", "the", "cat", "mat"), words.tokens());
    assertArrayEquals(new long[] {4, 5, 1}, words.encode(List.of("the", "cat", "dog")));
    assertEquals(List.of("the", "cat", "mat"), words.decode(words.encode(List.of("the", "cat", "mat"))));
    Path file = folder.resolve("words.txt");
    words.save(file);
    assertEquals(words.tokens(), Vocabulary.load(file).tokens(), "the same order, so the same ids");
    assertThrows(IllegalArgumentException.class, () -> words.token(7));
    assertThrows(IllegalArgumentException.class, () -> Vocabulary.of(List.of(), 3));
  }

  @Test
  void oddTextsSurviveVocabularyAndTokenizers() throws IOException {
    String odd = "emoji \uD83D\uDE00 lone \uD800 nul \u0000 rtl \u05D0\u05D1 line\\nbreak";
    List<String> tokens = Tokens.characters(odd);
    assertEquals(odd, String.join("", tokens));
    Vocabulary valid = Vocabulary.ofTokens(List.of("[UNK]", "a\nb", "c\\d", "\uD83D\uDE00", "\u05D0"));
    Path file = folder.resolve("odd.txt");
    valid.save(file);
    assertEquals(valid.tokens(), Vocabulary.load(file).tokens());
    String huge = "x".repeat(10_000_000);
    assertEquals(List.of("[UNK]"), WordPiece.of(valid).tokens(huge));
    Bpe bpe = Bpe.learn(Map.of("aa", 3L), 5);
    assertEquals(List.of("aa</w>"), bpe.encode("aa"));
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 'a'});
    assertThrows(FormatException.class, () -> Vocabulary.load(file));
    Files.write(file, new byte[0]);
    assertTrue(assertThrows(FormatException.class, () -> Vocabulary.load(file)).getMessage().contains("0 bytes"));
  }

  @Test
  void damagedWordVectorsAreNamedByLine() throws IOException {
    Path file = folder.resolve("vectors.txt");
    Files.writeString(file, "a 1 2\nb 3\n", StandardCharsets.UTF_8);
    assertTrue(assertThrows(FormatException.class, () -> WordVectors.read(file)).getMessage().contains("line 2"));
    Files.writeString(file, "a 1 two\n", StandardCharsets.UTF_8);
    assertTrue(assertThrows(FormatException.class, () -> WordVectors.read(file)).getMessage().contains("'two'"));
    Path binary = folder.resolve("vectors.bin");
    Files.write(binary, "999999999 300\na ".getBytes(StandardCharsets.UTF_8));
    assertThrows(FormatException.class, () -> WordVectors.read(binary));
    Files.write(binary, "1 2\na ab".getBytes(StandardCharsets.UTF_8));
    assertThrows(FormatException.class, () -> WordVectors.read(binary));
    Files.write(binary, new byte[0]);
    assertTrue(assertThrows(FormatException.class, () -> WordVectors.read(binary)).getMessage().contains("0 bytes"));
    WordVectors pair = WordVectors.of(List.of("a", "b"), new double[][] {{1, 0}, {0.5, 0.5}});
    assertEquals(List.of("b"), pair.nearest("a", 5));
    assertThrows(IllegalArgumentException.class, () -> pair.vector("c"));
  }

  @Test
  void windowsOfATextPredictTheNextToken() {
    List<long[]> rows = new java.util.ArrayList<>();
    for (Batch b : Sequences.windows(new long[] {1, 2, 3, 4, 5, 6}, 3, 2).batch(8)) {
      rows.add(b.x().toLongs());
      rows.add(b.y().toLongs());
    }
    assertArrayEquals(new long[] {1, 2, 3, 3, 4, 5}, rows.get(0));
    assertArrayEquals(new long[] {2, 3, 4, 4, 5, 6}, rows.get(1));
    assertThrows(IllegalArgumentException.class, () -> Sequences.windows(new long[] {1, 2}, 2, 1));
    try (Scope scope = Scope.open()) {
      assertArrayEquals(
          new long[] {2, 3}, Sequences.lengths(List.of(new long[] {1, 2}, new long[] {1, 2, 3, 4}), 3).toLongs());
    }
  }

  @Test
  void drawnTokensFollowTheirProbabilities() {
    double[] p = Sampling.topP(new double[] {0, 1, 2}, 1);
    assertEquals(1, java.util.Arrays.stream(p).sum(), 1e-12);
    assertEquals(0, Sampling.draw(p, 0));
    assertEquals(2, Sampling.draw(p, 0.999999999));
    assertEquals(2, Sampling.draw(Sampling.topK(new double[] {0, 1, 2}, 1), 0.3));
    double[] sharp = Sampling.temperature(new double[] {0, 1}, 0.1);
    assertTrue(sharp[1] > 0.9999);
    assertThrows(IllegalArgumentException.class, () -> Sampling.topK(new double[] {1}, 0));
    assertThrows(IllegalArgumentException.class, () -> Sampling.topP(new double[] {1}, 0));
    assertThrows(IllegalArgumentException.class, () -> Sampling.temperature(new double[] {1}, 0));
  }
}
