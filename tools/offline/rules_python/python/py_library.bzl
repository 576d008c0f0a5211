"""Bazel 7's own py_library, under rules_python's label."""

py_library = native.py_library
