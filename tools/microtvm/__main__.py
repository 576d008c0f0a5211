"""`python -m tools.microtvm`, and the program of //tools/microtvm."""

from tools.microtvm.cli import run

if __name__ == "__main__":
    run()
