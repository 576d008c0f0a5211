"""The command `size`; see cli.py."""

import sys

from tools.size.cli import main

sys.exit(main())
