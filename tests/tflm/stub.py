"""A stand-in for the headers of TensorFlow Lite Micro: `stub FOLDER` writes them there.

Its interpreter needs ARENA bytes on its way and says that it uses USED; its one output is its one input, each byte
exclusive or 0x55. It aborts where it is used in a way that TFLM would not bear.
"""

from __future__ import annotations

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
  MicroInterpreter(const Model *model, const MicroOpResolver &resolver, uint8_t *arena, size_t bytes)
      : arena_(arena), bytes_(bytes), operators_(resolver.count()) {
    const bool flatbuffer = model->bytes[4] == 'T' && model->bytes[5] == 'F' && model->bytes[6] == 'L';
    const bool aligned = reinterpret_cast<uintptr_t>(model) % 16 == 0 && reinterpret_cast<uintptr_t>(arena) % 16 == 0;
    if (!flatbuffer || !aligned || bytes < USED - 16) std::abort();
  }
  TfLiteStatus AllocateTensors() {
    if (operators_ == 0 || bytes_ < ARENA) return kTfLiteError;
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
  size_t bytes_;
  unsigned int operators_;
  TfLiteTensor input_ = {}, output_ = {};
};
}  // namespace tflite
"""


def headers() -> dict[str, str]:
    """Their text, by path."""
    methods = "\n".join(f'  TfLiteStatus {method(kind)}() {{ return add("{kind}"); }}' for kind in sorted(KINDS))
    interpreter = _INTERPRETER
    for name, value in (("ARENA", ARENA), ("USED", USED), ("OUTPUT", OUTPUT)):
        interpreter = interpreter.replace(name, str(value))
    return {
        "tensorflow/lite/micro/micro_mutable_op_resolver.h": _RESOLVER.replace("METHODS", methods),
        "tensorflow/lite/micro/micro_interpreter.h": interpreter,
        "tensorflow/lite/schema/schema_generated.h": _SCHEMA,
    }


def write(folder: Path) -> None:
    """Writes them into a folder."""
    for path, text in headers().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
