package dev.neurite.tensor;

import dev.neurite.error.OutOfMemoryException;
import dev.neurite.natives.Abi;
import dev.neurite.natives.Natives;
import dev.neurite.ops.Backend;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/** One block of device memory, counted: tensors and views share it, the last one out frees it. */
final class Storage {

  private static final VarHandle REFERENCES;
  /** Loose tensors alive: only they can be helped by a garbage collection when memory is short. */
  static final AtomicLong LOOSE = new AtomicLong();

  static {
    try {
      REFERENCES = MethodHandles.lookup().findVarHandle(Storage.class, "references", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Device device;
  final long address;
  final long bytes;

  @SuppressWarnings("unused") // through REFERENCES
  private volatile int references = 1;

  private Storage(Device device, long address, long bytes) {
    this.device = device;
    this.address = address;
    this.bytes = bytes;
  }

  static Storage allocate(Device device, long bytes, String op) {
    long ctx = Backend.ctx(device);
    long address = Abi.nrt_alloc(ctx, bytes);
    if (address == 0) {
      address = retry(ctx, bytes, op);
    }
    return counted(device, address, bytes, op);
  }

  /** As {@link #allocate}, but null where memory is short: for what only makes things faster. */
  static Storage ifRoom(Device device, long bytes, String op) {
    long address = Abi.nrt_alloc(Backend.ctx(device), bytes);
    return address == 0 ? null : counted(device, address, bytes, op);
  }

  private static Storage counted(Device device, long address, long bytes, String op) {
    Storage s = new Storage(device, address, bytes);
    if (MemoryReport.TRACKING) {
      MemoryReport.made(s, op);
    }
    return s;
  }

  /** Second chance: give cached memory back; if loose tensors exist, collect once. Never on the good path. */
  private static long retry(long ctx, long bytes, String op) {
    String first = Natives.lastError();
    Abi.nrt_memory_trim(ctx);
    long address = Abi.nrt_alloc(ctx, bytes);
    if (address == 0 && LOOSE.get() > 0) {
      Collector.collectOnce();
      Abi.nrt_memory_trim(ctx);
      address = Abi.nrt_alloc(ctx, bytes);
    }
    if (address == 0) {
      throw new OutOfMemoryException(
          "Neurite: out of memory in '" + op + "': " + first + "\n" + MemoryReport.largestHolders());
    }
    return address;
  }

  void retain() {
    REFERENCES.getAndAdd(this, 1);
  }

  /** One more reference, unless the last one has gone. */
  boolean tryRetain() {
    int now = references;
    while (now > 0) {
      int seen = (int) REFERENCES.compareAndExchange(this, now, now + 1);
      if (seen == now) {
        return true;
      }
      now = seen;
    }
    return false;
  }

  /** Drops one reference; true when it was the last, and the caller must free {@link #address}. */
  boolean drop() {
    boolean last = (int) REFERENCES.getAndAdd(this, -1) == 1;
    if (last && MemoryReport.TRACKING) {
      MemoryReport.freed(this);
    }
    return last;
  }

  void release() {
    if (drop()) {
      Abi.nrt_free(Backend.ctx(device), address);
    }
  }
}
