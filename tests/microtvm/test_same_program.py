"""microtvm_binary and sni_binary make one program: the same rows in, the same columns out, another engine between."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess

import numpy as np
import pytest

pytestmark = pytest.mark.skipif("SNI_INT8" not in os.environ, reason="Bazel builds the programs")


def positions() -> str:
    """An hour of a ship that turns at random, a row each ten seconds."""
    rng = np.random.default_rng(6)
    course = np.cumsum(rng.normal(0, 8, 360)) % 360
    speed = np.abs(10 + np.cumsum(rng.normal(0, 0.3, 360)))
    metres = np.stack([np.cos(np.radians(course)), np.sin(np.radians(course))]) * speed * 5.1
    north, east = np.cumsum(metres, axis=1) / 111_000
    rows = ["track,unix_time,lat_deg,lon_deg,sog_kn,cog_deg"]
    rows += [
        f"1,{10 * i},{25 + north[i]:.6f},{55 + east[i]:.6f},{speed[i]:.2f},{course[i]:.2f}" for i in range(len(course))
    ]
    return "\n".join(rows) + "\n"


def results(program: str) -> list[dict[str, str]]:
    done = subprocess.run(
        [os.environ[program], "--quiet"], input=positions(), capture_output=True, text=True, check=True
    )
    return list(csv.DictReader(io.StringIO(done.stdout)))


def info(program: str) -> dict[str, object]:
    return json.loads(subprocess.run([os.environ[program], "info"], capture_output=True, text=True, check=True).stdout)


def scores(rows: list[dict[str, str]]) -> np.ndarray:
    return np.array([float(row["score"] or "nan") for row in rows])


def test_float32_gives_the_same_text() -> None:
    rows = results("TVM_FLOAT32")
    assert np.isfinite(scores(rows)).sum() > 300
    assert rows == results("SNI_FLOAT32")


def test_int8_scores_differ_by_little() -> None:
    """Two steps of the output's scale in each of the window's values move the mean square by about a tenth at most."""
    tvm, sni = results("TVM_INT8"), results("SNI_INT8")
    assert [row["line"] for row in tvm] == [row["line"] for row in sni]
    np.testing.assert_allclose(scores(tvm), scores(sni), rtol=0.1, atol=0.02)


@pytest.mark.parametrize("variant", ["FLOAT32", "INT8"])
def test_the_programs_describe_themselves_alike(variant: str) -> None:
    ours, theirs = info(f"SNI_{variant}"), info(f"TVM_{variant}")
    assert (ours["engine"], theirs["engine"]) == ("sni", "microtvm")
    for member in ("columns", "results", "inputs", "outputs", "model_sha256", "macs", "streams"):
        assert ours[member] == theirs[member]


@pytest.mark.parametrize("variant", ["FLOAT32", "INT8"])
def test_bench_reports_the_same_members(variant: str) -> None:
    ours, theirs = (
        json.loads(
            subprocess.run(
                [os.environ[f"{engine}_{variant}"], "bench", "--iterations=5"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for engine in ("SNI", "TVM")
    )
    assert list(ours) == list(theirs)
    assert (ours["checksum"] == theirs["checksum"]) == (variant == "FLOAT32")
