"""The search for the smallest arena, on engines whose needs are known: it is exact, quick, and never far too low."""

from __future__ import annotations

import ctypes
import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.native import WARNINGS, build, scratch

STEP = 16

ENGINE = """\
#include <stdlib.h>
#include "sni_rules/probe/engine.h"

/* What the test chooses: with fewer than `needed` bytes there is no setup, with fewer than `correct` a wrong output. */
size_t needed, correct, used, lowest;
static size_t arena_bytes;
static uint8_t input[4], output[4];

size_t sni_probe_object_bytes(void) { return 8; }
bool sni_probe_try(uint8_t *arena, size_t bytes) {
  (void)arena;
  if (bytes < lowest) lowest = bytes;
  return bytes >= needed;
}
bool sni_probe_setup(uint8_t *arena, size_t bytes) {
  (void)arena;
  arena_bytes = bytes;
  if (bytes < needed) abort(); /* engines are not prepared for it */
  return true;
}
size_t sni_probe_used(void) { return used; }
sni_probe_tensor sni_probe_input(size_t index) {
  return (sni_probe_tensor){index == 0 ? input : NULL, sizeof input, SNI_PROBE_FLOATS};
}
sni_probe_tensor sni_probe_output(size_t index) {
  return (sni_probe_tensor){index == 0 ? output : NULL, sizeof output, SNI_PROBE_BYTES};
}
bool sni_probe_invoke(void) {
  for (size_t i = 0; i < sizeof output; ++i) output[i] = (uint8_t)(input[i] + (arena_bytes < correct));
  return true;
}
"""


class Found(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ("bytes", "used", "tries")]


@functools.cache
def library() -> ctypes.CDLL:
    engine = scratch() / "engine.c"
    engine.write_text(ENGINE, encoding="utf-8")
    made = scratch() / "search.so"
    sources = ("sni_rules/probe/search.c", "sni_rules/runtime/checksum.c")
    build(["gcc", *WARNINGS, "-shared", "-fPIC", "-I.", *sources, engine, "-o", made])
    loaded = ctypes.CDLL(str(made))
    loaded.sni_probe_search.restype = Found
    return loaded


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """Before the first example, whose time Hypothesis takes."""
    library()


def search(needed: int, used: int, room: int, correct: int = 0) -> tuple[Found, int]:
    """What was found, and the smallest arena that was tried."""
    for name, value in (("needed", needed), ("correct", correct), ("used", used), ("lowest", room)):
        ctypes.c_size_t.in_dll(library(), name).value = value
    found = library().sni_probe_search(None, ctypes.c_size_t(room))
    return found, ctypes.c_size_t.in_dll(library(), "lowest").value


def up(size: int) -> int:
    return -(-size // STEP) * STEP


@given(st.integers(1, 1 << 20), st.integers(0, 1 << 16), st.integers(0, 1 << 20))
def test_the_size_is_exact(used: int, more: int, rest: int) -> None:
    needed = used + more
    found, lowest = search(needed, used, up(needed) + rest)
    assert found.bytes == up(needed)
    assert found.used == used
    assert lowest >= up(used) - STEP
    assert found.tries <= 4 + 2 * max(1, more // STEP).bit_length()


@given(st.integers(64, 1 << 16), st.integers(0, 4096))
def test_an_arena_that_gives_other_outputs_does_not_work(used: int, more: int) -> None:
    found, _ = search(used, used, 1 << 20, correct=used + more)
    assert found.bytes == up(used + more)


def test_nothing_is_found_where_all_the_memory_is_too_little() -> None:
    found, _ = search(1024, 512, 1008)
    assert found.bytes == 0


def test_an_engine_that_says_it_uses_more_than_it_needs() -> None:
    found, lowest = search(needed=1000, used=1200, room=4096)
    assert (found.bytes, lowest) == (1008, 992)
