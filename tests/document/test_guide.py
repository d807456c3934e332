"""What docs/document.md shows is what happens."""

import doctest
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs/document.md"


def test_examples():
    failed, tried = doctest.testfile(str(GUIDE), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert (failed, tried > 10) == (0, True)
