"""What the macros share that make a model and the program around it."""

load(":sni_binary.bzl", "sni_binary")

# What goes to both targets.
_COMMON = [
    "compatible_with",
    "exec_compatible_with",
    "features",
    "restricted_to",
    "tags",
    "target_compatible_with",
    "testonly",
]

def engine_binary(name, rule, model_attrs, program_attrs):
    """Makes NAME_model, a target of the rule, and NAME, an `sni_binary` of it.

    Args:
      name: string, of the program.
      rule: the model's rule.
      model_attrs: dict, attributes of the model's rule.
      program_attrs: dict, attributes of `sni_binary`; those of every target go to the model as well.
    """
    common = {attribute: program_attrs[attribute] for attribute in _COMMON if attribute in program_attrs}
    rule(
        name = name + "_model",
        visibility = ["//visibility:private"],
        **(common | model_attrs)
    )
    sni_binary(
        name = name,
        model = ":" + name + "_model",
        **program_attrs
    )
