"""Finding the compiler."""

load(":problems.bzl", "label_text")

SNI_TOOLCHAIN_TYPE = Label("//sni_rules:toolchain_type")

def use_sni_toolchain():
    """What a rule that runs the compiler adds to its `toolchains`.

    The type is optional so that `find_sni_toolchain` can say what to do where none is registered.

    Returns:
      list of toolchain types.
    """
    return [config_common.toolchain_type(SNI_TOOLCHAIN_TYPE, mandatory = False)]

def find_sni_toolchain(label, toolchains):
    """The compiler's toolchain.

    Args:
      label: Label of the target that needs it.
      toolchains: the rule's `ctx.toolchains`.

    Returns:
      SniToolchainInfo. Fails if no toolchain is registered, or one that is made by another rule than sni_toolchain.
    """
    toolchain = toolchains[SNI_TOOLCHAIN_TYPE]
    if not toolchain:
        fail(("\n%s: no toolchain of type %s for this platform, so there is no compiler from networks to C " +
              "(in MODULE.bazel: register_toolchains(\"@sni_rules//sni_rules:default_toolchain\"), or your own " +
              "toolchain over an sni_toolchain; --toolchain_resolution_debug='.*sni.*' shows what was rejected)") %
             (label_text(label), label_text(SNI_TOOLCHAIN_TYPE)))
    info = getattr(toolchain, "sni", None)
    if not info:
        fail(("\n%s: the registered toolchain of type %s offers no SniToolchainInfo " +
              "(toolchain(toolchain = ...) must name an sni_toolchain target)") %
             (label_text(label), label_text(SNI_TOOLCHAIN_TYPE)))
    return info
