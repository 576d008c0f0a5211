"""pytest_test: a Bazel test of pytest files."""

load("@rules_python//python:py_test.bzl", "py_test")

def pytest_test(name, srcs, deps = [], data = [], size = "small", env = {}, tags = [], **kwargs):
    """Runs pytest on files; the test fails when they hold no test.

    The working directory is the root of the main repository's runfiles, which is the root of Python's imports too.
    `--test_filter` is pytest's `-k`; `shard_count` deals the tests out in turn; Hypothesis is derandomised and has no
    deadline. `tools.testing.shared` finds the optional models and data.

    Args:
      name: name of the test.
      srcs: files with tests, and any other Python files that are not worth a library.
      deps: py_library targets, beside pytest and Hypothesis.
      data: files that the tests read.
      size: as of every test.
      env: environment variables; `$(rootpath)` is expanded.
      tags: as of every test.
      **kwargs: further attributes of py_test.
    """
    main = "//tools/testing:pytest_main.py"
    py_test(
        name = name,
        size = size,
        srcs = srcs + [main],
        args = ["$(rootpaths %s)" % src for src in srcs],
        data = data + ["//:pyproject.toml"],
        env = env,
        main = main,
        tags = tags,
        deps = deps + [
            "//tools/testing",
            "@sni_test_pip//hypothesis",
            "@sni_test_pip//pytest",
        ],
        **kwargs
    )
