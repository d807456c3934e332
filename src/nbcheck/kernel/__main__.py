"""``python -m nbcheck.kernel``: the installed kernel."""

import sys

from nbcheck.kernel.app import main

if __name__ == "__main__":
    sys.exit(main())
