"""Memory that a piece of work cannot have: the caller lives on and says why."""

import os
import signal
import sys

import pytest

from tools.microtvm.memory import within

_LIMIT = 512 << 20


def _greedy() -> int:
    taken = [b"x" * (64 << 20) for _ in range(100)]
    return len(taken)


def _loud() -> int:
    print("a warning", file=sys.stderr)
    return 0


def _failing() -> int:
    print("error: the reason", file=sys.stderr)
    return 1


def _killed() -> int:
    os.kill(os.getpid(), signal.SIGABRT)
    return 0


def _abandoned_by_cpp() -> int:
    print("terminate called after throwing an instance of 'std::bad_alloc'", file=sys.stderr)
    return _killed()


def _abandoned_without_a_word() -> int:
    taken = b"x" * (_LIMIT // 2)
    return len(taken) and _killed()


def _wrong() -> int:
    raise ValueError("a mistake of ours")


def test_too_much_is_said_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    assert within(_LIMIT, _greedy, "net.tflite: too big") == 1
    assert capfd.readouterr().err == "error: net.tflite: too big\n"


def test_so_is_what_cpp_ends_with(capfd: pytest.CaptureFixture[str]) -> None:
    assert within(_LIMIT, _abandoned_by_cpp, "net.tflite: too big") == 1
    assert capfd.readouterr().err == "error: net.tflite: too big\n"


def test_so_is_what_ends_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    assert within(_LIMIT, _abandoned_without_a_word, "net.tflite: too big") == 1
    assert capfd.readouterr().err == "error: net.tflite: too big\n"


def test_what_succeeds_says_what_it_has_to(capfd: pytest.CaptureFixture[str]) -> None:
    assert within(_LIMIT, _loud, "") == 0
    assert capfd.readouterr().err == "a warning\n"


def test_other_failures_keep_their_reason(capfd: pytest.CaptureFixture[str]) -> None:
    assert within(_LIMIT, _failing, "too big") == 1
    assert capfd.readouterr().err == "error: the reason\n"


def test_signals_are_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert within(_LIMIT, _killed, "too big") == 1
    assert capfd.readouterr().err == "error: ended by SIGABRT\n"


def test_our_own_mistakes_are_shown_whole(capfd: pytest.CaptureFixture[str]) -> None:
    assert within(_LIMIT, _wrong, "too big") == 1
    assert "ValueError: a mistake of ours" in capfd.readouterr().err
