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

  /** Name of the op or layer that is running, for memory reports and messages; may be null. */
  public String layer;

  private Current() {}

  /** The calling thread's state. */
  public static Current get() {
    return THREAD.get();
  }
}
