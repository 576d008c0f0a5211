"""What measures: this machine, and the versions of the tools that figures depend on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.bench.suite.measure import VERSION
from tools.sni.version import VERSION as SNI_VERSION

_COMMANDS = ("gcc", "arm-linux-gnueabihf-gcc", "arm-none-eabi-gcc", "qemu-arm", "qemu-system-arm", "qemu-x86_64")
_PACKAGES = ("ai-edge-litert", "tflite-micro")

MEASURING = ("bench", "qemu-arm", "qemu-system-arm", "qemu-x86_64", *_PACKAGES)
"""Those on whose versions figures of the same program depend."""


def machine() -> str:
    """The processor, for people."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    name = found[1].strip() if found else platform.machine()
    return f"{name}, {len(os.sched_getaffinity(0))} of its processors"


def versions() -> Mapping[str, str]:
    """By name; of what is not there nothing."""
    found = {"sni_rules": SNI_VERSION, "bench": VERSION, "python": platform.python_version()}
    for command in _COMMANDS:
        if shutil.which(command):
            said = subprocess.run([command, "--version"], capture_output=True, text=True, check=False).stdout
            number = re.search(r"\d+\.\d+(\.\d+)*", re.sub(r"\(.*?\)", "", said) or said)
            found[command] = number[0] if number else said.strip().partition("\n")[0]
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def same_tools(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether figures of the same program would be the same."""
    return all(before.get(name) == now.get(name) for name in MEASURING)
