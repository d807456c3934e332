"""``python -m nbcheck``: the same as the command ``nbcheck``."""

import sys

from nbcheck.cli import main

if __name__ == "__main__":
    sys.exit(main())
