"""Networks as Apache TVM compiles them: static C with the same API as that of the compiler's own (tools/sni).

Nothing of tools/sni imports this, and only `microtvm_model` and `microtvm_binary` run it: TVM is fetched for these.
"""
