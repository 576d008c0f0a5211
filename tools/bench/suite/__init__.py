"""Benchmark suites: models x variants x engines x platforms x compiler options, built by Bazel and measured."""
