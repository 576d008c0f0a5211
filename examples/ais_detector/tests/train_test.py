"""The training script end to end, on a little generated traffic."""

import json

import numpy as np
import pytest

from examples.ais_detector import generate, network, pipeline_mirror
from examples.ais_detector.tests import programs


@pytest.fixture(scope="module")
def traffic(tmp_path_factory) -> str:
    """A CSV as the published one: tracks one after the other, with a number for each vessel."""
    data = generate.scene(11, 30, 24.0, 0.0).tracks
    order = np.argsort(data.track, kind="stable")
    some = data.select(order)
    path = tmp_path_factory.mktemp("traffic") / "normal.csv"
    rows = zip(some.track, some.unix_time, some.lat_deg, some.lon_deg, some.sog_kn, some.cog_deg, strict=True)
    lines = ["traj_id,mmsi,unix_time,lat_deg,lon_deg,sog_kn,cog_deg"]
    lines += [f"{track},{1000 + track},{time},{a},{b},{c},{d}" for track, time, a, b, c, d in rows]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def train(traffic: str, out: object) -> None:
    done = programs.run("train", f"--normal={traffic}", f"--out={out}", "--epochs=2", "--hidden=16,8,16")
    assert done.returncode == 0, done.stderr[-2000:]


def test_training_is_deterministic_and_writes_usable_files(traffic: str, tmp_path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    train(traffic, first)
    train(traffic, second)
    names = sorted(path.name for path in first.iterdir())
    assert names == ["ais_float32.json", "ais_float32.tflite", "ais_int8.json", "ais_int8.tflite"]
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)

    data = generate.scene(12, 3, 12.0, 0.0).tracks
    scores = {}
    for kind in ("float32", "int8"):
        pipeline = pipeline_mirror.read(first / f"ais_{kind}.json")
        assert json.loads((first / f"ais_{kind}.json").read_text())["after"][-1]["above"] > 0
        scores[kind] = network.score(pipeline, (first / f"ais_{kind}.tflite").read_bytes(), data)
    scored = np.isfinite(scores["float32"])
    assert scored.sum() == 3 * (72 - 6)
    assert np.corrcoef(scores["float32"][scored], scores["int8"][scored])[0, 1] > 0.9


def test_too_little_traffic_is_explained(tmp_path) -> None:
    path = tmp_path / "normal.csv"
    lines = [f"{row // 10},{row // 10},{600 * row},1,2,3,4" for row in range(100)]
    path.write_text("\n".join(["traj_id,mmsi,unix_time,lat_deg,lon_deg,sog_kn,cog_deg", *lines]) + "\n")
    done = programs.run("train", f"--normal={path}", f"--out={tmp_path}")
    assert done.returncode != 0
    assert "windows to train on; at least 512 are needed" in done.stderr
    assert "Traceback" not in done.stderr
