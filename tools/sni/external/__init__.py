"""Kernels that a user gives: which layers they take, and the calls that the generated code makes."""
