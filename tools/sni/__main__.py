"""`python -m tools.sni`, and the program of //tools/sni."""

from tools.sni.cli import run

if __name__ == "__main__":
    run()
