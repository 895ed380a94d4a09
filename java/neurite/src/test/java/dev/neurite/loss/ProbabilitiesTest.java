package dev.neurite.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProbabilitiesTest {

  private static final Logger LOGGER = Logger.getLogger("neurite.loss");

  private final List<String> messages = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          messages.add(record.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private Scope scope;

  @BeforeEach
  void listen() {
    scope = Scope.open();
    LOGGER.addHandler(handler);
  }

  @AfterEach
  void stop() {
    LOGGER.removeHandler(handler);
    scope.close();
  }

  @Test
  void rowThatDoesNotSumToOneIsReportedOnce() {
    var loss = Losses.categoricalCrossEntropy();
    Tensor y = Tensor.of(new double[][] {{1, 0}, {0, 1}});
    Tensor bad = Tensor.of(new double[][] {{0.5, 0.5}, {0.5, 0.75}});

    loss.apply(y, bad);
    loss.apply(y, bad);

    assertEquals(1, messages.size());
    assertTrue(
        messages.get(0).startsWith("categoricalCrossEntropy: row 1 of the predictions sums to 1.25, not 1"),
        messages.get(0));
  }

  @Test
  void labelRowThatDoesNotSumToOneIsReported() {
    Tensor p = Tensor.of(new double[][] {{0.5, 0.5}});
    Losses.categoricalCrossEntropy().apply(Tensor.of(new double[][] {{1, 1}}), p);
    assertTrue(messages.get(0).contains("row 0 of the labels sums to 2.0"), messages.toString());
  }

  @Test
  void valueOutsideZeroAndOneIsReportedWithItsRow() {
    Tensor p = Tensor.of(new double[][] {{0.5}, {0.25}, {-2}});
    Losses.binaryCrossEntropy().apply(Tensor.of(new double[][] {{0}, {1}, {1}}), p);
    assertTrue(messages.get(0).contains("row 2 of the predictions holds -2.0, outside [0, 1]"), messages.toString());
  }

  @Test
  void probabilitiesAndLogitsAreNotReported() {
    Tensor y = Tensor.of(new double[][] {{1, 0}});
    Losses.categoricalCrossEntropy().apply(y, Tensor.of(new double[][] {{0.25, 0.75}}));
    Losses.categoricalCrossEntropy().fromLogits(true).apply(y, Tensor.of(new double[][] {{5, -3}}));
    assertEquals(List.of(), messages);
  }
}
