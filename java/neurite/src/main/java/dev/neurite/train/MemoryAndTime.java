package dev.neurite.train;

import dev.neurite.Neurite;
import java.util.Map;

/**
 * Puts memory and speed of each epoch into the history: {@code live_bytes} and {@code peak_bytes} of tensors (the peak
 * within the epoch; the library's counter is set back for it), {@code heap_bytes} of Java, {@code train_seconds}
 * (without validation) and {@code samples_per_second}.
 */
public final class MemoryAndTime implements Callback {

  @Override
  public void epochBegin(Run run) {
    Neurite.resetPeakMemory();
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    Neurite.Memory memory = Neurite.memory();
    Runtime java = Runtime.getRuntime();
    values.put("live_bytes", (double) memory.live());
    values.put("peak_bytes", (double) memory.peak());
    values.put("heap_bytes", (double) (java.totalMemory() - java.freeMemory()));
    values.put("train_seconds", run.trainingSeconds());
    values.put("samples_per_second", run.examples() / Math.max(run.trainingSeconds(), 1e-9));
  }
}
