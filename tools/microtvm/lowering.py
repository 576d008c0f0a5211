"""From Relax to a planned sequence of calls of loop nests: which of TVM's passes run, in which order."""

from __future__ import annotations

import tvm
from tvm import relax, s_tir, tirx
from tvm.s_tir.transform import HoistedConditionals, HoistedLetBindings

TARGET = tvm.target.Target({"kind": "c"})

_FUSION = (
    relax.transform.LegalizeOps(),
    relax.transform.AnnotateTIROpPattern(),
    relax.transform.FoldConstant(),
    relax.transform.FuseOps(),
    relax.transform.FuseTIR(),
    relax.transform.DeadCodeElimination(),
)
_PLANNING = (
    relax.transform.RewriteDataflowReshape(),
    relax.transform.ToNonDataflow(),
    relax.transform.RemovePurityChecking(),
    relax.transform.CallTIRRewrite(),
    relax.transform.StaticPlanBlockMemory(),
)
_LOOPS = (
    s_tir.transform.CanonicalizeLoop(),
    s_tir.transform.LowerInitBlock(),
    s_tir.transform.PlanAndUpdateBufferAllocationLocation(),
    s_tir.transform.ConvertBlocksToOpaque(),
    s_tir.transform.CompactBufferAllocation(),
    s_tir.transform.LowerMatchBuffer(),
    s_tir.transform.StmtSimplify(),
    s_tir.transform.LowerOpaqueBlock(),
)
_FLAT = (
    tirx.transform.FlattenBuffer(),
    tirx.transform.NarrowDataType(32),
    s_tir.transform.LoopPartition(),
    # The C compiler vectorises: the target has no vector types.
    tirx.transform.VectorizeLoop(False),
    tirx.transform.StorageRewrite(),
    # Whether a tap of a padded convolution lies in the image is asked once for all channels of a tile.
    s_tir.transform.HoistExpression(),
    tirx.transform.UnrollLoop(),
    s_tir.transform.RenormalizeSplitPattern(),
    tirx.transform.StmtSimplify(),
    tirx.transform.RemoveNoOp(),
    s_tir.transform.RewriteUnsafeSelect(),
    tirx.transform.CommonSubexprElim(),
    tirx.transform.LowerIntrin(),
)

_CONFIG = {
    "s_tir.HoistExpression": {
        "hoisted_conditionals": (HoistedConditionals.IfElseStmt | HoistedConditionals.IfElseExpr).value,
        "hoisted_let_bindings": HoistedLetBindings.Never.value,
    }
}


def fused(module: tvm.IRModule) -> tvm.IRModule:
    """Operators as TIR functions, constants folded, and what can be one function made one."""
    return _run(_FUSION, module)


def planned(module: tvm.IRModule) -> tvm.IRModule:
    """`main` as a sequence of calls that write to tensors in storages of known size."""
    return _run(_PLANNING, module)


def opaque(module: tvm.IRModule) -> tvm.IRModule:
    """TIR functions as plain loops over buffers of several dimensions."""
    return _run(_LOOPS, module)


def flat(module: tvm.IRModule) -> tvm.IRModule:
    """TIR functions as TVM's C writer takes them: one-dimensional buffers, 32-bit indices, functions of <math.h>."""
    return _run(_FLAT, module)


def _run(passes: tuple[tvm.ir.transform.Pass, ...], module: tvm.IRModule) -> tvm.IRModule:
    with TARGET, tvm.transform.PassContext(config=_CONFIG):
        return tvm.ir.transform.Sequential(passes)(module)
