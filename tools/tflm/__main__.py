"""`python -m tools.tflm`, and the program of //tools/tflm."""

from tools.tflm.cli import run

if __name__ == "__main__":
    run()
