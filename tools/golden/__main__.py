"""`golden SAMPLES.npz --report NAME_report.json --tolerance T --out FILE`

Exit status: 0; 1 when the samples cannot be used; 2 when the command line cannot.
"""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from pathlib import Path

import numpy as np

from tools.golden.golden import GoldenError, Tensor, encode


def main() -> int:
    parser = argparse.ArgumentParser(prog="golden")
    parser.add_argument("samples", type=Path)
    parser.add_argument("--report", type=Path, required=True, help="the compiler's report on the model")
    parser.add_argument("--tolerance", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    report = json.loads(options.report.read_text(encoding="utf-8"))
    inputs, outputs = ([Tensor.read(entry) for entry in report[kind]] for kind in ("inputs", "outputs"))
    try:
        with np.load(options.samples, allow_pickle=False) as arrays:
            stream = encode(dict(arrays), inputs, outputs, options.tolerance)
        options.out.write_bytes(stream)
    except GoldenError as error:
        for problem in error.problems:
            print(f"error: {options.samples.name}: {problem}", file=sys.stderr)
        return 1
    except (ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        print(f"error: {options.samples.name}: not a .npz file ({error}; np.savez makes one)", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
