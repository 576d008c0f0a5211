"""The smallest arena of a model, as a program for the target finds it (sni_rules/probe)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tools.sni.errors import fail

_LAST_LINES = 20
_PROGRAM = "the program that finds the smallest arena"
_REMEDY = "accepted: a platform with an emulator (docs/platforms.md), or this machine's own"


@dataclass(frozen=True)
class Found:
    """What the program found. Bytes.

    needed: the smallest arena, exact to 16. used: of it after setup, as TFLM says. interpreter: of its object, beside
    the arena. stack: that setup and an inference took, by `setup` and `invoke`, where it could be measured.
    tries: how many arenas were tried.
    """

    needed: int
    used: int
    interpreter: int
    tries: int
    stack: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"


def from_json(text: str) -> Found:
    """What to_json wrote."""
    return Found(**json.loads(text))


def search(command: Path, place: str) -> Found:
    """Runs the program, which may take as long as a few inferences on the target.

    place: the target's label, for messages. Raises CompileError where it does not run, or finds nothing.
    """
    try:
        done = subprocess.run([command.absolute()], capture_output=True, text=True, check=False, errors="replace")
    except OSError as error:
        raise fail(place, f"{_PROGRAM} does not run here: {error.strerror}; {_REMEDY}") from None
    if done.returncode != 0 or not done.stdout.startswith("{"):
        said = "\n".join(done.stderr.splitlines()[-_LAST_LINES:]) or "nothing"
        raise fail(place, f"{_PROGRAM} ended with status {done.returncode}; {_REMEDY}; it said:\n{said}")
    told = json.loads(done.stdout)
    stack = {part: told[f"stack_{part}"] for part in ("setup", "invoke") if told[f"stack_{part}"] is not None}
    return Found(told["arena_bytes"], told["used_bytes"], told["object_bytes"], told["tries"], stack)


def check_size(found: Found, arena_size: int, place: str) -> None:
    """Raises CompileError if an arena of the user's choice is too small."""
    if arena_size < found.needed:
        raise fail(
            f"{place}: arena_size = {arena_size}",
            f"too small: on this platform the model needs {found.needed} bytes (accepted: {found.needed} or more; "
            "without arena_size it gets just as many)",
        )
