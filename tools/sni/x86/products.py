"""FULLY_CONNECTED and CONV_2D of int8: what windows over an image show times a constant matrix.

The image is copied once, with 128 added to each byte, for the processor multiplies unsigned bytes by signed ones: four
of each, added to a sum (VPDPBUSD). What that adds to every sum, and the zero point, is in what the sums start from.
Below AVX-VNNI bytes are widened, and multiplied and added by twos (PMADDWD): the same sums of the same tables.

Weights stand in the order in which they are used: for each block of outputs, then for each four inputs, those of each
output.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tools.sni.costs import beginning
from tools.sni.dsp.products import scaling_of_layer
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import batch_overlap
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.sums import sums_of
from tools.sni.told_products import ToldProduct
from tools.sni.windows import Window
from tools.sni.x86.cost import Tile, tile_for
from tools.sni.x86.image import Image, image_of, line_bytes, segments_of


@dataclass(frozen=True)
class Product:
    """A layer as sni_x86_layer has it.

    rows, columns: of windows; row_step, step: bytes of the image from one to the next. segments: where the pieces begin
    that the first window shows, of `groups` fours of bytes each. batches: images, one after the other.
    """

    image: Image
    rows: int
    columns: int
    row_step: int
    step: int
    segments: tuple[int, ...]
    run: int
    outputs: int
    batches: int = 1

    output_step = 0

    @property
    def groups(self) -> int:
        return -(-self.run // 4)

    @property
    def tile(self) -> Tile:
        return tile_for(self.rows, self.columns, self.outputs, self.groups * len(self.segments))

    @property
    def block(self) -> int:
        """Outputs whose weights lie together."""
        return 16 * self.tile.vectors

    def instructions(self, columns: int) -> float:
        """About what so many windows of a row take with AVX2."""
        tile = replace(self, rows=1, columns=columns).tile
        each = (0.28 if tile.windows > 1 else 0.42) * self.run * len(self.segments) * self.outputs
        return -(-columns // tile.windows) * tile.windows * each

    def image_bytes(self, tile: Tile) -> int:
        """What is read: the image, and behind it for windows that fill up the last tile, and for the last four."""
        last = (self.rows - 1) * self.row_step + (tile.filled(self.columns) - 1) * self.step
        return max(self.image.bytes, last + max(self.segments) + 4 * self.groups)


@dataclass(frozen=True)
class Scaled:
    """How the sums of a layer become outputs.

    kind: of scaling; "" and "signed" as tools/sni/dsp/scaling.py proves them, "exact" by TFLM's own arithmetic, with
    multipliers as factors, shifts to the right as addends, and the zero point as `middle`. weights: [outputs, inputs],
    zeros for outputs that are constant. starts, factors, addends: for each output. told: factors, addends and
    `middle` are those of a step of a loop.
    """

    kind: str
    clamp: tuple[int, int]
    weights: np.ndarray
    starts: np.ndarray
    factors: np.ndarray
    addends: np.ndarray
    shift: int
    middle: int
    told: bool = False

    @property
    def suffix(self) -> str:
        """Of the helpers that requantise."""
        return (f"__{self.kind}" if self.kind else "") + ("" if self.clamp == DType.INT8.bounds else "__clamped")

    @property
    def fits(self) -> bool:
        """Whether sums do: of unsigned inputs, before what they add to them is taken off."""
        largest = np.abs(self.weights).sum(axis=1) * (255 + 128) + np.abs(self.starts)
        return bool(largest.max(initial=0) < 1 << 31)

    def tables(self, order: np.ndarray) -> tuple[Constant, ...]:
        """What sums start from, factors and addends, of outputs in this order; -1 stands for none."""
        exact = self.kind == "exact"

        def ordered(name: str, values: np.ndarray, missing: int, comment: str) -> Constant:
            held = np.append(values, missing)[order].astype(np.int32)
            return Constant(name, held, comment, named=True, aligned=True)

        starts = ordered("starts", self.starts - 128 * self.weights.sum(axis=1), 0, "[output], what sums start from")
        if self.told:
            return (starts,)
        return (
            starts,
            ordered("factors", self.factors, 0, "[output], multipliers" if exact else "[output]"),
            ordered("addends", self.addends, int(exact), "[output], shifts to the right" if exact else "[output]"),
        )


def scaled(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> Scaled | None:
    """matrix: weights [outputs, inputs]. None where sums could leave their bounds, or TFLM's bits are not to be had."""
    scaling, clamp = scaling_of_layer(layer, matrix, bias)
    if scaling is not None:
        weights = np.where(scaling.constant[:, None], 0, matrix).astype(np.int64)
        kind = "signed" if scaling.signed else ""
        found = Scaled(
            kind, clamp, weights, scaling.starts, scaling.factors, scaling.addends, scaling.shift, scaling.middle
        )
    else:
        sums = sums_of(layer, matrix, bias, wide=False, folded=True)
        if sums.type != "int32_t" or sums.q.helper != "sni_requantise" or layer.options.rounding != "double":
            return None
        held = sums.q.multipliers * (len(matrix) if len(sums.q.multipliers) == 1 else 1)
        found = Scaled(
            "exact",
            clamp,
            matrix.astype(np.int64),
            sums.bias.astype(np.int64),
            np.array([m.value for m in held]),
            np.array([-m.shift for m in held]),
            0,
            sums.q.zero_point,
        )
    return found if found.fits else None


def packed(weights: np.ndarray, segments: int, block: int) -> np.ndarray:
    """Weights [outputs, inputs] as [blocks of outputs][segments][fours of inputs][output of the block][4], flat."""
    outputs, inputs = weights.shape
    run = inputs // segments
    filled = np.zeros((-(-outputs // block) * block, segments, -(-run // 4) * 4), np.int8)
    filled[:outputs, :, :run] = weights.reshape(outputs, segments, run)
    return filled.reshape(-1, block, segments, filled.shape[2] // 4, 4).transpose(0, 2, 3, 1, 4).reshape(-1)


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes."""
    outputs, inputs = matrix.shape
    image = Image(1, rows * inputs, 0, 0, 0, 0, 0)
    return _kernel(layer, Product(image, 1, rows, 0, inputs, (0,), inputs, outputs), matrix, bias, name)


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without groups, whose windows do not line up."""
    segments, run = segments_of(window)
    image = image_of(window, layer.input.quantisation.zero_point)
    product = Product(
        image,
        window.y.output,
        window.x.output,
        window.y.stride * line_bytes(window),
        window.x.stride * window.channels,
        segments,
        run,
        len(matrix),
        window.batches,
    )
    return _kernel(layer, product, matrix, bias, "conv_2d")


def _kernel(layer: Layer, p: Product, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    s = scaled(layer, matrix, bias)
    return _scaled_kernel(layer, p, s, name) if s else None


def told_rows(layer: Layer, told: ToldProduct) -> Kernel | None:
    """The kernel of rows whose outputs are quantised differently in each step of a loop; None if it is another."""
    if not told.simple or layer.options.rounding != "double":
        return None
    zeros = np.zeros(told.outputs, np.int64)
    weights = told.weights.astype(np.int64)
    s = Scaled("exact", DType.INT8.bounds, weights, told.starts[0], zeros, zeros, 0, 0, told=True)
    if not s.fits:
        return None
    image = Image(1, told.rows * told.inputs, 0, 0, 0, 0, 0)
    p = Product(image, 1, told.rows, 0, told.inputs, (0,), told.inputs, told.outputs)
    kernel = _scaled_kernel(layer, p, s, "fully_connected")
    padding = -told.outputs % p.block
    scales = np.pad(np.broadcast_to(told.scales, (told.outputs,)), (0, padding), mode="edge").view(np.uint32)
    return told.told.kernel(
        replace(
            kernel,
            name=f"{kernel.name}_told",
            template="x86_products_told.c.j2",
            values={**kernel.values, "zero_point": told.point, "count": len(scales)},
            constants=(
                *kernel.constants,
                Constant("scales", scales, "[output], of the weights, as floats' bits", named=True),
            ),
            helpers=(*kernel.helpers, "x86_told"),
            scratch=(*kernel.scratch, *(Scratch(n, DType.INT32, len(scales)) for n in ("factors", "addends"))),
        )
    )


def _scaled_kernel(layer: Layer, p: Product, s: Scaled, name: str) -> Kernel:
    tile, block, matrix = p.tile, p.block, s.weights
    what = f"[{len(p.segments)} segments][{p.groups} fours][{block} outputs][4 inputs]"
    suffix = f"__{tile.name}{s.suffix}"
    return Kernel(
        name=f"{name}_int8_x86_{tile.name}",
        template="x86_products.c.j2",
        values={"p": p, "s": s, "suffix": suffix},
        constants=(
            Constant("weights", packed(s.weights, len(p.segments), block), what, named=True, aligned=True),
            *s.tables(np.pad(np.arange(len(matrix)), (0, -len(matrix) % block), constant_values=-1)),
            Constant("segments", np.array(p.segments, np.int32), "where each segment begins", named=True),
        ),
        helpers=("x86_show", f"x86_products{suffix}"),
        includes=("string.h",),
        scratch=(Scratch("patch", DType.UINT8, p.image_bytes(tile)),),
        overlap=batch_overlap(layer, p.batches),
        macs=p.batches * p.rows * p.columns * matrix.size,
        set_up=beginning(p.instructions, p.columns) if p.rows == 1 else 0,
        dispatched=True,
        reason=tile.reason,
    )
