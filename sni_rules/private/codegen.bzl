"""The action that runs the compiler."""

load("//sni_rules:providers.bzl", "SniModelInfo")

def _dirname(file):
    return file.dirname

def generate(ctx, toolchain, c_name, model, pipeline, profile, rounding, optimize):
    """Registers the one action that turns a network into C.

    Args:
      ctx: the rule's context.
      toolchain: SniToolchainInfo.
      c_name: string, prefix of the generated names.
      model: File, the `.tflite`.
      pipeline: File or None.
      profile: string.
      rounding: string.
      optimize: string.

    Returns:
      SniModelInfo.
    """
    info = SniModelInfo(
        c_name = c_name,
        engine = ctx.actions.declare_file(c_name + "_engine.c"),
        header = ctx.actions.declare_file(c_name + ".h"),
        model = model,
        optimize = optimize,
        pipeline = pipeline,
        profile = profile,
        report_arena = ctx.actions.declare_file(c_name + "_arena.svg"),
        report_json = ctx.actions.declare_file(c_name + "_report.json"),
        report_text = ctx.actions.declare_file(c_name + "_report.txt"),
        rounding = rounding,
        source = ctx.actions.declare_file(c_name + ".c"),
        weights = ctx.actions.declare_file(c_name + "_weights.h"),
    )

    args = ctx.actions.args()
    args.add("compile")
    args.add(model)
    args.add("--name", c_name)
    args.add("--profile", profile)
    args.add("--rounding", rounding)
    if optimize != "balanced":
        args.add("--optimize", optimize)
    if pipeline:
        args.add("--pipeline", pipeline)

    # Through a File, not as a string, so that Bazel may rewrite the path: then configurations that
    # differ in nothing the compiler sees share the action in a cache.
    args.add_all("--out", [info.header], map_each = _dirname)

    ctx.actions.run(
        mnemonic = "SniCompile",
        progress_message = "Compiling %{input} to C for %{label}",
        executable = toolchain.compiler,
        arguments = [args],
        inputs = [model] + ([pipeline] if pipeline else []),
        outputs = [
            info.header,
            info.source,
            info.weights,
            info.engine,
            info.report_arena,
            info.report_json,
            info.report_text,
        ],
        execution_requirements = {"supports-path-mapping": "1"},
        toolchain = Label("//sni_rules:toolchain_type"),
    )
    return info
