"""Providers of sni_rules: what its targets tell the rules that depend on them."""

SniKernelInfo = provider(
    doc = "A kernel of the user's own, for the layers of a pattern.",
    fields = {
        "cc_info": "CcInfo: the libraries that have the function.",
        "description": "File: pattern, function and buffer size, as the compiler reads them.",
        "function": "string: name of the C function.",
    },
)

SniModelInfo = provider(
    doc = "A network compiled to C: the generated files, and what they were made from.",
    fields = {
        "c_name": "string: prefix of every C name and file name of the model, as `detector` in `detector_invoke` and `detector.h`.",
        "engine": "File: NAME_engine.c, which joins the model to the runner's interface (`sni_rules/runtime/engine.h`). Not part of the library.",
        "header": "File: NAME.h, the model's API.",
        "model": "File: what was compiled, a `.tflite`.",
        "optimize": "string: what to spend flash on, `balanced`, `speed` or `ram`; empty for the code of another engine.",
        "pipeline": "File or None: the description of pre- and post-processing that was compiled in.",
        "profile": "string: the kernel profile; empty for the code of another engine.",
        "report_arena": "File: NAME_arena.svg, a picture of the memory of activations.",
        "report_json": "File: NAME_report.json, the report for programs.",
        "report_text": "File: NAME_report.txt, the report for people.",
        "rounding": "string: how requantisation rounds, `double` or `single`; empty for the code of another engine.",
        "source": "File: NAME.c, the network and its pipeline.",
        "weights": "File: NAME_weights.h, the constant tables. Included by NAME.c alone.",
    },
)

SniSizeInfo = provider(
    doc = "What a target costs on the platform that it is built for. The files are made when they are asked for.",
    fields = {
        "json": "File: flash, RAM and stack in bytes, by section, function and part; for programs.",
        "text": "File: the same for people.",
    },
)

SniToolchainInfo = provider(
    doc = "The compiler from networks to C, as a toolchain offers it.",
    fields = {
        "compiler": "FilesToRunProvider: the compiler's command, built for the machine that runs the action.",
        "profiles": "list of strings: the kernel profiles the compiler knows.",
    },
)
