"""Readers of model files: each turns bytes into an `ir.Graph` and knows nothing of C."""
