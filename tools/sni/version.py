"""The version of the compiler, which stands in every generated file. MODULE.bazel names the same; a test compares."""

VERSION = "0.1.0"
