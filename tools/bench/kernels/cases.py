"""The models and targets that are measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.kit.layers import FLAGS, NAME, Measured, measure
from tools.kit.table import ROOT, platform, platform_names
from tools.models.shared import shared_dir
from tools.sni.compiler import compile_model
from tools.sni.options import PROFILES, Options

_AIS = "examples/ais_detector/models"
_FILES = {
    "ais": "ais_int8",
    "ais_float": "ais_float32",
    "ad": "ad01_int8",
    "kws": "kws_ref_model",
    "ic": "pretrainedResnet_quant",
    "vww": "vww_96_int8",
    "sww": "str_ww_ref_model",
    "ad_float": "ad01_fp32",
    "ic_float": "pretrainedResnet",
    "vww_float": "vww_96_float",
    "kws_hybrid": "kws_ref_model_float32",
}
MODELS = tuple(_FILES)
"""The AIS detectors, and MLPerf Tiny's networks, which lie beside the workspace."""

PLATFORMS = tuple(name for name in platform_names() if name not in ("cortex_m4_soft", "cortex_m7_single"))
"""One for each kind of processor."""

EMULATED = tuple(name for name in PLATFORMS if platform(name).emulator or platform(name).counter)
"""Those whose instructions an emulator counts: on others a processor has to step through them."""


def model_path(name: str) -> Path | None:
    """The file of a model; None where it is not on this machine."""
    if name.startswith("ais"):
        return ROOT / _AIS / f"{_FILES[name]}.tflite"
    folder = shared_dir()
    path = folder / "models/mlperf_tiny" / f"{_FILES[name]}.tflite" if folder else None
    return path if path and path.exists() else None


@dataclass(frozen=True)
class Target:
    """What kernels are made for: a platform, a profile, and what flash is spent on."""

    platform: str
    profile: str
    optimise: str = "balanced"

    def __str__(self) -> str:
        return f"{self.platform} {self.profile} {self.optimise}"

    def measure(self, model: bytes) -> Measured:
        """Raises BuildError, CompileError, EndedError."""
        files = compile_model(model, "model.tflite", Options(NAME, self.profile, optimise=self.optimise))
        return measure(files, platform(self.platform), FLAGS)


def own_profile(name: str) -> str:
    """The profile made for a platform, of those that there are."""
    profile = platform(name).profile
    return profile if profile in PROFILES else "c99"


def targets(platforms: tuple[str, ...], profiles: tuple[str, ...], optimisations: tuple[str, ...]) -> list[Target]:
    """The targets of these platforms: with c99, and with their own profile for each optimisation.

    profiles: only these; all without any.
    """
    found = []
    for name in platforms:
        found.append(Target(name, "c99"))
        own = own_profile(name)
        if own != "c99":
            found += [Target(name, own, optimise) for optimise in optimisations]
    return [target for target in found if not profiles or target.profile in profiles]
