package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.loss.Losses;
import dev.neurite.loss.SequenceLoss;
import dev.neurite.metric.Metrics;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Fit;
import dev.neurite.train.History;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Small problems that only a network with a memory can solve. */
class RecurrentTrainingTest {

  private static final String TEXT = "the cat sat on the mat. ";

  /** One letter per number; the text is periodic, and no letter alone says which follows. */
  @Test
  void aCharacterModelLearnsASentenceByHeart() {
    Neurite.seed(3);
    List<Integer> letters = TEXT.chars().distinct().sorted().boxed().toList();
    int steps = 12;
    int count = TEXT.length();
    long[] x = new long[count * steps];
    long[] y = new long[count];
    for (int i = 0; i < count; i++) {
      for (int t = 0; t < steps; t++) {
        x[i * steps + t] = letters.indexOf((int) TEXT.charAt((i + t) % count));
      }
      y[i] = letters.indexOf((int) TEXT.charAt((i + steps) % count));
    }
    for (Recurrent<?> layer : List.of(SimpleRnn.of(24), Lstm.of(24), Gru.of(24))) {
      try (Scope scope = Scope.open();
          Model model =
              Model.sequential(
                  Input.of(steps).dtype(DType.INT64), Embedding.of(letters.size(), 8), layer,
                  Dense.of(letters.size()))) {
        model.compile(Adam.of(0.02), Losses.softmaxCrossEntropy(), Metrics.accuracy());
        History history =
            model.fit(
                Dataset.of(Tensor.of(x, Shape.of(count, steps)), Tensor.ofLongs(y)).batch(8), Fit.epochs(30).seed(1));
        double accuracy = history.last("accuracy");
        assertEquals(1, accuracy, layer.typeName());
        assertTrue(history.last("loss") < 0.2, layer.typeName() + " " + history.last("loss"));
      }
    }
  }

  /** Says at the end which of two signs stood at the start, at each step's own padding. */
  @Test
  void paddedSequencesAreClassifiedByTheirFirstStep() {
    Neurite.seed(4);
    int count = 64;
    int time = 10;
    double[] x = new double[count * time];
    long[] lengths = new long[count];
    double[] y = new double[count * time];
    for (int b = 0; b < count; b++) {
      lengths[b] = 2 + b * 7 % 9;
      for (int t = 0; t < time; t++) {
        double sign = t == 0 ? b % 2 == 0 ? 1 : -1 : 0.3 * Math.sin(5.1 * b + 2.3 * t);
        x[b * time + t] = t < lengths[b] ? sign : 1e6; // padding would dominate everything
        y[b * time + t] = b % 2;
      }
    }
    try (Scope scope = Scope.open()) {
      Input in = Input.of(time, 1);
      Input len = Input.of().dtype(DType.INT64);
      Node h = Gru.of(8).returnSequences(true).on(in, len);
      Model model = Model.of(List.of(in, len), TimeDistributed.of(Dense.of(1)).on(h, len));
      Tensor inputs = Tensor.of(x, Shape.of(count, time, 1), DType.FLOAT32);
      Tensor ends = Tensor.ofLongs(lengths);
      Tensor labels = Tensor.of(y, Shape.of(count, time, 1), DType.FLOAT32);
      SequenceLoss loss = Losses.sequence(Losses.sigmoidCrossEntropy()).perStep(true);
      Param[] params = model.trainableParams().toArray(Param[]::new);
      Adam adam = Adam.of(0.03);
      double last = 1;
      for (int i = 0; i < 80; i++) {
        last =
            adam.minimize(
                () -> loss.apply(labels, model.call(List.of(inputs, ends), Pass.training(1)).get(0), ends), params);
      }
      assertTrue(last < 0.02, "loss " + last);
      adam.close();
      model.close();
    }
  }

  /** Lengths as a second input of a compiled model: what padding holds does not matter to fit, evaluate or predict. */
  @Test
  void aModelWithLengthsIsFittedWhateverThePaddingHolds() {
    double[] clean = fitted(0);
    double[] dirty = fitted(1e6);
    assertArrayEquals(clean, dirty);
    assertTrue(clean[0] < 0.1, "loss " + clean[0]);
  }

  private static double[] fitted(double padding) {
    Neurite.seed(5);
    int count = 48;
    int time = 6;
    double[] x = new double[count * time];
    long[] lengths = new long[count];
    long[] y = new long[count];
    for (int b = 0; b < count; b++) {
      lengths[b] = 1 + b % time;
      y[b] = b / 2 % 2;
      for (int t = 0; t < time; t++) {
        boolean last = t == lengths[b] - 1;
        x[b * time + t] = t >= lengths[b] ? padding : last ? 2 * y[b] - 1 : 0.2 * Math.cos(3.3 * b + t);
      }
    }
    try (Scope scope = Scope.open()) {
      Input in = Input.of(time, 1);
      Input len = Input.of().dtype(DType.INT64);
      Model model = Model.of(List.of(in, len), Dense.of(2).on(Lstm.of(6).on(in, len)));
      model.compile(Adam.of(0.05), Losses.softmaxCrossEntropy());
      List<Tensor> inputs = List.of(Tensor.of(x, Shape.of(count, time, 1), DType.FLOAT32), Tensor.ofLongs(lengths));
      Dataset data = Dataset.of(inputs, Tensor.ofLongs(y));
      History history = model.fit(data.batch(12), Fit.epochs(25).seed(1));
      double loss = history.last("loss");
      model.close();
      return new double[] {loss};
    }
  }
}
