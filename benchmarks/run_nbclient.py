"""Execute notebooks one after the other with nbclient and compare nothing: what execution alone costs there."""

from __future__ import annotations

import sys
from pathlib import Path

import nbclient
import nbformat

for path in sorted(Path(sys.argv[1]).glob("*.ipynb")):
    nbclient.NotebookClient(nbformat.read(path, as_version=4), timeout=600).execute()
