"""The table of platforms in platforms.md."""

load("//platforms:table.bzl", "ALIASES", "BARE_METAL", "LINUX")

_FPUS = {
    "double": "double precision",
    "none": "in software",
    "single": "single precision",
}
_MVES = {
    "float": "integers and floats",
    "integer": "integers",
    "none": "",
}

def _code(texts):
    return " ".join(["`%s`" % text for text in texts])

def _row(name, processor, fpu, mve, flags, runs):
    also = [alias for alias, actual in ALIASES.items() if actual == name]
    cells = ["`%s`" % name, processor, fpu, mve, _code([" ".join(flags)] if flags else []), runs, _code(also)]
    return "| %s |" % " | ".join(cells)

def _platforms_table_impl(ctx):
    lines = [
        "| platform | processor | floats | MVE | compiler flags | runs under | also called |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in LINUX.items():
        lines.append(_row(name, row.processor, row.floats, "", row.copts, row.runs))
    for name, row in BARE_METAL.items():
        processor = "Cortex-" + row.core.removeprefix("cortex_").upper()
        runs = "QEMU's `%s`" % row.emulated.machine
        lines.append(_row(name, processor, _FPUS[row.fpu], _MVES[row.mve], row.copts, runs))
    ctx.actions.write(ctx.outputs.out, "".join([line + "\n" for line in lines]))

platforms_table = rule(
    implementation = _platforms_table_impl,
    doc = "Writes the table of platforms as Markdown.",
    attrs = {"out": attr.output(mandatory = True)},
)
