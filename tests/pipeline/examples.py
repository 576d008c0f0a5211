"""A pipeline with all operations, and rows for it."""

from __future__ import annotations

import numpy as np

EVERYTHING = {
    "columns": ["track", "time_s", "lat_deg", "lon_deg", "speed_kn", "course_deg"],
    "signals": [
        {"name": "dlat", "op": "difference", "of": "lat_deg"},
        {"name": "dlon", "op": "difference", "of": "lon_deg", "wrap": 360},
        {"name": "turn", "op": "difference", "of": "course_deg", "wrap": 360},
        {"name": "turn_change", "op": "difference", "of": "turn"},
        {"name": "shrink", "op": "cos", "of": "lat_deg", "unit": "degrees"},
        {"name": "east", "op": "multiply", "of": ["dlon", "shrink"]},
        {"name": "moved", "op": "hypot", "of": ["dlat", "east"]},
        {"name": "moved_nm", "op": "scale", "of": "moved", "by": 60, "offset": -0.25},
        {"name": "log_speed", "op": "log", "of": "speed_kn", "offset": 1},
        {"name": "speed", "op": "standardise", "of": "log_speed", "mean": 1.9, "std": 0.8},
        {"name": "path", "op": "clip", "of": "moved_nm", "min": -0.2, "max": 4},
        {"name": "turn_rad", "op": "scale", "of": "turn", "by": 0.0174532925},
        {"name": "turn_sin", "op": "sin", "of": "turn_rad", "unit": "radians"},
        {"name": "pace", "op": "min_max", "of": "speed_kn", "min": -5, "max": 25},
        {"name": "both", "op": "add", "of": ["pace", "turn_sin"]},
        {"name": "less", "op": "subtract", "of": ["both", "turn_change"]},
    ],
    "features": ["speed", "path", "less", "speed_kn"],
    "window": {"length": 5, "stride": 2},
    "after": [
        {"name": "score", "op": "reconstruction_error", "metric": "mse"},
        {"name": "part", "op": "reconstruction_error", "metric": "mae", "per_feature": True},
        {"name": "newest", "op": "reconstruction_error", "metric": "mae", "steps": 2, "hidden": True},
        {
            "name": "last",
            "op": "reconstruction_error",
            "metric": "mse",
            "steps": 1,
            "per_feature": True,
            "hidden": True,
        },
        {"name": "recent", "op": "reconstruction_error", "metric": "mse", "steps": 3},
        {"name": "high", "op": "threshold", "of": "score", "above": 0.25},
        {"name": "new_high", "op": "threshold", "of": "newest", "above": 0.5},
        {"name": "fast", "op": "threshold", "of": "last_speed", "above": 0.125},
        {"name": "class", "op": "argmax", "output": 1, "labels": ["calm", "busy", "not known"]},
        {"name": "p", "op": "softmax", "output": 1, "labels": ["calm", "busy", "not known"]},
        {"name": "hidden_p", "op": "softmax", "output": 1, "hidden": True},
        {"name": "sure", "op": "threshold", "of": "hidden_p_2", "above": 0.5},
        {"name": "y", "op": "dequantise", "output": 1},
    ],
}
# What each type of network is tested with: scale and zero point.
DTYPES = {"float32": (0.0, 0), "int8": (0.05, -3), "uint8": (0.04, 77), "int16": (0.002, 0)}


def track(rows: int, seed: int = 1) -> np.ndarray:
    """A track that crosses the date line: latitude, longitude, speed and course."""
    random = np.random.default_rng(seed)
    longitude = (179.5 + np.cumsum(random.normal(0.1, 0.3, rows)) + 180) % 360 - 180
    latitude = 10 + np.cumsum(random.normal(0, 0.05, rows))
    speed = np.abs(random.normal(10, 8, rows))
    course = np.cumsum(random.normal(0, 120, rows)) % 360
    return np.stack([latitude, longitude, speed, course], axis=1).astype(np.float32)
