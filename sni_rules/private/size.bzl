"""What a model costs on the target platform: an image that calls it, less the same image without it."""

load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("//sni_rules:providers.bzl", "SniSizeInfo")
load(":cc.bzl", "compile_c", "generated_copts")

# What rules that measure models need.
SIZE_ATTRS = {
    "_bare_metal": attr.label(
        default = "@platforms//os:none",
    ),
    "_size": attr.label(
        cfg = "exec",
        default = "//tools/size",
        executable = True,
    ),
}

_IMAGE = """/* Calls all of {name}, so that it can be measured in a linked program. Never run. */
#include "{name}.h"

static {name}_state sni_size_state;

int main(void) {{
  {name}_init(&sni_size_state);
{calls}  return 0;
}}
"""

_INVOKE = """  {name}_invoke(&sni_size_state);
"""

# The numbers of the row and of the result are the caller's, and lie in the state here so that they add nothing.
_PIPELINE = """  if ({name}_push(&sni_size_state, (const float *)(const void *)&sni_size_state)) {name}_invoke(&sni_size_state);
  {name}_result(&sni_size_state, (float *)(void *)&sni_size_state);
"""

_EMPTY = "int main(void) { return 0; }\n"

# What newlib asks of a firmware, in as few bytes as can be.
_FIRMWARE = """
void *_sbrk(int bytes);
void *_sbrk(int bytes) { return bytes ? (void *)0 : (void *)(-1); }
int _close(int file);
int _close(int file) { return file; }
int _fstat(int file, void *status);
int _fstat(int file, void *status) { return status ? file : 0; }
int _getpid(void);
int _getpid(void) { return 1; }
int _isatty(int file);
int _isatty(int file) { return file; }
int _kill(int process, int signal);
int _kill(int process, int signal) { return process + signal; }
int _lseek(int file, int offset, int whence);
int _lseek(int file, int offset, int whence) { return file + offset + whence; }
int _read(int file, char *data, int bytes);
int _read(int file, char *data, int bytes) { return data ? file : bytes; }
int _write(int file, const char *data, int bytes);
int _write(int file, const char *data, int bytes) { return data ? file : bytes; }
void _exit(int status) __attribute__((noreturn));
void _exit(int status) {
  (void)status;
  for (;;) {
  }
}
"""

def _image(ctx, cc, name, text, copts, cc_infos, foreign):
    """Links a program of one source and some libraries."""
    bare_metal = ctx.target_platform_has_constraint(ctx.attr._bare_metal[platform_common.ConstraintValueInfo])
    source = ctx.actions.declare_file("%s_%s.c" % (ctx.label.name, name))
    ctx.actions.write(source, text + (_FIRMWARE if foreign and bare_metal else ""))
    objects = compile_c(
        ctx,
        cc,
        name = "%s_%s" % (ctx.label.name, name),
        srcs = [source],
        copts = generated_copts(ctx, copts),
        compilation_contexts = [info.compilation_context for info in cc_infos],
    )[1]
    flags = [
        "-Wl,--gc-sections",
        # With its relocations kept a program says which functions are behind a pointer that its start-up code sets.
        "-Wl,--emit-relocs",
    ]
    if bare_metal:
        # No start-up code, no linker script: neither belongs to the model, and both are the firmware's own.
        flags += ["-nostartfiles", "-Wl,-e,main"]
    else:
        flags.append("-static")
    return cc_common.link(
        name = "%s_%s.elf" % (ctx.label.name, name),
        actions = ctx.actions,
        cc_toolchain = cc.toolchain,
        compilation_outputs = objects,
        feature_configuration = cc.features,
        linking_contexts = [info.linking_context for info in cc_infos],
        output_type = "executable",
        user_link_flags = flags,
    ).executable

def measure(ctx, cc, info, cc_info, copts, foreign = False):
    """Registers the actions that measure a model; they run only where their outputs are asked for.

    Args:
      ctx: the rule's context; it has SIZE_ATTRS.
      cc: struct of c_toolchain().
      info: SniModelInfo.
      cc_info: CcInfo of the model's library.
      copts: list of strings, the target's own flags.
      foreign: bool, whether it is code of somebody else's: that calls on bare metal what only the firmware has, as `_exit`,
        and has no bound of its stack but what a measurement told the report.

    Returns:
      SniSizeInfo.
    """
    name = info.c_name
    calls = (_PIPELINE if info.pipeline else _INVOKE).format(name = name)
    image = _image(ctx, cc, "size", _IMAGE.format(calls = calls, name = name), copts, [cc_info], foreign)
    empty = _image(ctx, cc, "size_empty", _EMPTY, copts, [], foreign)
    size = SniSizeInfo(
        json = ctx.actions.declare_file(name + "_size.json"),
        text = ctx.actions.declare_file(name + "_size.txt"),
    )
    args = ctx.actions.args()
    args.add("model")
    args.add(name)
    args.add(image)
    args.add(empty)
    args.add("--objdump", cc.toolchain.objdump_executable or "objdump")
    args.add("--json", size.json)
    args.add("--text", size.text)
    reports = [info.report_json] if foreign else []
    args.add_all("--report", reports)
    ctx.actions.run(
        mnemonic = "SniSize",
        progress_message = "Measuring %{label}",
        executable = ctx.executable._size,
        arguments = [args],
        inputs = [image, empty] + reports,
        outputs = [size.json, size.text],
        tools = [cc.toolchain.all_files],
    )
    return size

def check_budget(ctx, size, limits):
    """Registers the action that fails where a model is over its budget.

    Args:
      ctx: the rule's context; it has SIZE_ATTRS.
      size: SniSizeInfo.
      limits: dict from `flash`, `ram` and `stack` to bytes.

    Returns:
      list of Files: what a build must make for the check to run.
    """
    if not limits:
        return []
    stamp = ctx.actions.declare_file(ctx.label.name + "_budget.txt")
    args = ctx.actions.args()
    args.add("check")
    args.add(size.json)
    args.add("--target", str(ctx.label).removeprefix("@@"))
    for kind, limit in limits.items():
        args.add("--limit", "%s=%d" % (kind, limit))
    args.add("--stamp", stamp)
    ctx.actions.run(
        mnemonic = "SniBudget",
        progress_message = "Checking the budget of %{label}",
        executable = ctx.executable._size,
        arguments = [args],
        inputs = [size.json],
        outputs = [stamp],
    )
    return [stamp]
