"""What lies in the arena, as the text map and the picture show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.sni.memory.arena import Placement
from tools.sni.program import Program


@dataclass(frozen=True)
class Block:
    """One tensor's or scratch memory's place and time.

    name: the tensor's, or the scratch's. type: as `int8[1, 640]`. kind: `input`, `output`, `variable`, `scratch` or
    `activation`; what is both input and output counts as input.
    hands_over: at its last step, another's place has bytes in common with this one's; takes_over: so at its first.
    """

    name: str
    type: str
    kind: str
    place: Placement
    hands_over: bool = False
    takes_over: bool = False


def blocks_of(program: Program) -> list[Block]:
    """All that lies in the arena, from low to high addresses; at one address, the earliest first."""
    graph, arena = program.graph, program.arena
    written, read = _handed_over(program)
    blocks = []
    for key, place in arena.placements.items():
        tensor = graph.tensors[key]
        kind = "variable" if tensor.variable else "output" if key in graph.outputs else "activation"
        kind = "input" if key in graph.inputs else kind
        name = f"{tensor.dtype.value}{list(tensor.shape)}"
        blocks.append(Block(tensor.name, name, kind, place, key in read, key in written))
    for (step, name), place in arena.scratch.items():
        need = next(need for need in program.steps[step].kernel.scratch if need.name == name)
        blocks.append(Block(f"{name} of step {step}", f"{need.dtype.value}[{need.elements}]", "scratch", place))
    return sorted(blocks, key=lambda block: (block.place.offset, block.place.first, block.place.last, block.name))


def _handed_over(program: Program) -> tuple[set[int], set[int]]:
    """The outputs that lie on bytes of an input that they are made from, and these inputs."""
    places = program.arena.placements
    written, read = set(), set()
    if not places:
        return written, read
    for number, step in enumerate(program.steps):
        for source in step.inputs:
            for target in step.op.outputs:
                ends_here = places[source].last == number == places[target].first
                if ends_here and places[source].shares(places[target]):
                    written.add(target)
                    read.add(source)
    return written, read


def steps_of_blocks(blocks: Sequence[Block]) -> range:
    """From the step before the first to the one after the last, as far as anything is alive."""
    return range(-1, max((block.place.last for block in blocks), default=-1) + 1)
