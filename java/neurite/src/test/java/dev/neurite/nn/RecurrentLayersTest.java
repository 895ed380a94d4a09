package dev.neurite.nn;

import dev.neurite.init.Initializers;
import dev.neurite.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** The contract for recurrent layers and their wrappers. */
class RecurrentLayersTest extends LayerContract {

  private static final Shape X = Shape.of(3, 4, 2);
  private static final Shape LENGTHS = Shape.of(3);
  private static final Shape STATE = Shape.of(3, 3);

  @Override
  protected List<Case> cases() {
    List<Case> all = new ArrayList<>();
    simple(all);
    lstm(all);
    gru(all);
    wrappers(all);
    return all;
  }

  private static void simple(List<Case> all) {
    all.add(
        layer("simple rnn", () -> SimpleRnn.of(3), X).output(3, 3).parameters(18).multiplyAdds(60)
            .refuses(Shape.of(3, 4), "expected [batch, time, features], given [-1, 4]"));
    all.add(
        layer("simple rnn, seven steps, sequences", () -> SimpleRnn.of(3).returnSequences(true), Shape.of(2, 7, 2))
            .output(2, 7, 3));
    all.add(layer("simple rnn, relu", () -> SimpleRnn.of(3).activation(Activation.RELU), X).output(3, 3));
    all.add(
        layer("simple rnn, gelu step by step",
            () -> SimpleRnn.of(3).activation(Activation.GELU).returnSequences(true), X).output(3, 4, 3));
    all.add(
        layer("simple rnn, lengths", () -> SimpleRnn.of(3).returnSequences(true), X, LENGTHS).integers(1, 2, 4, 0)
            .output(3, 4, 3));
    all.add(
        layer("simple rnn, lengths, state", () -> SimpleRnn.of(3), X, LENGTHS, STATE).integers(1, 2, 4, 1)
            .output(3, 3));
    all.add(
        layer("simple rnn, dropouts", () -> SimpleRnn.of(3).dropout(0.3).recurrentDropout(0.2), X).output(3, 3)
            .random());
  }

  private static void lstm(List<Case> all) {
    all.add(
        layer("lstm", () -> Lstm.of(20), Shape.of(2, 3, 10)).output(2, 20).parameters(2480).multiplyAdds(7200)
            .refuses(Shape.of(3, 4, 5, 6), "expected [batch, time, features]"));
    all.add(
        layer("lstm, seven steps, sequences", () -> Lstm.of(3).returnSequences(true), Shape.of(2, 7, 2))
            .output(2, 7, 3));
    all.add(
        layer("lstm, lengths, zero output", () -> Lstm.of(3).returnSequences(true).zeroOutput(true), X, LENGTHS)
            .integers(1, 2, 4, 0).output(3, 4, 3));
    all.add(
        layer("lstm, peephole, seven steps", () -> Lstm.of(3).peephole(true), Shape.of(2, 7, 2)).output(2, 3)
            .parameters(81));
    all.add(
        layer("lstm, peephole, step by step",
            () -> Lstm.of(3).peephole(true).fused(false).unitForgetBias(false), X, LENGTHS).integers(1, 2, 4, 1)
            .output(3, 3));
    all.add(
        layer("lstm, backwards, no bias",
            () -> Lstm.of(3).goBackwards(true).bias(false).returnSequences(true), X, LENGTHS).integers(1, 2, 4, 1)
            .output(3, 4, 3).parameters(60));
    all.add(
        layer("lstm, states in", () -> Lstm.of(3), X, STATE, STATE).output(3, 3));
    all.add(
        layer("lstm, other activations",
            () -> Lstm.of(3).activation(Activation.SOFTSIGN).recurrentActivation(Activation.hardSigmoid(0.2, 0.5)),
            X).output(3, 3));
    all.add(
        layer("lstm, dropouts", () -> Lstm.of(3).dropout(0.3).recurrentDropout(0.2), X).output(3, 3).random());
  }

  private static void gru(List<Case> all) {
    for (boolean after : new boolean[] {true, false}) {
      String kind = after ? "reset after" : "reset before";
      all.add(
          layer("gru, " + kind, () -> random(Gru.of(3).resetAfter(after)), Shape.of(2, 7, 2)).output(2, 3)
              .parameters(after ? 63 : 54).multiplyAdds(315).refuses(Shape.of(2), "expected [batch, time, features]"));
      all.add(
          layer("gru, lengths, " + kind, () -> random(Gru.of(3).resetAfter(after)).returnSequences(true), X, LENGTHS)
              .integers(1, 2, 4, 0).output(3, 4, 3));
      all.add(
          layer("gru, step by step, " + kind, () -> random(Gru.of(3).resetAfter(after)).fused(false), X, LENGTHS)
              .integers(1, 2, 4, 1).output(3, 3));
      all.add(
          layer("gru, dropouts, " + kind, () -> Gru.of(3).resetAfter(after).recurrentDropout(0.2), X).output(3, 3)
              .random());
    }
    all.add(
        layer("gru, simplified", () -> random(Gru.of(3).relevanceGate(false)), X).output(3, 3).parameters(36));
    all.add(
        layer("gru, simplified, step by step", () -> random(Gru.of(3).relevanceGate(false)).fused(false), X)
            .output(3, 3));
    all.add(layer("gru, no bias", () -> Gru.of(3).bias(false), X).output(3, 3).parameters(45));
  }

  /** With biases that matter. */
  private static Gru random(Gru gru) {
    return gru.biasInitializer(Initializers.uniform());
  }

  private static void wrappers(List<Case> all) {
    for (Bidirectional.Merge merge : Bidirectional.Merge.values()) {
      long width = merge == Bidirectional.Merge.CONCAT ? 6 : 3;
      all.add(
          layer("bidirectional, " + merge,
              () -> Bidirectional.of(Gru.of(3).returnSequences(true)).merge(merge), X, LENGTHS).integers(1, 2, 4, 0)
              .output(3, 4, width).parameters(126));
    }
    all.add(
        layer("bidirectional, last output", () -> Bidirectional.of(Lstm.of(3).name("words")), X).output(3, 6)
            .parameters(144).multiplyAdds(480));
    all.add(
        layer("bidirectional, states in", () -> Bidirectional.of(SimpleRnn.of(3)), X, LENGTHS, STATE, STATE)
            .integers(1, 2, 4, 1).output(3, 6));
    all.add(
        layer("bidirectional, two layers",
            () -> Bidirectional.of(Gru.of(3), Lstm.of(2).goBackwards(true).inputOrder(true)), X).output(3, 5));
    all.add(
        layer("time distributed dense", () -> TimeDistributed.of(Dense.of(5)), X).output(3, 4, 5).parameters(15)
            .multiplyAdds(40).refuses(Shape.of(3, 4), "expected [batch, time, ...], given [-1, 4]"));
    all.add(
        layer("time distributed convolution", () -> TimeDistributed.of(Conv2D.of(2, 3)), Shape.of(2, 3, 5, 5, 1))
            .output(2, 3, 3, 3, 2).parameters(20).multiplyAdds(486));
    all.add(
        layer("time distributed dense, lengths", () -> TimeDistributed.of(Dense.of(5)), X, LENGTHS)
            .integers(1, 2, 4, 0).output(3, 4, 5).parameters(15));
    all.add(
        layer("time distributed activation", () -> TimeDistributed.of(Activation.TANH), X).output(3, 4, 2)
            .parameters(0));
  }
}
