"""Bazel 7's own py_test, under rules_python's label."""

py_test = native.py_test
