// Hash table from the address of a block to its record: linear probing, no tombstones. Looking an
// address up never touches the memory it points to, so any number may be asked for.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <vector>

namespace nrt {

template <typename Record>
class BlockTable {
 public:
  BlockTable() : slots_(kFirst, nullptr) {}

  Record* find(int64_t address) const {
    for (size_t i = home(address);; i = next(i)) {
      if (slots_[i] == nullptr || slots_[i]->address == address) return slots_[i];
    }
  }

  // Makes room for one more record, so that the insert that follows cannot fail.
  void reserve_one() {
    if (2 * (used_ + 1) <= slots_.size()) return;
    std::vector<Record*> old(2 * slots_.size(), nullptr);
    old.swap(slots_);
    for (Record* record : old) {
      if (record != nullptr) place(record);
    }
  }

  void insert(Record* record) {
    ++used_;
    place(record);
  }

  void erase(int64_t address) {
    size_t hole = home(address);
    while (slots_[hole]->address != address) hole = next(hole);
    for (size_t i = next(hole); slots_[i] != nullptr; i = next(i)) {
      // A record may move into the hole unless its home lies cyclically between hole and itself.
      const size_t wanted = home(slots_[i]->address);
      if (((i - wanted) & mask()) >= ((i - hole) & mask())) {
        slots_[hole] = slots_[i];
        hole = i;
      }
    }
    slots_[hole] = nullptr;
    --used_;
  }

  template <typename F>
  void for_each(const F& body) const {
    for (Record* record : slots_) {
      if (record != nullptr) body(record);
    }
  }

 private:
  static constexpr size_t kFirst = 1024;  // a power of two, as every later size

  size_t mask() const { return slots_.size() - 1; }
  size_t next(size_t i) const { return (i + 1) & mask(); }
  size_t home(int64_t address) const {
    return static_cast<size_t>(static_cast<uint64_t>(address) * 0x9E3779B97F4A7C15ull >> 32) & mask();
  }
  void place(Record* record) {
    size_t i = home(record->address);
    while (slots_[i] != nullptr) i = next(i);
    slots_[i] = record;
  }

  std::vector<Record*> slots_;
  size_t used_ = 0;
};

}  // namespace nrt
