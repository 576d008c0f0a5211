"""Rewrites of the graph, one file each; a pass is a pure function from graph to graph that changes no output bit.

The one exception is fold_batch_norm, which says by how much. docs/design.md has a table of them, made from their
docstrings.
"""

from tools.sni.ir import Graph
from tools.sni.passes.constant_folding import fold_constants
from tools.sni.passes.copy_constants import copy_constants
from tools.sni.passes.dead_code import remove_dead_code
from tools.sni.passes.drop_channels import drop_channels
from tools.sni.passes.float16_weights import keep_float16_weights
from tools.sni.passes.fold_batch_norm import fold_batch_norms
from tools.sni.passes.fold_padding import fold_padding
from tools.sni.passes.fuse_activation import fuse_activations
from tools.sni.passes.identities import remove_identities
from tools.sni.passes.inline_subgraphs import inline_subgraphs
from tools.sni.passes.merge_reshapes import merge_reshapes
from tools.sni.passes.merge_transposes import merge_transposes
from tools.sni.passes.quantise_pairs import remove_quantise_pairs
from tools.sni.passes.resolve_variables import resolve_variables
from tools.sni.passes.roll_unrolled import roll_unrolled

BEFORE = (inline_subgraphs, resolve_variables)
"""Once, first."""

PASSES = (
    # Before folding, which would make float32 of all float16 constants.
    keep_float16_weights,
    fold_constants,
    remove_quantise_pairs,
    merge_transposes,
    remove_identities,
    # Removes the reshapes that the ones above left.
    merge_reshapes,
    # An activation behind a batch normalisation is fused once that is gone.
    fold_batch_norms,
    fuse_activations,
    # After activations, which show what a maximum cannot be smaller than.
    fold_padding,
    remove_dead_code,
)
"""In this order, again and again until nothing changes."""

AFTER = (roll_unrolled, drop_channels, copy_constants)
"""Once, last."""

_MOST_ROUNDS = 100
"""Each round but the last leaves fewer or simpler operators; in practice there are two to four."""


def optimise(graph: Graph) -> Graph:
    """The graph after all passes."""
    for rewrite in BEFORE:
        graph = rewrite(graph)
    for _ in range(_MOST_ROUNDS):
        before = graph
        for rewrite in PASSES:
            graph = rewrite(graph)
        if graph == before:
            break
    for rewrite in AFTER:
        graph = rewrite(graph)
    return graph
