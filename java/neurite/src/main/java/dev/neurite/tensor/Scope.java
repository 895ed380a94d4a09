package dev.neurite.tensor;

import dev.neurite.natives.Abi;
import dev.neurite.ops.Backend;
import dev.neurite.ops.Current;
import dev.neurite.ops.Settings;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Owns the tensors made while it is the innermost open scope of its thread, and frees them together when closed.
 *
 * <p>A tensor leaves by being returned from {@link #run} or by {@link #keep}: it then belongs to the enclosing scope,
 * or is loose where there is none. {@code fit}, {@code evaluate}, {@code predict}, {@code minimize} and every layer
 * call open scopes themselves; user code seldom needs one.
 *
 * <pre>{@code
 * try (Scope s = Scope.open()) {
 *   Tensor y = model.call(x);
 *   System.out.println(y.sum().item());
 * }                                        // all of it freed, in one native call
 * }</pre>
 *
 * <p>Scopes are confined to the thread that opened them and close in reverse order of opening.
 */
public final class Scope implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger("neurite.memory");
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final int SAMPLE_EVERY = 128;

  private final Scope parent;
  private final Current current;
  private Tensor[] tensors = new Tensor[8];
  private int count;
  private boolean closed;

  private Scope(Current current) {
    this.current = current;
    this.parent = current.scope;
    current.scope = this;
    Settings.Leak level = Settings.get().leak();
    if (level == Settings.Leak.FULL
        || level == Settings.Leak.SAMPLE && (COUNT.getAndIncrement() & (SAMPLE_EVERY - 1)) == 0) {
      watch(new Throwable("scope opened here"));
    }
  }

  private Guard guard;

  private void watch(Throwable opened) {
    guard = new Guard(opened);
    Collector.CLEANER.register(this, guard);
  }

  /** Reports a scope that was collected without having been closed. */
  private static final class Guard implements Runnable {
    private final Throwable opened;
    private volatile boolean closed;

    Guard(Throwable opened) {
      this.opened = opened;
    }

    @Override
    public void run() {
      if (!closed) {
        LOG.log(System.Logger.Level.WARNING, "a scope was never closed; open it in a try statement", opened);
      }
    }
  }

  /** Opens a scope on the calling thread. */
  public static Scope open() {
    return new Scope(Current.get());
  }

  /**
   * Runs code in a scope of its own; a returned tensor (also inside an array, a list, or the values of a map) is kept
   * and belongs to the enclosing scope.
   */
  public static <T> T run(Supplier<T> code) {
    try (Scope scope = open()) {
      T result = code.get();
      scope.keepAll(result);
      return result;
    }
  }

  private void keepAll(Object result) {
    if (result instanceof Tensor t) {
      keep(t);
    } else if (result instanceof Tensor[] all) {
      for (Tensor t : all) {
        keep(t);
      }
    } else if (result instanceof Iterable<?> all) {
      for (Object t : all) {
        keepAll(t);
      }
    } else if (result instanceof java.util.Map<?, ?> map) {
      map.values().forEach(this::keepAll);
    }
  }

  /**
   * Moves a tensor of this scope to the enclosing one (makes it loose where there is none). Tensors of other scopes,
   * loose tensors and parameters stay where they are.
   *
   * @return the same tensor
   */
  public Tensor keep(Tensor t) {
    if (t.scope() == this) {
      t.moveTo(parent);
    }
    return t;
  }

  /** True after {@link #close()}. */
  public boolean isClosed() {
    return closed;
  }

  void add(Tensor t) {
    if (count == tensors.length) {
      compact();
    }
    tensors[count++] = t;
  }

  /** Drops entries that were closed or moved away before growing: a long loop in one scope stays small. */
  private void compact() {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      Tensor t = tensors[i];
      if (t.scope() == this && !t.isClosed()) {
        tensors[kept++] = t;
      }
    }
    Arrays.fill(tensors, kept, count, null);
    count = kept;
    if (kept > tensors.length / 2) {
      tensors = Arrays.copyOf(tensors, tensors.length * 2);
    }
  }

  /**
   * Frees every tensor that still belongs to this scope, in one native call. Closing twice is harmless.
   *
   * @throws IllegalStateException when called on another thread, or while an inner scope is open
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (Current.get() != current) {
      throw new IllegalStateException("Scope: opened on one thread and closed on another");
    }
    if (current.scope != this) {
      throw new IllegalStateException("Scope: an inner scope is still open; close scopes in reverse order");
    }
    closed = true;
    current.scope = parent;
    if (guard != null) {
      guard.closed = true;
    }
    long[] blocks = new long[count];
    int freed = 0;
    for (int i = 0; i < count; i++) {
      Storage s = tensors[i].leaveClosing(this);
      if (s != null && s.drop()) {
        if (s.device.kind() == Device.Kind.CPU) {
          blocks[freed++] = s.address;
        } else {
          Abi.nrt_free(Backend.ctx(s.device), s.address);
        }
      }
    }
    tensors = null;
    if (freed == 1) {
      Abi.nrt_free(Backend.cpu(), blocks[0]);
    } else if (freed > 1) {
      Abi.nrt_free_many(Backend.cpu(), blocks, freed);
    }
  }
}
