"""The fixture ``notebook``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example
from helpers.nb import code, notebook

TESTS = """
from pathlib import Path
import pytest

def test_path_is_that_of_the_test(notebook):
    nb = notebook("nb.ipynb")
    nb.run()
    assert nb["here"] == str(Path(__file__).parent)
    assert notebook("nb.ipynb", cwd=Path(__file__).parents[1]).eval("__import__('os').getcwd()") != nb["here"]

def test_kernels_end_with_the_test(notebook, request):
    global kept
    kept = notebook("nb.ipynb")
    kept.run()

def test_after_it():
    with pytest.raises(Exception):
        kept["here"]

def test_options_hold(notebook):
    with pytest.raises(TimeoutError, match="did not finish within 0.5 s"):
        notebook("nb.ipynb").inject("while True: pass")

def test_no_file(notebook):
    notebook("none.ipynb")
"""


@pytest.mark.slow
def test_notebooks_are_opened_beside_the_test(example: Callable[..., Example]):
    found = example(
        {
            "sub/nb.ipynb": notebook(code("import os\nhere = os.getcwd()")),
            "sub/test_it.py": TESTS,
            "pytest.ini": "[pytest]\nnbcheck_cell_timeout = 0.5\n",
        }
    )
    result = found.pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=4, failed=1)
    told = "none.ipynb: cannot be read: No such file or directory; check its name and permissions"
    result.stdout.fnmatch_lines([f"E  *DocumentError: *{told}"])
    result.stdout.no_fnmatch_line("*/nbcheck/*.py:*")
    wrong = found.pytester.runpytest_inprocess("-p", "no:cacheprovider", "--nbcheck-cell-timeout=soon")
    wrong.stdout.fnmatch_lines(["*--nbcheck-cell-timeout: 'soon' is not a number of seconds above 0*"])
