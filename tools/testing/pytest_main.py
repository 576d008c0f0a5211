"""Runs pytest as Bazel expects of a test: the main program of every pytest_test."""

import os
import sys
from pathlib import Path

import pytest


class Shard:
    """Keeps every TEST_TOTAL_SHARDS-th of the collected tests."""

    def __init__(self, index: int, total: int) -> None:
        self._index = index
        self._total = total

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        kept = items[self._index :: self._total]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


class Hypothesis:
    """The same examples on every run, however slow the machine."""

    def pytest_configure(self) -> None:
        from hypothesis import settings  # not earlier: pytest rewrites the assertions of plugins before their import

        settings.register_profile("bazel", derandomize=True, deadline=None, database=None, print_blob=True)
        settings.load_profile("bazel")


def main(files: list[str]) -> int:
    arguments = ["-c", "pyproject.toml", "--rootdir=.", "--durations=5", "--durations-min=0.5", "--verbosity=1"]
    arguments += ["--color=no", f"--basetemp={Path(os.environ['TEST_TMPDIR'], 'pytest')}"]
    if xml := os.environ.get("XML_OUTPUT_FILE"):
        arguments += [f"--junit-xml={xml}", "-o", "junit_logging=out-err"]
    may_be_empty = False
    if only := os.environ.get("TESTBRIDGE_TEST_ONLY"):
        arguments += ["-k", only]
        may_be_empty = True
    plugins: list[object] = [Hypothesis()]
    if (total := int(os.environ.get("TEST_TOTAL_SHARDS", "1"))) > 1:
        Path(os.environ["TEST_SHARD_STATUS_FILE"]).touch()
        plugins.append(Shard(int(os.environ["TEST_SHARD_INDEX"]), total))
        may_be_empty = True

    tests = [file for file in files if Path(file).name.startswith("test_") or Path(file).stem.endswith("_test")]
    status = pytest.main(arguments + tests, plugins) if tests else pytest.ExitCode.NO_TESTS_COLLECTED
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        if may_be_empty:
            return 0
        print(f"no test in {files or 'srcs'}: pytest files are named test_*.py or *_test.py, their tests test_*")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
