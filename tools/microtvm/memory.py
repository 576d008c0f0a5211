"""Work that may take more memory than a machine has: in a process of its own, which ends before the others suffer."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable

_NO_MEMORY = re.compile(r"bad_alloc|MemoryError|out of memory", re.IGNORECASE)
"""What Python, C++ and LLVM say when there is no more."""


def within(limit: int, work: Callable[[], int], too_much: str) -> int:
    """Does the work in a process that can have `limit` bytes of memory, and returns its exit status.

    Where it needs more, says `too_much` in place of everything that it had to say itself, and returns 1.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryFile() as errors:
        child = os.fork()
        if not child:
            os.dup2(errors.fileno(), sys.stderr.fileno())
            # Of what is written to, not of the address space: libraries reserve far more of that than they use.
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
            _end(work)
        _, ended, used = os.wait4(child, 0)
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace")
    status = os.waitstatus_to_exitcode(ended)
    # TVM ends without a word where a vector cannot grow; a vector doubles.
    silent = status < 0 and used.ru_maxrss * 1024 > limit / 4
    if silent or (status and _NO_MEMORY.search(said)):
        said = f"error: {too_much}\n"
    elif status < 0:
        said += f"error: ended by {signal.Signals(-status).name}\n"
    sys.stderr.write(said)
    return 1 if status < 0 else status


def _end(work: Callable[[], int]) -> None:
    """Does the work and ends this process at once: no destructor of a library has a last word."""
    status = 1
    try:
        status = work()
    except BaseException:  # nothing may run on in the copy of the caller
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
