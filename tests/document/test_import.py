import subprocess
import sys

import pytest

from nbcheck import document

PROGRAM = """
import sys, nbcheck.document
heavy = {"nbformat", "jsonschema", "fastjsonschema", "traitlets", "IPython", "zmq", "asyncio", "deepdiff", "pytest"}
heavy |= {"nbcheck.document.edits", "nbcheck.document.preserve"}
print(sorted(heavy & set(sys.modules)))
"""


@pytest.mark.slow
def test_import_is_light():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_names_that_are_imported_late():
    for name in document.__all__:
        assert getattr(document, name) is not None
    with pytest.raises(AttributeError, match=r"module 'nbcheck\.document' has no attribute 'edit'"):
        document.edit  # noqa: B018
