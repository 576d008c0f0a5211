"""A stand-in for the headers of TensorFlow Lite Micro: `stub FOLDER` writes them there.

Its interpreter needs ARENA bytes on its way and says that it uses USED; its one output is its one input, each byte
exclusive or 0x55. Where its allocator gives it no memory it aborts, as TFLM's kernels would.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tools.tflm.operators import KINDS, method

ARENA, USED = 1616, 1200
"""Bytes."""

OUTPUT = 256
"""Where in the arena the output lies."""

_RESOLVER = """\
#pragma once
enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };
namespace tflite {
class MicroOpResolver {
 public:
  virtual unsigned int count() const = 0;

 protected:
  ~MicroOpResolver() = default;
};

template <unsigned int room>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
METHODS
  unsigned int count() const override { return used; }
  const char *const *names() const { return added; }

 private:
  TfLiteStatus add(const char *name) {
    if (used == room) return kTfLiteError;
    added[used++] = name;
    return kTfLiteOk;
  }
  unsigned int used = 0;
  const char *added[room] = {};
};
}  // namespace tflite
"""

_SCHEMA = """\
#pragma once
#include <cstdint>
namespace tflite {
struct Model {
  uint8_t bytes[8];
};
inline const Model *GetModel(const void *data) { return static_cast<const Model *>(data); }
}  // namespace tflite
"""

_INTERPRETER = """\
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"
struct TfLiteTensor {
  union {
    void *raw;
  } data;
};
namespace tflite {
class MicroInterpreter {
 public:
  MicroInterpreter(const Model *model, const MicroOpResolver &resolver, MicroAllocator *allocator)
      : arena_(allocator->arena()), allocator_(allocator), operators_(resolver.count()) {
    const bool flatbuffer = model->bytes[4] == 'T' && model->bytes[5] == 'F' && model->bytes[6] == 'L';
    const bool aligned = reinterpret_cast<uintptr_t>(model) % 16 == 0 && reinterpret_cast<uintptr_t>(arena_) % 16 == 0;
    if (!flatbuffer || !aligned) std::abort();
  }
  TfLiteStatus AllocateTensors() {
    if (operators_ == 0) return kTfLiteError;
    allocator_->allocate();
    input_.data.raw = arena_;
    output_.data.raw = arena_ + OUTPUT;
    return kTfLiteOk;
  }
  TfLiteStatus Invoke() {
    for (int i = 0; i < OUTPUT; ++i) arena_[OUTPUT + i] = static_cast<uint8_t>(arena_[i] ^ 0x55);
    return kTfLiteOk;
  }
  size_t arena_used_bytes() const { return USED; }
  TfLiteTensor *input(size_t) { return &input_; }
  TfLiteTensor *output(size_t) { return &output_; }

 private:
  uint8_t *arena_;
  MicroAllocator *allocator_;
  unsigned int operators_;
  TfLiteTensor input_ = {}, output_ = {};
};
}  // namespace tflite
"""

_ALLOCATOR = """\
#pragma once
#include <cstddef>
#include <cstdint>
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#define TF_LITE_REMOVE_VIRTUAL_DELETE
namespace tflite {
class SingleArenaBufferAllocator {
 public:
  SingleArenaBufferAllocator(uint8_t *buffer, size_t size) : head_(buffer), temp_(buffer), tail_(buffer + size) {}
  virtual uint8_t *AllocatePersistentBuffer(size_t size, size_t) {
    if (static_cast<size_t>(tail_ - head_) < size) return nullptr;
    return tail_ -= size;
  }
  virtual uint8_t *AllocateTemp(size_t size, size_t) {
    if (static_cast<size_t>(tail_ - temp_) < size) return nullptr;
    temp_ += size;
    return temp_ - size;
  }
  virtual void DeallocateTemp(uint8_t *) { temp_ = head_; }
  virtual TfLiteStatus ResizeBuffer(uint8_t *, size_t, size_t) { return kTfLiteOk; }
  uint8_t *buffer() const { return head_; }

 protected:
  ~SingleArenaBufferAllocator() = default;
  uint8_t *tail() const { return tail_; }

 private:
  uint8_t *head_, *temp_, *tail_;
};
struct GreedyMemoryPlanner {
  int unused[4] = {};
};
}  // namespace tflite
"""

_MICRO_ALLOCATOR = """\
#pragma once
#include <cstdlib>
#include <new>
#include "tensorflow/lite/micro/arena_allocator/single_arena_buffer_allocator.h"
namespace tflite {
class MicroAllocator {
 public:
  static MicroAllocator *Create(uint8_t *arena, size_t bytes) {
    alignas(SingleArenaBufferAllocator) static unsigned char memory[sizeof(SingleArenaBufferAllocator)];
    auto *const allocator = new (memory) SingleArenaBufferAllocator(arena, bytes);
    allocator->AllocatePersistentBuffer(sizeof *allocator + sizeof(GreedyMemoryPlanner), 1);
    return Create(allocator, nullptr);
  }
  static MicroAllocator *Create(SingleArenaBufferAllocator *allocator, GreedyMemoryPlanner *) {
    static MicroAllocator made;
    made.allocator_ = allocator;
    return &made;
  }
  uint8_t *arena() const { return allocator_->buffer(); }
  // Like a kernel that goes on with what it is given.
  void allocate() {
    const size_t objects = sizeof(SingleArenaBufferAllocator) + sizeof(GreedyMemoryPlanner);
    if (allocator_->AllocatePersistentBuffer(USED - objects, 1) == nullptr) std::abort();
    uint8_t *const temp = allocator_->AllocateTemp(ARENA - USED, 1);
    if (temp == nullptr) std::abort();
    allocator_->DeallocateTemp(temp);
  }

 private:
  SingleArenaBufferAllocator *allocator_ = nullptr;
};
}  // namespace tflite
"""

_FORWARD = '#pragma once\n#include "tensorflow/lite/micro/arena_allocator/single_arena_buffer_allocator.h"\n'


def headers() -> dict[str, str]:
    """Their text, by path."""
    methods = "\n".join(f'  TfLiteStatus {method(kind)}() {{ return add("{kind}"); }}' for kind in sorted(KINDS))
    micro = "tensorflow/lite/micro"
    texts = {
        f"{micro}/arena_allocator/single_arena_buffer_allocator.h": _ALLOCATOR,
        f"{micro}/compatibility.h": _FORWARD,
        f"{micro}/memory_planner/greedy_memory_planner.h": _FORWARD,
        f"{micro}/micro_allocator.h": _MICRO_ALLOCATOR,
        f"{micro}/micro_interpreter.h": _INTERPRETER,
        f"{micro}/micro_mutable_op_resolver.h": _RESOLVER.replace("METHODS", methods),
        "tensorflow/lite/schema/schema_generated.h": _SCHEMA,
    }
    for name, value in (("ARENA", ARENA), ("USED", USED), ("OUTPUT", OUTPUT)):
        texts = {path: re.sub(rf"\b{name}\b", str(value), text) for path, text in texts.items()}
    return texts


def write(folder: Path) -> None:
    """Writes them into a folder."""
    for path, text in headers().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
