"""Compiles Python: compile.py SOURCE COMPILED [SOURCE COMPILED ...]

Programs are run without writing .pyc files, and each would compile what it imports anew. These name the hash of their
source, so that one which was changed since is compiled, as ever.
"""

import itertools
import py_compile
import sys

for source, compiled in itertools.batched(sys.argv[1:], 2):
    py_compile.compile(source, compiled, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
