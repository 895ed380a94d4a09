package dev.neurite.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Tape;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class Float32MatmulPrecisionTest {

  @Test
  void highestIsTheDefaultAndAThreadMayChooseAnother() throws InterruptedException {
    assertEquals(Float32MatmulPrecision.HIGHEST, Float32MatmulPrecision.current());
    try (var use = Float32MatmulPrecision.MEDIUM.open()) {
      assertEquals(Float32MatmulPrecision.MEDIUM, Float32MatmulPrecision.current());
      Float32MatmulPrecision.IEEE.run(
          () -> assertEquals(Float32MatmulPrecision.IEEE, Float32MatmulPrecision.current()));
      assertEquals("MEDIUM", Float32MatmulPrecision.MEDIUM.run(() -> Float32MatmulPrecision.current().name()));
      AtomicReference<Float32MatmulPrecision> other = new AtomicReference<>();
      Thread thread = new Thread(() -> other.set(Float32MatmulPrecision.current()));
      thread.start();
      thread.join();
      assertEquals(Float32MatmulPrecision.HIGHEST, other.get());
    }
    assertEquals(Float32MatmulPrecision.HIGHEST, Float32MatmulPrecision.current());
  }

  @Test
  void theDefaultHoldsForThreadsWithoutAChoice() {
    try {
      Float32MatmulPrecision.setDefault(Float32MatmulPrecision.HIGH);
      assertEquals(Float32MatmulPrecision.HIGH, Float32MatmulPrecision.current());
      Float32MatmulPrecision.IEEE.run(
          () -> assertEquals(Float32MatmulPrecision.IEEE, Float32MatmulPrecision.current()));
    } finally {
      Float32MatmulPrecision.setDefault(Float32MatmulPrecision.HIGHEST);
    }
  }

  @Test
  void anExceptionBringsTheModeBackToo() {
    assertThrows(
        IllegalStateException.class,
        () -> Float32MatmulPrecision.IEEE.run((Runnable) () -> {
          throw new IllegalStateException();
        }));
    assertEquals(Float32MatmulPrecision.HIGHEST, Float32MatmulPrecision.current());
  }

  @Test
  void anotherThreadCannotCloseAUse() throws InterruptedException {
    try (var use = Float32MatmulPrecision.IEEE.open()) {
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread thread = new Thread(() -> thrown.set(assertThrows(IllegalStateException.class, use::close)));
      thread.start();
      thread.join();
      assertTrue(thrown.get().getMessage().contains("on the thread of open()"), thrown.get().getMessage());
      assertEquals(Float32MatmulPrecision.IEEE, Float32MatmulPrecision.current());
    }
  }

  @Test
  void backwardHasTheModeOfItsForward() {
    Param w = Param.of("w", Tensor.ones(Shape.of(2, 2), DType.FLOAT32));
    try (w; Tape tape = Tape.open()) {
      Tensor exact = Float32MatmulPrecision.IEEE.run(() -> w.matmul(w));
      Tensor rest = Float32MatmulPrecision.MEDIUM.run(() -> exact.matmul(w));
      Tensor loss = rest.sum();
      assertEquals(Float32MatmulPrecision.IEEE, tape.precisionOf(exact));
      assertEquals(Float32MatmulPrecision.MEDIUM, tape.precisionOf(rest));
      assertEquals(Float32MatmulPrecision.HIGHEST, tape.precisionOf(loss));
      assertNull(tape.precisionOf(w));
      Float32MatmulPrecision.HIGH.run(() -> {
        tape.gradients(loss, List.of(w));
        assertEquals(Float32MatmulPrecision.HIGH, Float32MatmulPrecision.current());
      });
    }
  }

  @Test
  void whatAModeComesToIsToldInWords() {
    assertEquals("float32 FMA on " + Neurite.isa(), Float32MatmulPrecision.IEEE.describe());
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(Shape.of(128, 128), DType.FLOAT32);
      for (Float32MatmulPrecision mode : Float32MatmulPrecision.values()) {
        mode.run((Runnable) () -> x.matmul(x));
        assertEquals(mode.describe(), Float32MatmulPrecision.lastUsed(), mode.name());
      }
      Tensor few = Tensor.ones(Shape.of(3, 3), DType.FLOAT32);
      few.matmul(few);
      assertEquals("float32 FMA on " + Neurite.isa(), Float32MatmulPrecision.lastUsed());
    }
  }
}
