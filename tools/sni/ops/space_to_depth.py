"""SPACE_TO_DEPTH and DEPTH_TO_SPACE: blocks of height x width moved into channels, and back."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import MOVABLE_TYPES, made_shape_problems, moved_type_problems
from tools.sni.strided_copy import Move, Place, data_input, movement, row_major


@operator("SPACE_TO_DEPTH", types=MOVABLE_TYPES)
def check_space_to_depth(layer: Layer) -> Iterator[str]:
    x, block = layer.input, layer.attribute("block_size", 0)
    problems = list(_block_problems(layer, block))
    if not problems and (x.shape[1] % block or x.shape[2] % block):
        problems.append(f"cuts height and width into blocks of {block}; {x} is not a multiple of that")
    yield from problems
    if not problems:
        n, h, w, c = x.shape
        yield from made_shape_problems(layer.output, (n, h // block, w // block, c * block * block))


@operator("DEPTH_TO_SPACE", types=MOVABLE_TYPES)
def check_depth_to_space(layer: Layer) -> Iterator[str]:
    x, block = layer.input, layer.attribute("block_size", 0)
    problems = list(_block_problems(layer, block))
    if not problems and x.shape[3] % (block * block):
        problems.append(f"makes blocks of {block} x {block} of the channels; {x} has {x.shape[3]}")
    yield from problems
    if not problems:
        n, h, w, c = x.shape
        yield from made_shape_problems(layer.output, (n, h * block, w * block, c // (block * block)))


def _block_problems(layer: Layer, block: int) -> Iterator[str]:
    yield from moved_type_problems((layer.input, layer.output))
    if len(layer.input.shape) != 4:
        yield f"takes arrays of 4 dimensions, batch, height, width, channels; it has {layer.input}"
    if block < 1:
        yield f"has block size {block}; accepted: 1 or more"


@kernel("SPACE_TO_DEPTH", profile="c99")
def space_to_depth(layer: Layer) -> Kernel:
    return _blocks(layer, "space_to_depth", layer.input.shape, to_depth=True)


@kernel("DEPTH_TO_SPACE", profile="c99")
def depth_to_space(layer: Layer) -> Kernel:
    return _blocks(layer, "depth_to_space", layer.output.shape, to_depth=False)


def _blocks(layer: Layer, name: str, space: tuple[int, ...], *, to_depth: bool) -> Kernel:
    """space: the shape of the side with the larger image, seen as [batch, rows, block, columns, block, channels]."""
    x, y, block = layer.input, layer.output, layer.attribute("block_size", 0)
    source, constants = data_input(layer, 0)
    n, h, w, c = space
    image = row_major((n, h // block, block, w // block, block, c))
    # In the order of the side with more channels: both indices inside the block come last.
    order = (0, 1, 3, 2, 4, 5)
    counts = tuple((n, h // block, block, w // block, block, c)[axis] for axis in order)
    depths, images = row_major(counts), tuple(image[axis] for axis in order)
    of_target, of_source = (depths, images) if to_depth else (images, depths)
    move = Move(counts, Place(layer.output_names[0], y.elements, of_target), Place(source, x.elements, of_source))
    return movement(layer, f"{name}_{y.dtype.value}", [move], constants=constants)
