"""`python -m movierec` is the command `movierec`."""

import sys

from movierec.cli import main

if __name__ == "__main__":
    sys.exit(main())
