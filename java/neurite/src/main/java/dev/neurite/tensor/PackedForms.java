package dev.neurite.tensor;

import dev.neurite.error.TensorClosedException;
import dev.neurite.ops.Packed;
import dev.neurite.ops.Packing;
import java.util.Arrays;

/**
 * The packed forms of one parameter, one per {@link Packing}, each of the version it was made from. Readers never wait
 * for one another; a form that is replaced or dropped lives on until its last reader is done.
 *
 * <p>Holds no reference to the parameter: it is what the cleaner closes when the parameter has become unreachable.
 */
final class PackedForms implements Runnable {

  private static final long NEVER = -1;

  private volatile Slot[] slots = {};
  private boolean closed; // guarded by this

  /** What is kept for one packing. */
  private static final class Slot {
    final Packing packing;
    volatile Form form;
    volatile long requested = NEVER; // version of the last request

    Slot(Packing packing) {
      this.packing = packing;
    }
  }

  private record Form(Storage storage, long version) implements Packed {
    @Override
    public long addr() {
      return storage.address;
    }

    @Override
    public void close() {
      storage.release();
    }
  }

  Packed of(Param p, Packing packing, Packed.When when) {
    long version = p.version();
    Slot slot = slotOf(packing);
    Form form = slot.form;
    if (form != null && form.version == version && form.storage.tryRetain()) {
      return form;
    }
    if (when == Packed.When.REPEATED && slot.requested != version) {
      slot.requested = version;
      if (form != null) {
        drop(slot); // of values that are gone
      }
      return null;
    }
    return make(p, slot, when);
  }

  private Slot slotOf(Packing packing) {
    for (Slot s : slots) {
      if (s.packing.equals(packing)) {
        return s;
      }
    }
    return addSlot(packing);
  }

  private synchronized Slot addSlot(Packing packing) {
    for (Slot s : slots) {
      if (s.packing.equals(packing)) {
        return s;
      }
    }
    Slot added = new Slot(packing);
    Slot[] more = Arrays.copyOf(slots, slots.length + 1);
    more[slots.length] = added;
    slots = more;
    return added;
  }

  /** Packs under the lock: threads that ask at the same time share one form. */
  private synchronized Packed make(Param p, Slot slot, Packed.When when) {
    if (closed) {
      throw new TensorClosedException("Param '" + p.name() + "': expected an open parameter, given a closed one");
    }
    long version = p.version(); // before the values are read: a change meanwhile makes the form stale
    Form form = slot.form;
    if (form != null && form.version == version && form.storage.tryRetain()) {
      return form;
    }
    drop(slot);
    long bytes = slot.packing.bytes(p);
    Storage storage = when == Packed.When.ALWAYS
        ? Storage.allocate(p.device(), bytes, p.name() + " (packed)")
        : Storage.ifRoom(p.device(), bytes, p.name() + " (packed)");
    if (storage == null) {
      return null;
    }
    try {
      slot.packing.pack(p, storage.address);
    } catch (RuntimeException | Error e) {
      storage.release();
      throw e;
    }
    storage.retain();
    form = new Form(storage, version);
    slot.form = form;
    return form;
  }

  private synchronized void drop(Slot slot) {
    Form form = slot.form;
    if (form != null) {
      slot.form = null;
      form.storage.release();
    }
  }

  /** Frees all forms; none is made any more. */
  @Override
  public synchronized void run() {
    closed = true;
    for (Slot s : slots) {
      drop(s);
    }
  }
}
