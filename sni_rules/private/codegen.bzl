"""The actions that run the compilers."""

load("//sni_rules:providers.bzl", "SniModelInfo")

def _dirname(file):
    return file.dirname

def declare_model(ctx, c_name, model, pipeline, profile = "", rounding = "", optimize = ""):
    """Declares the files that every compiler makes of a model.

    Args:
      ctx: the rule's context.
      c_name: string, prefix of the generated names.
      model: File, what is compiled.
      pipeline: File or None.
      profile: string; empty where there is none.
      rounding: string; empty where there is none.
      optimize: string; empty where there is none.

    Returns:
      SniModelInfo.
    """
    return SniModelInfo(
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

def run_compiler(ctx, info, executable, command = [], flags = [], folders = {}, inputs = [], **kwargs):
    """Registers the action that makes a model's files.

    It runs `EXECUTABLE command... MODEL --name NAME flags... [--pipeline FILE] --out DIR`.

    Args:
      ctx: the rule's context.
      info: SniModelInfo of declare_model.
      executable: FilesToRunProvider.
      command: list of strings.
      flags: list of strings or Files.
      folders: dict from further flags to the folders that they name, which the compiler makes too.
      inputs: list of Files beside the model and its pipeline.
      **kwargs: further arguments of ctx.actions.run.
    """
    args = ctx.actions.args()
    args.add_all(command)
    args.add(info.model)
    args.add("--name", info.c_name)
    args.add_all(flags)
    if info.pipeline:
        args.add("--pipeline", info.pipeline)

    # Through a File, not as a string, so that Bazel may rewrite the path: then configurations that
    # differ in nothing the compiler sees share the action in a cache.
    args.add_all("--out", [info.header], map_each = _dirname)
    for flag, folder in folders.items():
        args.add_all(flag, [folder], expand_directories = False)
    ctx.actions.run(
        executable = executable,
        arguments = [args],
        inputs = [info.model] + ([info.pipeline] if info.pipeline else []) + inputs,
        outputs = [
            info.header,
            info.source,
            info.weights,
            info.engine,
            info.report_arena,
            info.report_json,
            info.report_text,
        ] + folders.values(),
        execution_requirements = {"supports-path-mapping": "1"},
        **kwargs
    )

def generate(ctx, toolchain, c_name, model, pipeline, profile, rounding, optimize, kernels = []):
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
      kernels: list of Files, descriptions of the user's own kernels.

    Returns:
      SniModelInfo.
    """
    info = declare_model(ctx, c_name, model, pipeline, profile, rounding, optimize)
    run_compiler(
        ctx,
        info,
        toolchain.compiler,
        command = ["compile"],
        flags = ["--profile", profile, "--rounding", rounding] +
                (["--optimize", optimize] if optimize != "balanced" else []) +
                [word for kernel in kernels for word in ["--kernels", kernel]],
        inputs = kernels,
        mnemonic = "SniCompile",
        progress_message = "Compiling %{input} to C for %{label}",
        toolchain = Label("//sni_rules:toolchain_type"),
    )
    return info
