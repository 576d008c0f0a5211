"""`python -m tools.microtvm.mlf`, and the program of //tools/microtvm/mlf."""

from tools.microtvm.mlf.cli import run

if __name__ == "__main__":
    run()
