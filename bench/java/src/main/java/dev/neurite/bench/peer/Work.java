package dev.neurite.bench.peer;

/** A case made ready: {@link #run} is timed, {@link #check} is called once after the first run. */
public interface Work extends AutoCloseable {

  /** One repetition. */
  void run();

  /** Compares the result with an independent computation; says how well it agrees, throws when it does not. */
  String check();

  /** How it is done (variant, layout, who allocates). */
  String note();

  /** Frees what the case holds. */
  @Override
  default void close() {}

  /** A case this library has nothing for. */
  final class Skip extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Skip(String why) {
      super(why);
    }
  }
}
