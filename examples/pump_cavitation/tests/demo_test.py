"""What the README shows is what the demonstration prints."""

from pathlib import Path

from examples.pump_cavitation import dataset, demo, program


def test_the_table_of_the_readme() -> None:
    shown = demo.table(dataset.shown(4, 1), str(program.FOLDER / "svm"), str(program.FOLDER / "cnn_int8"))
    readme = Path(program.FOLDER, "README.md").read_text(encoding="utf-8")
    assert "```\n" + "\n".join(shown) + "\n```" in readme
