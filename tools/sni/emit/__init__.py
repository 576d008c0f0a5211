"""Rendering: kernels, plan and report to the text of C files."""
