"""A compiler for tests of the rules: takes the arguments of the real one, writes the same files, understands no model.

The header's DETECTOR_STUB (by the name of the model) holds the arguments as they came, the model's path apart.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    """Parses the command line of tools/sni and writes files that compile."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    compile_command = commands.add_parser("compile")
    compile_command.add_argument("model", type=Path)
    compile_command.add_argument("--name", required=True)
    compile_command.add_argument("--profile", required=True)
    compile_command.add_argument("--rounding", required=True)
    compile_command.add_argument("--pipeline", type=Path)
    compile_command.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    name = options.name
    pipeline = options.pipeline.name if options.pipeline else "none"
    stub = f"{options.profile} {options.rounding} {pipeline}"
    files = {
        f"{name}.h": f'#define {name.upper()}_STUB "{stub}"\nint {name}_bytes(void);\n',
        f"{name}_weights.h": f"static const int {name}_size = {options.model.stat().st_size};\n",
        f"{name}.c": (
            f'#include "{name}.h"\n#include "{name}_weights.h"\nint {name}_bytes(void) {{ return {name}_size; }}\n'
        ),
        f"{name}_engine.c": f'#include "{name}.h"\n',
        f"{name}_report.json": f'{{"stub": "{stub}"}}\n',
        f"{name}_report.txt": f"{stub}\n",
        f"{name}_arena.svg": f"<!-- {stub} -->\n",
    }
    for file, text in files.items():
        (options.out / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
