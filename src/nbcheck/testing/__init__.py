"""Tests in Python of what a notebook defines: run its cells, call its functions, read and set its variables.

::

    from nbcheck.testing import open_notebook

    with open_notebook("analysis.ipynb") as nb:
        nb.run(to="functions")
        assert nb.call("clean", "  a ") == "a"

docs/testing.md shows the rest, and the pytest fixture ``notebook``.
"""

from nbcheck.testing.cells import Cell
from nbcheck.testing.notebook import Notebook, open_notebook
from nbcheck.testing.reference import Reference

__all__ = ["Cell", "Notebook", "Reference", "open_notebook"]
