"""An archive in Model Library Format, checked: what is in it, and what of it is compiled.

Layout and metadata as python/tvm/micro/model_library_format.py of TVM 0.18 writes them.
"""

from __future__ import annotations

import hashlib
import io
import json
import posixpath
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass

from tools.sni.errors import CompileError, Problem, fail
from tools.sni.ir import DType

VERSION = 7
_METADATA = "metadata.json"
_SOURCES = "codegen/host/src/"
_HEADERS = "codegen/host/include/"
_OBJECTS = "codegen/host/lib/"
_RUNTIME_HEADERS = "runtime/include/"
_BACKEND = "runtime/src/runtime/crt/common/crt_backend_api.c"
_ALLOCATION = b"TVMBackendAllocWorkspace"
_RECIPE = (
    "make the archive with tvmc compile --target=c --executor=aot --executor-aot-interface-api=c "
    "--executor-aot-unpacked-api=1 --runtime=crt --output-format=mlf"
)


@dataclass(frozen=True)
class End:
    """An input or output. member: of TVM's struct; size: in bytes."""

    name: str
    member: str
    dtype: DType
    size: int


@dataclass(frozen=True)
class Archive:
    """prefix: of TVM's C names, as `tvmgen_default`. header: its interface's file name.

    workspace: bytes that its code takes while it runs, from the platform (`allocates`) or else from static memory of
    its own. pools: memory that the caller passes, by name, in bytes. constants: bytes. headers, sources: contents by
    path.
    """

    prefix: str
    header: str
    inputs: tuple[End, ...]
    outputs: tuple[End, ...]
    workspace: int
    allocates: bool
    pools: Mapping[str, int]
    constants: int
    headers: Mapping[str, bytes]
    sources: Mapping[str, bytes]
    sha256: str


def read_archive(data: bytes, source: str) -> Archive:
    """Raises CompileError with everything that is wrong with the archive."""
    files = _files(data, source)
    module_name, module = _module(files, source)
    problems = _module_problems(module, source)
    sources = {_flat(path): text for path, text in files.items() if path.startswith(_SOURCES) and path.endswith(".c")}
    problems += _source_problems(files, sources, source)
    prefix = f"tvmgen_{module_name}".lower()
    interface = files.get(f"{_HEADERS}{prefix}.h")
    if interface is None:
        what = f"missing: TVM writes it for the C interface alone; {_RECIPE}"
        problems.append(Problem(f"{source}: {_HEADERS}{prefix}.h", what))
    text = interface.decode("utf-8", "replace") if interface else ""
    problems += [Problem(f"{source}: {_HEADERS}{prefix}.h", what) for what in _interface_problems(text, prefix)]
    main = _main(module)
    ends = {side: _ends(main, side, text, prefix, f"{source}: {_METADATA}", problems) for side in ("inputs", "outputs")}
    allocates = any(_ALLOCATION in body for body in sources.values())
    if allocates and _BACKEND not in files:
        problems.append(Problem(f"{source}: {_BACKEND}", f"missing, and the sources call its functions; {_RECIPE}"))
    if problems:
        raise CompileError(problems)
    headers = {
        path.removeprefix(folder): body
        for folder in (_RUNTIME_HEADERS, _HEADERS)
        for path, body in files.items()
        if path.startswith(folder) and path.endswith((".h", ".inc"))
    }
    if allocates:
        sources["crt_backend_api.c"] = files[_BACKEND]
    return Archive(
        prefix,
        f"{prefix}.h",
        ends["inputs"],
        ends["outputs"],
        int(main.get("workspace_size_bytes", 0)),
        allocates,
        _pools(text, prefix),
        int(main.get("constants_size_bytes", 0)),
        headers,
        sources,
        hashlib.sha256(data).hexdigest(),
    )


def _files(data: bytes, source: str) -> dict[str, bytes]:
    """Contents by path, without the leading `./`."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            members = [member for member in archive.getmembers() if member.isfile()]
            return {posixpath.normpath(m.name): archive.extractfile(m).read() for m in members}  # type: ignore[union-attr]
    except tarfile.TarError as error:
        raise fail(source, f"is no tar archive ({error}); {_RECIPE}") from None


def _module(files: Mapping[str, bytes], source: str) -> tuple[str, Mapping[str, object]]:
    """The archive's one module, by the name that its C code has."""
    place = f"{source}: {_METADATA}"
    if _METADATA not in files:
        raise fail(place, f"missing: this is no archive in Model Library Format; {_RECIPE}")
    try:
        metadata = json.loads(files[_METADATA])
        version, modules = metadata["version"], metadata.get("modules")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise fail(place, f"is no metadata of TVM's ({type(error).__name__}: {error})") from None
    if version != VERSION:
        what = f"version {version} of the format; accepted: {VERSION}, which TVM 0.9 to 0.18 write"
        raise fail(place, what)
    if not isinstance(modules, dict) or len(modules) != 1:
        names = ", ".join(modules) if isinstance(modules, dict) else "none"
        raise fail(place, f"modules: {names or 'none'}; accepted: one")
    return next(iter(modules.items()))


def _module_problems(module: Mapping[str, object], source: str) -> list[Problem]:
    place, problems = f"{source}: {_METADATA}", []
    executors = module.get("executors", [])
    if executors != ["aot"]:
        found = ", ".join(map(str, executors)) if isinstance(executors, list) else str(executors)
        what = f"executor: {found or 'none'}, which needs TVM's runtime; accepted: aot; {_RECIPE}"
        problems.append(Problem(place, what))
    if module.get("style", "full-model") != "full-model":
        problems.append(Problem(place, f"style: {module['style']}; accepted: full-model, not single operators"))
    if len(module.get("memory", {}).get("functions", {}).get("main", [])) != 1:
        problems.append(
            Problem(place, "memory.functions.main: not one entry; accepted: networks on one device, the CPU")
        )
    return problems


def _main(module: Mapping[str, object]) -> Mapping[str, object]:
    entries = module.get("memory", {}).get("functions", {}).get("main", [])  # type: ignore[attr-defined]
    return entries[0] if entries else {}


def _source_problems(files: Mapping[str, bytes], sources: Mapping[str, bytes], source: str) -> list[Problem]:
    problems = []
    others = [path for path in files if path.startswith((_SOURCES, _OBJECTS)) and not path.endswith((".c", ".h"))]
    for path in others:
        what = "machine code or C++, compiled for another platform than the build's; accepted: C sources"
        problems.append(Problem(f"{source}: {path}", f"{what}; {_RECIPE}"))
    if not sources and not others:
        problems.append(Problem(f"{source}: {_SOURCES}", f"missing: the archive holds no C sources; {_RECIPE}"))
    if not any(path.startswith(_RUNTIME_HEADERS) for path in files):
        problems.append(Problem(f"{source}: {_RUNTIME_HEADERS}", f"missing: the headers of TVM's C runtime; {_RECIPE}"))
    return problems


def _interface_problems(text: str, prefix: str) -> list[str]:
    problems = []
    if f"struct {prefix}_devices {{" in text:
        problems.append("takes devices, for which there are no drivers here; accepted: networks on the CPU")
    if f"{prefix}_map_inputs(" in text:
        problems.append("has inputs in a workspace pool; accepted: without the option usmp.use_workspace_io")
    if "_CONSTANT_POOL_DATA" in text:
        problems.append("leaves constants to the caller; accepted: constant pools of TVM's own (the default)")
    return problems


def _ends(
    main: Mapping[str, object], side: str, text: str, prefix: str, place: str, problems: list[Problem]
) -> tuple[End, ...]:
    """The order is the interface's: the metadata's is the alphabet's."""
    told = main.get(side, {})
    sanitised = {re.sub(r"\W", "_", name): name for name in told}  # type: ignore[attr-defined]
    members = _members(text, f"{prefix}_{side}")
    if not told:
        problems.append(Problem(place, f"memory.functions.main[0].{side}: none; accepted: at least one"))
    elif text and set(members) != set(sanitised):
        named, found = ", ".join(sorted(sanitised)), ", ".join(sorted(members)) or "none"
        problems.append(
            Problem(place, f"{side}: {named}; the interface's header has: {found}; they have to be the same")
        )
        return ()
    ends = []
    for member in members:
        name = sanitised[member]
        entry = told[name]  # type: ignore[index]
        try:
            dtype = DType(entry["dtype"])
            ends.append(End(name, member, dtype, int(entry["size"])))
        except ValueError:
            what = f'{side}: "{name}" is {entry["dtype"]}; accepted: float32, int8, uint8, int16, int32, int64, bool'
            problems.append(Problem(place, what))
    return tuple(ends)


def _members(text: str, struct: str) -> list[str]:
    found = re.search(rf"struct {struct} {{(.*?)}}", text, re.DOTALL)
    return re.findall(r"void\* (\w+);", found.group(1)) if found else []


def _pools(text: str, prefix: str) -> dict[str, int]:
    sizes = {}
    for member in _members(text, f"{prefix}_workspace_pools"):
        macro = f"{prefix}_{member}_WORKSPACE_POOL_SIZE".upper()
        found = re.search(rf"#define {macro} (\d+)", text)
        sizes[member] = int(found.group(1)) if found else 0
    return sizes


def _flat(path: str) -> str:
    """A file name for a path below the sources' folder."""
    return path.removeprefix(_SOURCES).replace("/", "_")
