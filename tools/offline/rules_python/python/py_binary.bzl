"""Bazel 7's own py_binary, under rules_python's label."""

py_binary = native.py_binary
