"""What it takes to build and run a program for a platform without Bazel: for tests of models that Bazel does not know."""

load("@rules_cc//cc:action_names.bzl", "ACTION_NAMES")
load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//platforms:program.bzl", "for_platform")
load("//platforms/emulators:emulator.bzl", "EMULATOR_TOOLCHAIN_TYPE", "use_emulator_toolchain")
load("//sni_rules/private:cc.bzl", "CC_FRAGMENTS", "generated_copts")  # buildifier: disable=bzl-visibility

def _libraries(ctx, linker_inputs):
    """(arguments, files) of the libraries, in the linker's order; paths are those of runfiles.

    Archives are put into a folder of the kit: those of several platforms have the same paths in runfiles.
    """
    arguments, files = [], []
    for linker_input in linker_inputs:
        for library in linker_input.libraries:
            original = library.static_library or library.pic_static_library
            archive = ctx.actions.declare_file("%s/%s" % (ctx.label.name, original.short_path))
            ctx.actions.symlink(output = archive, target_file = original)
            arguments += ["-Wl,--whole-archive"] if library.alwayslink else []
            arguments.append(archive.short_path)
            arguments += ["-Wl,--no-whole-archive"] if library.alwayslink else []
            files.append(archive)
        arguments += linker_input.user_link_flags
        files += linker_input.additional_inputs
    return arguments, files

def _kit_impl(ctx):
    toolchain = find_cc_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )

    def command(action, variables):
        return [cc_common.get_tool_for_action(feature_configuration = features, action_name = action)] + \
               cc_common.get_memory_inefficient_command_line(
                   feature_configuration = features,
                   action_name = action,
                   variables = variables,
               )

    compile = command(ACTION_NAMES.c_compile, cc_common.create_compile_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        user_compile_flags = generated_copts(ctx, []),
    ))
    link = command(ACTION_NAMES.cpp_link_executable, cc_common.create_link_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        is_linking_dynamic_library = False,
    ))
    infos = [ctx.attr.system[CcInfo], ctx.attr.main[CcInfo]]
    context = cc_common.merge_cc_infos(cc_infos = infos).linking_context
    libraries, files = _libraries(ctx, context.linker_inputs.to_list())
    emulator = ctx.toolchains[EMULATOR_TOOLCHAIN_TYPE]
    counter = emulator.emulator.counter.executable if emulator and emulator.emulator.counter else None
    plugin = ctx.file._plugin if emulator and emulator.emulator.semihosting else None
    out = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(out, json.encode_indent({
        "compile": compile,
        "counter": counter.short_path if counter else None,
        "emulator": [emulator.emulator.command] + emulator.emulator.arguments if emulator else [],
        "libraries": libraries,
        "link": link,
        "plugin": plugin.short_path if plugin else None,
        "semihosting": emulator.emulator.semihosting if emulator else False,
    }) + "\n")
    headers = cc_common.merge_cc_infos(cc_infos = infos).compilation_context.headers
    return [DefaultInfo(
        files = depset([out]),
        runfiles = ctx.runfiles(
            files = [out] + files + [file for file in [counter, plugin] if file],
            transitive_files = depset(transitive = [headers, toolchain.all_files]),
        ),
    )]

_program_kit = rule(
    implementation = _kit_impl,
    attrs = {
        "main": attr.label(mandatory = True, providers = [CcInfo]),
        "platform": attr.string(mandatory = True),
        "system": attr.label(default = "//platforms:system", providers = [CcInfo]),
        "_plugin": attr.label(
            allow_single_file = True,
            cfg = "exec",
            default = "//platforms/counter:libprofile.so",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    cfg = for_platform,
    fragments = CC_FRAGMENTS,
    toolchains = use_cc_toolchain(mandatory = True) + use_emulator_toolchain(),
)

def program_kit(name, platform, main, **kwargs):
    """NAME.json: how C is compiled, linked with `main`, and run for a platform; and in its runfiles what that takes.

    Args:
      name: of the target.
      platform: label of the platform.
      main: label of a library with main(), as `//sni_rules/runtime:runner`.
      **kwargs: further attributes.
    """
    _program_kit(name = name, main = main, platform = str(native.package_relative_label(platform)), **kwargs)
