"""Small archives in Model Library Format: a network that doubles its input, and the C runtime that it needs.

`archives.py KIND OUT.tar` writes one.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

ELEMENTS = 8

_DLPACK = """\
#ifndef DLPACK_H
#define DLPACK_H
#include <stdint.h>
typedef struct { int device_type; int device_id; } DLDevice;
#endif
"""
_ERRORS = """\
#ifndef ERROR_CODES_H
#define ERROR_CODES_H
typedef enum { kTvmErrorNoError = 0, kTvmErrorPlatformNoMemory = 3 } tvm_crt_error_t;
#endif
"""
_PLATFORM = """\
#ifndef PLATFORM_H
#define PLATFORM_H
#include <stddef.h>
#include <dlpack/dlpack.h>
#include <tvm/runtime/crt/error_codes.h>
void __attribute__((noreturn)) TVMPlatformAbort(tvm_crt_error_t code);
tvm_crt_error_t TVMPlatformMemoryAllocate(size_t num_bytes, DLDevice dev, void** out_ptr);
tvm_crt_error_t TVMPlatformMemoryFree(void* ptr, DLDevice dev);
#endif
"""
_BACKEND_HEADER = """\
#ifndef BACKEND_H
#define BACKEND_H
#include <stdint.h>
void* TVMBackendAllocWorkspace(int device_type, int device_id, uint64_t nbytes, int code, int bits);
int TVMBackendFreeWorkspace(int device_type, int device_id, void* ptr);
#endif
"""
_BACKEND = """\
#include <tvm/runtime/c_backend_api.h>
#include <tvm/runtime/crt/platform.h>
#include <inttypes.h>
#include "crt_config.h"
int TVMFuncRegisterGlobal(const char* name, void* f, int override);
void TVMLogf(const char* format, ...);
void* TVMBackendAllocWorkspace(int device_type, int device_id, uint64_t nbytes, int code, int bits) {
  DLDevice device = {device_type, device_id};
  void* pointer = 0;
  if (TVMPlatformMemoryAllocate(nbytes, device, &pointer) != kTvmErrorNoError) {
    TVMLogf("no memory for %" PRIu64 " bytes", nbytes);
    TVMPlatformAbort(kTvmErrorPlatformNoMemory);
  }
  return pointer;
}
int TVMBackendFreeWorkspace(int device_type, int device_id, void* ptr) {
  DLDevice device = {device_type, device_id};
  return TVMPlatformMemoryFree(ptr, device);
}
int TVMBackendRegisterSystemLibSymbol(const char* name, void* ptr) {
  return TVMFuncRegisterGlobal(name, ptr, 0);
}
"""


def interface(pool: int | None) -> str:
    """The C interface's header, as TVM writes it."""
    pools = "struct tvmgen_default_workspace_pools {\n  void* fast_memory;\n};\n" if pool else ""
    size = f"#define TVMGEN_DEFAULT_FAST_MEMORY_WORKSPACE_POOL_SIZE {pool}\n" if pool else ""
    argument = ",\n  struct tvmgen_default_workspace_pools* workspace_pools" if pool else ""
    return f"""\
#ifndef TVMGEN_DEFAULT_H_
#define TVMGEN_DEFAULT_H_
#include <stdint.h>
struct tvmgen_default_inputs {{
  void* window_in;
}};
struct tvmgen_default_outputs {{
  void* output;
}};
{pools}{size}int32_t tvmgen_default_run(
  struct tvmgen_default_inputs* inputs,
  struct tvmgen_default_outputs* outputs{argument}
);
#endif
"""


def source(kind: str, c_type: str) -> str:
    """Doubles each element by way of two workspaces, which it wants aligned and gives back in reverse order."""
    bytes_each = f"{ELEMENTS} * sizeof({c_type})"
    take, give, parameter = {
        "stack": (
            f"{c_type}* a = TVMBackendAllocWorkspace(1, 0, {bytes_each}, 0, 8);\n"
            f"  {c_type}* b = TVMBackendAllocWorkspace(1, 0, {bytes_each}, 0, 8);",
            "TVMBackendFreeWorkspace(1, 0, b);\n  TVMBackendFreeWorkspace(1, 0, a);",
            "",
        ),
        "pools": (
            f"{c_type}* a = ({c_type}*)workspace_pools->fast_memory;\n  {c_type}* b = a + {ELEMENTS};",
            "",
            ", struct tvmgen_default_workspace_pools* workspace_pools",
        ),
        "internal": (f"static __attribute__((aligned(16))) {c_type} a[{ELEMENTS}], b[{ELEMENTS}];", "", ""),
    }[kind]
    backend = "#include <tvm/runtime/c_backend_api.h>\n" if kind == "stack" else ""
    return f"""\
#include <tvmgen_default.h>
{backend}
int32_t tvmgen_default_run(struct tvmgen_default_inputs* inputs,
                           struct tvmgen_default_outputs* outputs{parameter}) {{
  const {c_type}* x = inputs->window_in;
  {c_type}* y = outputs->output;
  {take}
  if ((uintptr_t)a % 16) return -1;
  for (int i = 0; i < {ELEMENTS}; ++i) a[i] = x[i];
  for (int i = 0; i < {ELEMENTS}; ++i) b[i] = ({c_type})(2 * a[i]);
  for (int i = 0; i < {ELEMENTS}; ++i) y[i] = b[i];
  {give}
  return 0;
}}
"""


def metadata(dtype: str, size: int, workspace: int) -> dict[str, object]:
    main = {
        "device": 1,
        "workspace_size_bytes": workspace,
        "constants_size_bytes": 24,
        "io_size_bytes": 2 * size,
        "inputs": {"window:in": {"dtype": dtype, "size": size}},
        "outputs": {"output": {"dtype": dtype, "size": size}},
    }
    module = {
        "model_name": "default",
        "memory": {"functions": {"main": [main], "operator_functions": []}},
        "target": ["c"],
        "executors": ["aot"],
        "style": "full-model",
    }
    return {"version": 7, "modules": {"default": module}}


def members(kind: str = "stack", dtype: str = "float32") -> dict[str, str]:
    """Files by path. kind: whose memory it works in: the platform (`stack`), the caller (`pools`) or `internal`."""
    c_type, width = {"float32": ("float", 4), "int8": ("int8_t", 1)}[dtype]
    size = ELEMENTS * width
    workspace = 2 * max(16, size)
    return {
        "metadata.json": json.dumps(metadata(dtype, size, workspace)),
        "codegen/host/src/default_lib0.c": "#include <stdint.h>\n",
        "codegen/host/src/default_lib1.c": source(kind, c_type),
        "codegen/host/include/tvmgen_default.h": interface(workspace if kind == "pools" else None),
        "runtime/include/dlpack/dlpack.h": _DLPACK,
        "runtime/include/tvm/runtime/crt/error_codes.h": _ERRORS,
        "runtime/include/tvm/runtime/crt/platform.h": _PLATFORM,
        "runtime/include/tvm/runtime/c_backend_api.h": _BACKEND_HEADER,
        "runtime/src/runtime/crt/common/crt_backend_api.c": _BACKEND,
        "parameters/default.params": "",
    }


def packed(files: Mapping[str, str]) -> bytes:
    """The files as a tar archive, with names that begin with `./`, as TVM's do."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(packed(members(*sys.argv[1].split("_"))))
