"""The pipeline file of the detector: which features a row becomes, and what is made of the reconstruction.

All speeds are in knots, also the displacement between two reports: on a 10-minute grid one degree of latitude is
60 nautical miles, or 360 knots.
"""

from examples.ais_detector import tracks

KNOTS_PER_DEGREE = 60 * 3600 / tracks.STEP_SECONDS

# Feature, mean, standard deviation, limit after standardising. The "standard deviations" are weights: a mismatch of 1
# kn in speed, 1.5 kn across the course counts one unit; a vessel's own manoeuvring is context, and weighs less.
FEATURES = (
    ("speed_gap", 0.0, 1.0, 6.0),
    ("cross_gap", 0.0, 1.5, 3.0),
    ("mean_sog", 11.0, 8.0, 4.0),
    ("swing", 0.0, 8.0, 4.0),
    ("sog_change", 0.0, 1.5, 4.0),
)


def pipeline_document(window: int, steps: int, threshold: float) -> dict[str, object]:
    """The pipeline as a JSON document: the score counts the `steps` newest rows, and is held against `threshold`."""
    error = {"name": "score", "op": "reconstruction_error", "metric": "mse"}
    if steps != window:
        error["steps"] = steps
    return {
        "version": 1,
        "columns": list(tracks.COLUMNS),
        "key": "track",
        "echo": ["track", "unix_time"],
        "signals": _motion() + _standardised(),
        "features": [f"{name}_z" for name, *_ in FEATURES],
        "window": {"length": window, "stride": 1},
        "after": [error, {"name": "anomaly", "op": "threshold", "of": "score", "above": threshold}],
    }


def _motion() -> list[dict[str, object]]:
    """Signals in knots (and the sine and cosine of the course)."""
    return [
        {"name": "lat_change", "op": "difference", "of": "lat_deg"},
        {"name": "lon_change", "op": "difference", "of": "lon_deg", "wrap": 360},
        {"name": "north", "op": "scale", "of": "lat_change", "by": KNOTS_PER_DEGREE},
        {"name": "east_equator", "op": "scale", "of": "lon_change", "by": KNOTS_PER_DEGREE},
        {"name": "cos_lat", "op": "cos", "of": "lat_deg", "unit": "degrees"},
        {"name": "east", "op": "multiply", "of": ["east_equator", "cos_lat"]},
        {"name": "made_good", "op": "hypot", "of": ["east", "north"]},
        {"name": "sog_change", "op": "difference", "of": "sog_kn"},
        {"name": "half_sog_change", "op": "scale", "of": "sog_change", "by": 0.5},
        {"name": "mean_sog", "op": "subtract", "of": ["sog_kn", "half_sog_change"]},
        {"name": "speed_gap", "op": "subtract", "of": ["made_good", "mean_sog"]},
        {"name": "sin_cog", "op": "sin", "of": "cog_deg", "unit": "degrees"},
        {"name": "cos_cog", "op": "cos", "of": "cog_deg", "unit": "degrees"},
        {"name": "sin_change", "op": "difference", "of": "sin_cog"},
        {"name": "cos_change", "op": "difference", "of": "cos_cog"},
        {"name": "half_sin_change", "op": "scale", "of": "sin_change", "by": 0.5},
        {"name": "half_cos_change", "op": "scale", "of": "cos_change", "by": 0.5},
        {"name": "mean_sin", "op": "subtract", "of": ["sin_cog", "half_sin_change"]},
        {"name": "mean_cos", "op": "subtract", "of": ["cos_cog", "half_cos_change"]},
        {"name": "east_across", "op": "multiply", "of": ["east", "mean_cos"]},
        {"name": "north_across", "op": "multiply", "of": ["north", "mean_sin"]},
        {"name": "cross_gap", "op": "subtract", "of": ["east_across", "north_across"]},
        {"name": "turn_right", "op": "multiply", "of": ["sin_change", "mean_cos"]},
        {"name": "turn_left", "op": "multiply", "of": ["cos_change", "mean_sin"]},
        {"name": "sin_turn", "op": "subtract", "of": ["turn_right", "turn_left"]},
        {"name": "swing", "op": "multiply", "of": ["sin_turn", "mean_sog"]},
    ]


def _standardised() -> list[dict[str, object]]:
    signals: list[dict[str, object]] = []
    for name, mean, std, limit in FEATURES:
        signals.append({"name": f"{name}_raw", "op": "standardise", "of": name, "mean": mean, "std": std})
        signals.append({"name": f"{name}_z", "op": "clip", "of": f"{name}_raw", "min": -limit, "max": limit})
    return signals
