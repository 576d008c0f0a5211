"""The firmware hears what is in the recording, on both boards, and its networks share their memory."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from examples.firmware_kws import sounds, tables
from examples.firmware_kws.tests import elf

README = pathlib.Path("examples/firmware_kws/README.md")
NAMES = {sounds_: word for word, sounds_ in sounds.WORDS.items()}
REPORTS = [path for path in os.environ["REPORTS"].split() if path.endswith(".json")]
FIRMWARE = {"mps2": os.environ["FIRMWARE"], "b_l475e": os.environ["B_L475E"]}
HEARD = re.compile(r"^ *(\d+\.\d\d) s  (\S+)(?:  (\d+)%)?$")
B_L475E = "b-l475e-iot01a"


def documented() -> str:
    (block,) = re.findall(r"```\n(listening\n.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return block


def program(board: str) -> pathlib.Path:
    """The ELF file: what runs it under QEMU lies beside it."""
    return pathlib.Path(FIRMWARE[board].removesuffix("_emulated").removesuffix(".elf") + ".elf")


def check_words(output: str) -> None:
    """Every word of the script is heard within half a second of its end, and nothing else is taken for a word."""
    first, *lines, last = output.splitlines()
    assert first == "listening"
    assert last == f"{tables.SECONDS * 50} frames, 0 lost"
    heard = [HEARD.match(line) for line in lines]
    assert all(heard), output
    for match, (start, said) in zip(heard, tables.SCRIPT, strict=True):
        assert match[2] == NAMES.get(said, "(unknown)")
        assert 0.3 < float(match[1]) - start < 1.3
        assert (match[3] is None) == (match[2] == "(unknown)")


def test_every_word_is_heard() -> None:
    done = subprocess.run([FIRMWARE["mps2"]], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0
    assert done.stderr == ""
    check_words(done.stdout)
    assert done.stdout == documented()


def test_the_same_is_heard_on_the_board_at_two_thirds_of_its_speed() -> None:
    """32 ns for each instruction; the board needs 21. The output comes from the emulated serial port."""
    qemu = shutil.which("qemu-system-arm")
    machines = subprocess.run([qemu, "-M", "help"], capture_output=True, text=True, check=True).stdout
    if B_L475E not in machines:
        pytest.skip(f"this QEMU has no {B_L475E}: 9.0 or later is needed")
    command = [qemu, "-M", B_L475E, "-display", "none", "-monitor", "none", "-serial", "stdio"]
    command += ["-icount", "shift=5,sleep=off", "-kernel", str(program("b_l475e"))]
    text = ""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            text += line.decode().replace("\r\n", "\n")
            if b"lost" in line:
                break
        process.kill()
    assert text == documented()


@pytest.mark.parametrize("board", ["mps2", "b_l475e"])
def test_the_networks_share_their_memory(board: str) -> None:
    image = elf.read(program(board))
    arenas = [json.loads(pathlib.Path(path).read_text())["arena"]["bytes"] for path in REPORTS]
    states = [(arena + 7) // 8 * 8 for arena in arenas]
    assert len(states) == 2
    assert image.symbols["memory"] == max(states)
    ram = sum(size for name, size in image.writable.items() if name != ".stack")
    others = image.symbols["history"] + image.symbols["frames"]
    assert ram < others + sum(states), "less than with a state for each"


@pytest.mark.parametrize("board", ["mps2", "b_l475e"])
def test_there_is_no_heap_and_no_printf(board: str) -> None:
    names = elf.read(program(board)).symbols
    assert {"main", "microphone_interrupt", "words_invoke"} <= set(names)
    assert [name for name in names if re.search("malloc|sbrk|printf", name)] == []
