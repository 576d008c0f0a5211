"""Any results, for property tests: names that are markup, figures that are missing, failures, no cell at all."""

from __future__ import annotations

from hypothesis import strategies as st

from tools.bench.suite.results import (
    Buffer,
    EdgeMark,
    Error,
    Failure,
    Figures,
    Key,
    Layer,
    Published,
    Result,
    Results,
    Run,
    Wall,
)

_MARKUP = ("</script><b id=evil>", "<!--", "]]>", "&lt;", "{{ 1 }}", "\" onload='", "|", "`", "\u202e", "\x00", "é")
_TEXT = st.lists(
    st.one_of(st.sampled_from(_MARKUP), st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=6)),
    max_size=3,
).map("".join)
_NAME = st.one_of(st.sampled_from(("sni", "tflm", "a", "b")), _TEXT)
_COUNT = st.integers(0, 2**40)
_SMALL = st.integers(0, 9)
_REAL = st.floats(0, 1e6)


def _maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(st.none(), strategy)


def _layer() -> st.SearchStrategy[Layer]:
    figure = _maybe(_COUNT)
    return st.builds(Layer, _TEXT, _TEXT, _TEXT, _TEXT, _COUNT, figure, figure, figure)


def _buffer() -> st.SearchStrategy[Buffer]:
    made = st.tuples(_TEXT, _COUNT, _COUNT, _SMALL, _SMALL)
    return made.map(lambda parts: Buffer(*parts[:4], parts[3] + parts[4]))


def _figures() -> st.SearchStrategy[Figures]:
    return st.builds(
        Figures,
        engine_version=_TEXT,
        instructions=_maybe(_COUNT),
        wall=_maybe(st.builds(Wall, _COUNT, _COUNT, _COUNT)),
        flash=_COUNT,
        ram=_COUNT,
        stack=_maybe(_COUNT),
        arena=_COUNT,
        constants=_COUNT,
        weights=_COUNT,
        macs=_COUNT,
        error=_maybe(st.builds(Error, _REAL, _REAL, _REAL, _maybe(st.floats(0, 1)), _COUNT)),
        exact=_maybe(st.booleans()),
        edgemark=_maybe(st.builds(EdgeMark, _COUNT, _COUNT, _COUNT, _COUNT)),
        build_s=_maybe(_REAL),
        program=_TEXT,
        command=_TEXT,
        notes=st.lists(_TEXT, max_size=2).map(tuple),
        layers=st.lists(_layer(), max_size=3).map(tuple),
        buffers=st.lists(_buffer(), max_size=3).map(tuple),
    )


def _result() -> st.SearchStrategy[Result]:
    key = st.builds(Key, _NAME, _NAME, _NAME, _NAME, _NAME)
    measured = st.builds(Result, key, _figures(), st.none())
    return st.one_of(measured, st.builds(Result, key, st.none(), st.builds(Failure, _TEXT, _TEXT)))


def any_results() -> st.SearchStrategy[Results]:
    real, count = _maybe(_REAL), _maybe(_COUNT)
    run = st.builds(
        Run,
        suite=_TEXT,
        started=_TEXT,
        command=_TEXT,
        machine=_TEXT,
        build_s=_REAL,
        run_s=_REAL,
        cold=st.booleans(),
        actions=st.dictionaries(_TEXT, _COUNT, max_size=2),
        reused=_COUNT,
        versions=st.dictionaries(_TEXT, _TEXT, max_size=2),
    )
    published = st.builds(Published, _TEXT, _TEXT, _TEXT, _NAME, _NAME, real, real, count, count, real)
    return st.builds(
        Results, run, st.lists(_result(), max_size=4).map(tuple), st.lists(published, max_size=3).map(tuple)
    )
