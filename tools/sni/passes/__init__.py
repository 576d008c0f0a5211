"""Rewrites of the graph, one file each; a pass is a pure function from graph to graph that changes no output bit."""

from tools.sni.ir import Graph
from tools.sni.passes.dead_code import remove_dead_code
from tools.sni.passes.fuse_activation import fuse_activations

PASSES = (fuse_activations, remove_dead_code)
"""In the order in which they run."""


def optimise(graph: Graph) -> Graph:
    """All passes, once each."""
    for rewrite in PASSES:
        graph = rewrite(graph)
    return graph
