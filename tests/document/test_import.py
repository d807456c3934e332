import subprocess
import sys

import pytest

PROGRAM = """
import sys, nbcheck.document
heavy = {"nbformat", "jsonschema", "fastjsonschema", "traitlets", "IPython", "zmq", "asyncio", "deepdiff", "pytest"}
print(sorted(heavy & set(sys.modules)))
"""


@pytest.mark.slow
def test_import_is_light():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"
