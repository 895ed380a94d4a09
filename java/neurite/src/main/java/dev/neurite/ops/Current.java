package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.tensor.Scope;

/** What a thread is in the middle of: its innermost scope, its tape, the layer it runs. */
public final class Current {

  private static final ThreadLocal<Current> THREAD = ThreadLocal.withInitial(Current::new);

  /** Innermost open scope, or null. */
  public Scope scope;

  /** Tape that records, or null. */
  public Tape tape;

  /** Path of the layer that is running, within its model; may be null. */
  public String layer;

  /** Path of the nested models that are running, with a dot at the end, or an empty string. */
  public String models = "";

  /** Precision of float32 products as bits for the native context's handle; 0: the process' default. */
  public long precision;

  private Current() {}

  /** Path of what is running, as exceptions name it ({@code encoder.words}), or an empty string. */
  public String path() {
    return layer != null ? models + layer : models.isEmpty() ? "" : models.substring(0, models.length() - 1);
  }

  /** The calling thread's state. */
  public static Current get() {
    return THREAD.get();
  }
}
