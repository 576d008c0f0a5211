"""The macro sni_benchmark_suite, and the rules of its targets."""

load("//platforms:table.bzl", "with_fpu")
load("//platforms/emulators:emulator.bzl", "LAUNCHER_ATTRS", "launcher", "use_emulator_toolchain")
load("//sni_rules:providers.bzl", "SniModelInfo", "SniSizeInfo")
load(":engines.bzl", "ENGINES", "check_engines")
load(":names.bzl", "to_c_identifier")
load(":platforms.bzl", "OPTIMISED", "for_all_platforms", "short_platform")
load(":problems.bzl", "fail_with", "label_text")
load(":tflite_model.bzl", "tflite_models")
load(":variants.bzl", "check_variant", "variant_slug")
load(":zoo_model.bzl", "zoo_model")

def _for_cell_impl(_settings, attr):
    return OPTIMISED | {"//command_line_option:platforms": [attr.platform]}

_for_cell = transition(
    implementation = _for_cell_impl,
    inputs = [],
    outputs = ["//command_line_option:platforms"] + OPTIMISED.keys(),
)

def _benchmark_network_impl(ctx):
    return [DefaultInfo(files = ctx.attr.src[DefaultInfo].files)]

_benchmark_network = rule(
    implementation = _benchmark_network_impl,
    attrs = {
        "src": attr.label(
            allow_files = True,
            mandatory = True,
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    cfg = for_all_platforms,
)

def _benchmark_cell_impl(ctx):
    """All that measuring a cell takes, in a folder with the name of the target."""

    def beside(name, target, **kwargs):
        file = ctx.actions.declare_file("%s/%s" % (ctx.label.name, name))
        ctx.actions.symlink(output = file, target_file = target, **kwargs)
        return file

    model = ctx.attr.model[SniModelInfo]
    inner = ctx.attr.program[OutputGroupInfo].program.to_list()[0]
    program = beside("program" + ("." + inner.extension if inner.extension else ""), inner, is_executable = True)
    script, files = launcher(ctx, program, ctx.label.name + "/emulated")
    base = beside("base", ctx.executable._base)
    files = files + [
        base,
        beside("model.tflite", model.model),
        beside("report.json", model.report_json),
        beside("size.json", ctx.attr.model[SniSizeInfo].json),
    ]
    description = ctx.actions.declare_file(ctx.label.name + "/cell.json")
    ctx.actions.write(description, json.encode_indent({
        "c_name": model.c_name,
        "emulated": bool(script),
        "program": program.basename,
        "run": (script or program).basename,
    }) + "\n")
    files.append(description)
    files += [script] if script else []
    return [DefaultInfo(
        executable = script or program,
        files = depset(files),
        runfiles = ctx.runfiles(files = files),
    )]

_benchmark_cell = rule(
    implementation = _benchmark_cell_impl,
    attrs = LAUNCHER_ATTRS | {
        "model": attr.label(
            mandatory = True,
            providers = [SniModelInfo, SniSizeInfo],
        ),
        "platform": attr.string(mandatory = True),
        "program": attr.label(mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_base": attr.label(
            cfg = "target",
            default = "//tools/bench/base",
            executable = True,
        ),
    },
    cfg = _for_cell,
    executable = True,
    toolchains = use_emulator_toolchain(),
)

def _benchmark_reference_impl(ctx):
    """The networks of a model that all its cells are compared with, in a folder with the name of the target."""
    files = []
    for name, source in [("float.tflite", ctx.file.float), ("ranges.tflite", ctx.file.ranges)]:
        if source:
            file = ctx.actions.declare_file("%s/%s" % (ctx.label.name, name))
            ctx.actions.symlink(output = file, target_file = source)
            files.append(file)
    return [DefaultInfo(files = depset(files), runfiles = ctx.runfiles(files = files))]

_benchmark_reference = rule(
    implementation = _benchmark_reference_impl,
    attrs = {
        "float": attr.label(allow_single_file = True),
        "ranges": attr.label(allow_single_file = True),
    },
)

def _benchmark_suite_impl(ctx):
    fail_with(ctx.label, ctx.attr.problems)
    suite = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(suite, ctx.attr.description)
    script = ctx.actions.declare_file(ctx.label.name)
    bench = ctx.executable._bench
    ctx.actions.write(script, "#!/bin/sh\nexec %s built %s \"$@\"\n" % (bench.short_path, suite.short_path), is_executable = True)
    return [DefaultInfo(
        executable = script,
        files = depset([suite]),
        runfiles = ctx.runfiles(files = [suite]).merge(ctx.attr._bench[DefaultInfo].default_runfiles),
    )]

_benchmark_suite = rule(
    implementation = _benchmark_suite_impl,
    attrs = {
        "description": attr.string(),
        "problems": attr.string_list(),
        "_bench": attr.label(
            cfg = "exec",
            default = "//tools/bench",
            executable = True,
        ),
    },
    executable = True,
)

# What the rules themselves make generated code with.
_DEFAULT_OPTIONS = {"-O3": {}}

_OPTIONS = ["copts", "fpu"]

def _slug(text):
    """A text as a part of a target's name."""
    return to_c_identifier(text).strip("_") if text else ""

def _is_zoo(source):
    return type(source) == "string" and source.endswith((".yaml", ".yml"))

def _ranges(variants):
    """The variant whose inputs tell what range they are typical in: one with integer inputs, the plainest."""
    integer = [variant for variant in variants if variant.endswith("8_only")]
    return (["int8_only"] if "int8_only" in integer else integer or [None])[0]

def _convert(name, source, data, variants, common):
    """Makes the variants of a model, and `basic`, which the others are compared with; gives their labels."""
    if type(source) == "dict":
        return source

    if _is_zoo(source):
        zoo_model(name = name, config = source, **common)
        source, data = ":" + name, ":" + name + "_data.npz"
    variants = variants + (["basic"] if "basic" not in variants else [])
    tflite_models(
        name = name + "_tflite",
        src = source,
        representative_data = data,
        variants = variants,
        **common
    )
    made = {}
    for variant in variants:
        slug = variant_slug(variant)
        made[variant] = ":%s_%s" % (name, slug)
        _benchmark_network(
            name = "%s_%s" % (name, slug),
            src = ":%s_tflite_%s" % (name, slug),
            **common
        )
    return made

def _check(models, data, pipelines, variants, engines, platforms, options):
    """All that is wrong with a suite, and its cells: structs with the parts of their keys."""
    problems = []
    for attribute, value in [
        ("models", models),
        ("variants", variants),
        ("platforms", platforms),
        ("options", options),
    ]:
        if not value:
            problems.append("%s = %s: nothing to measure (at least one)" % (attribute, value))
    check_engines(problems, engines)
    for variant in variants:
        check_variant(problems, "variants", variant)
    for attribute, given in [("data", data), ("pipelines", pipelines)]:
        for model in given:
            if model not in models:
                problems.append("%s: \"%s\" is none of the models (%s)" % (attribute, model, ", ".join(models)))
    for model in data:
        if type(models.get(model)) == "dict" or _is_zoo(models.get(model)):
            problems.append("data: \"%s\" has its own (only trained models take data)" % model)
    for model, source in models.items():
        if type(source) == "dict" and not [variant for variant in variants if variant in source]:
            problems.append("models: \"%s\" has none of the variants (it has: %s)" % (model, ", ".join(source) or "none"))
    for option, given in options.items():
        for key in given:
            if key not in _OPTIONS:
                problems.append("options: \"%s\": \"%s\" is not known (of: %s)" % (option, key, ", ".join(_OPTIONS)))
    for attribute, names in [
        ("models", models),
        ("variants", variants),
        ("platforms", [short_platform(platform) for platform in platforms]),
        ("options", options),
    ]:
        seen = {}
        for text in names:
            if _slug(text) in seen:
                problems.append("%s: \"%s\" and \"%s\" would be the same target" % (attribute, seen[_slug(text)], text))
            seen[_slug(text)] = text
    return problems

def _cells(models, variants, engines, platforms, options):
    """The cells in the order of the report: what is compared stands side by side."""
    return [
        struct(model = model, variant = variant, engine = engine, platform = platform, options = option)
        for model, source in models.items()
        for variant in variants
        if type(source) != "dict" or variant in source
        for platform in platforms
        for option in options
        for engine in engines
    ]

def _platform(platform, fpu):
    """The platform's label; of one of ours, with or without a floating-point unit."""
    label = native.package_relative_label(platform)
    ours = Label("//platforms:" + with_fpu(label.name, fpu))
    return ours if label == Label("//platforms:" + label.name) else label

def _program_name(name, cell):
    parts = [cell.model, cell.variant, cell.engine, cell.options]
    return "_".join([name] + [_slug(part) for part in parts])

def _sources_name(name, cell):
    return "_".join([name] + [_slug(part) for part in [cell.model, cell.variant, cell.engine]])

def _cell_name(name, cell):
    return "%s_%s" % (_program_name(name, cell), _slug(short_platform(cell.platform)))

def _label(name):
    return label_text(native.package_relative_label(":" + name))

def _describe(name, cells, references):
    return json.encode_indent({
        "cells": [
            {
                "engine": cell.engine,
                "label": _label(_cell_name(name, cell)),
                "model": cell.model,
                "options": cell.options,
                "platform": short_platform(cell.platform),
                "program": _label(_program_name(name, cell)),
                "sources": _label(_sources_name(name, cell)) if ENGINES[cell.engine].share else None,
                "variant": cell.variant,
            }
            for cell in cells
        ],
        "name": name,
        "references": references,
        "target": _label(name),
    }) + "\n"

def sni_benchmark_suite(
        name,
        models,
        variants,
        platforms,
        engines = ["sni", "microtvm"],
        options = _DEFAULT_OPTIONS,
        data = {},
        pipelines = {},
        testonly = None,
        tags = [],
        visibility = None):
    """Networks x variants x engines x platforms x sets of compiler options: each built, run and compared.

    ```starlark
    sni_benchmark_suite(
        name = "suite",
        models = {
            "cnn_4": "@sni_rules//tools/zoo:configs/cnn_4.yaml",
            "detector": "detector.keras",
            "given": {
                "basic": "given.tflite",
                "int8_only": "given_int8.tflite",
            },
        },
        data = {"detector": "calibration.npz"},
        options = {
            "-O3": {},
            "-Os, soft float": {"copts": ["-Os"], "fpu": False},
        },
        platforms = [
            "@sni_rules//platforms:cortex_m4",
            "@sni_rules//platforms:x86_64",
        ],
        variants = [
            "basic",
            "int8_only",
        ],
    )
    ```

    `bazel run //app:suite -- --out DIR` has Bazel build all cells, runs each, and writes results.json and the report; what
    cannot be built or run is reported as such ([benchmark](benchmark.md)). Cells are targets of their own, built when they are
    asked for (`manual`), in the compilation mode `opt`: `bazel run //app:suite_cnn_4_int8_only_sni_O3_cortex_m4 -- bench`.

    Args:
      name: name of the target.
      models: a dictionary from a name to the network: a `.yaml` file of the zoo; a trained model, as for `tflite_model`; or a
        dictionary from variants to the `.tflite` files that are there already, whose other variants are left out.
      variants: as for `tflite_models`.
      platforms: labels.
      engines: of `sni`, `microtvm`, `tflm`.
      options: a dictionary from the name of a set of compiler options to what it has: `copts`, flags for the network's code, one
        in each string; `fpu`, whether a processor that comes with and without a floating-point unit has it.
      data: a dictionary from trained models to their representative data, as for `tflite_model`.
      pipelines: a dictionary from models to descriptions of pre- and post-processing, as for `sni_model`.
      testonly: as of every target.
      tags: as of every target.
      visibility: as of every target.
    """
    problems = _check(models, data, pipelines, variants, engines, platforms, options)
    if problems:
        # Told where it is built, and not to those who only load the package.
        _benchmark_suite(
            name = name,
            problems = problems,
            tags = tags,
            testonly = testonly,
            visibility = visibility,
        )
        return

    common = {"tags": tags + ["manual"], "testonly": testonly}
    references = {}
    files = {}
    for model, source in models.items():
        base = "%s_%s" % (name, _slug(model))
        files[model] = _convert(base, source, data.get(model), variants, common)
        _benchmark_reference(
            name = base + "_reference",
            float = files[model].get("basic"),
            ranges = files[model].get(_ranges(files[model].keys())),
            visibility = visibility,
            **common
        )
        references[model] = _label(base + "_reference")

    cells = _cells(models, variants, engines, platforms, options)
    made = {}
    for cell in cells:
        program = _program_name(name, cell)
        if program not in made:
            made[program] = True
            engine = ENGINES[cell.engine]
            network = (files[cell.model][cell.variant], pipelines.get(cell.model))
            sources = _sources_name(name, cell)
            if engine.share and sources not in made:
                made[sources] = True
                engine.share(sources, network[0], network[1], common)
            engine.make(
                program,
                network[0],
                network[1],
                common,
                # Instructions are counted by addresses: they are those of the file.
                linkopts = select({
                    Label("@platforms//os:none"): [],
                    "//conditions:default": ["-static"],
                }),
                **({engine.copts: options[cell.options].get("copts", [])} |
                   ({"sources": ":" + sources} if engine.share else {}))
            )
        _benchmark_cell(
            name = _cell_name(name, cell),
            model = ":" + program + "_model",
            platform = str(_platform(cell.platform, options[cell.options].get("fpu"))),
            program = ":" + program,
            visibility = visibility,
            **common
        )
    _benchmark_suite(
        name = name,
        description = _describe(name, cells, references),
        tags = tags,
        testonly = testonly,
        visibility = visibility,
    )
