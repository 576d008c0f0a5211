"""What the engines compute on every platform: SNI has the bits of TensorFlow Lite Micro for int8; floats are close."""

import json
import sys
import unittest
from pathlib import Path

PLATFORMS = ("armv7l", "cortex_m4", "x86_64")

ROWS = {
    (Path(comparison).name, row["platform"], row["engine"]): row
    for comparison in sys.argv[1:]
    for row in json.loads(Path(f"{comparison}.json").read_text(encoding="utf-8"))
}
"""The JSON of each comparison lies beside the program that it is."""


class EnginesTest(unittest.TestCase):
    def test_all_are_there(self) -> None:
        ais = {(n, p, e) for n in ("ais_float32", "ais_int8") for p in PLATFORMS for e in ("sni", "tflm", "microtvm")}
        plain = {(n, p, e) for n in ("voice", "words") for p in PLATFORMS for e in ("sni", "tflm")}
        assert set(ROWS) == ais | plain

    def test_int8_has_the_same_bits(self) -> None:
        for (network, platform, engine), row in ROWS.items():
            if engine == "tflm" and network != "ais_float32":
                with self.subTest(network=network, platform=platform):
                    assert row["same_bits"]
                    assert row["checksum"] == ROWS[network, platform, "sni"]["checksum"]

    def test_floats_are_close(self) -> None:
        """Outputs are of the order of one."""
        for platform in PLATFORMS:
            for engine in ("tflm", "microtvm"):
                with self.subTest(engine=engine, platform=platform):
                    assert ROWS["ais_float32", platform, engine]["error"] < 1e-05

    def test_int8_on_tvm_is_within_steps_of_the_output(self) -> None:
        for platform in PLATFORMS:
            with self.subTest(platform=platform):
                assert ROWS["ais_int8", platform, "microtvm"]["error"] < 3 * 0.0374

    def test_arenas_were_found(self) -> None:
        for (network, platform, engine), row in ROWS.items():
            if engine == "tflm":
                with self.subTest(network=network, platform=platform):
                    assert row["arena"] % 16 == 0
                    assert "16 bytes less do not work" in row["notes"][0]
                    assert row["stack"] > 0


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
