"""Loop nests for small processors: TVM's own, unscheduled, pass whole tensors from stage to stage.

Three steps, the same for every function: what is computed element by element is inlined; a reduction keeps a few
neighbouring outputs in accumulators, which a C compiler holds in registers; and what follows a reduction is done to
these few at once. So a fused layer needs no memory but a few floats on the stack.
"""

from __future__ import annotations

from collections.abc import Callable

import tvm
from tvm import s_tir, tirx
from tvm.tirx import IterVar

ACCUMULATORS = 8
"""Outputs that a reduction computes at a time, at most: more do not fit the registers of a Cortex-M4F."""

_SPATIAL, _REDUCTION = IterVar.DataPar, IterVar.CommReduce


def scheduled(function: tirx.PrimFunc) -> tirx.PrimFunc:
    """The same function with other loops. A step that TVM finds illegal for a block is left out for that block."""
    schedule = s_tir.Schedule(tvm.IRModule({"main": function}), error_render_level="none")
    try:
        stages = _blocks(schedule)
    except s_tir.ScheduleError:
        return function  # a function without blocks: TVM wrote it as plain loops
    for block in stages:
        schedule = _attempted(schedule, block, lambda trial, name: trial.compute_inline(name))
    for block in reversed(_blocks(schedule)):
        schedule = _attempted(schedule, block, lambda trial, name: trial.reverse_compute_inline(name))
    for block in _blocks(schedule):
        before = schedule
        schedule = _attempted(before, block, lambda trial, name: _accumulate(trial, name, followed=True))
        if schedule is before:
            schedule = _attempted(before, block, _accumulate)
    return schedule.mod["main"]


def _blocks(schedule: s_tir.Schedule) -> list[str]:
    children = schedule.get_child_blocks(schedule.get_sblock("root"))
    return [schedule.get(block).name_hint for block in children]


def _attempted(schedule: s_tir.Schedule, block: str, step: Callable[[s_tir.Schedule, str], None]) -> s_tir.Schedule:
    trial = schedule.copy()
    try:
        step(trial, block)
    except Exception:  # ScheduleError where a step is illegal, others where TVM's analysis gives up
        return schedule
    return trial


def _accumulate(schedule: s_tir.Schedule, name: str, *, followed: bool = False) -> None:
    """Tiles the innermost output loop of a reduction and puts the tile inside the sum.

    followed: what consumes the sums comes right after each tile, so that only a tile of them is ever kept.
    """
    block = schedule.get_sblock(name)
    kinds = [variable.iter_type for variable in schedule.get(block).iter_vars]
    loops = schedule.get_loops(block)
    if _REDUCTION not in kinds or len(loops) != len(kinds):
        return
    spatial = [loop for loop, kind in zip(loops, kinds, strict=True) if kind == _SPATIAL]
    reduced = [loop for loop, kind in zip(loops, kinds, strict=True) if kind == _REDUCTION]
    if spatial:
        *outer, channels = spatial
        count = int(schedule.get(channels).extent)
        tile = max(size for size in range(1, ACCUMULATORS + 1) if count % size == 0)
        tiles, inner = schedule.split(channels, [count // tile, tile])
        schedule.reorder(*outer, tiles, *reduced, inner)
        for consumer in schedule.get_consumers(block) if followed else ():
            schedule.reverse_compute_at(consumer, tiles)
    schedule.decompose_reduction(block, reduced[0])
