"""Every sample, recorded anew by nbclient on ipykernel, passes at once, wherever and as whomever it is run.

The recording and each of the twenty runs have a home folder, a working folder, a root folder, a folder for temporary
files and a hash seed of their own; process ids differ by themselves.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from test_samples import FOLDER, NEEDS, SAMPLES, STRIPPED, code_cells

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(600)]

RUNS = 20
RECORDINGS = 5
"""Times that a notebook is recorded at most, see :func:`read_shape`."""

RECORD = """
import sys
import nbclient, nbformat
for path in sys.argv[1:]:
    notebook = nbformat.read(path, as_version=4)  # converts the one of format 3: nbclient runs no other
    nbclient.NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=120).execute()
    nbformat.write(notebook, path)
"""


def is_python(path: Path) -> bool:
    """Whether ipykernel can record a sample: it runs Python only."""
    metadata = json.loads(path.read_text("utf-8"))["metadata"]
    return str(metadata.get("kernelspec", {}).get("language", "python")) == "python"


def make_environ(folder: Path, seed: int) -> dict[str, str]:
    """Make the environment of somebody who has never been on this machine."""
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True)
    environ = os.environ | {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONHASHSEED": str(seed),
    }
    # ipykernel looks at the first, and then leaves what child processes print to the terminal; the others would lead
    # to one folder again.
    for name in ("PYTEST_CURRENT_TEST", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR", "XDG_CACHE_HOME"):
        environ.pop(name, None)
    return environ


def read_shape(path: Path) -> list[list[str]]:
    """Return what outputs each cell has: displays and errors in order, between them which streams, at last the result.

    ipykernel reads what child processes print in a thread of its own. On a busy machine it comes to that in the next
    cell; such a recording is wrong, as a look at the sample tells.
    """
    shapes = []
    # The one of format 3 is recorded as format 4.
    names = {"pyout": "execute_result", "pyerr": "error"}
    for cell in code_cells(json.loads(path.read_text("utf-8"))):
        shape: list[str] = []
        streams: set[str] = set()
        results = []
        for output in cell["outputs"]:
            kind = names.get(output["output_type"], output["output_type"])
            if kind == "stream":
                streams.add(output.get("name") or output["stream"])
            elif kind == "execute_result":
                results.append(kind)
            else:
                shape += [*sorted(streams), kind]
                streams.clear()
        shapes.append([*shape, *sorted(streams), *results])
    return shapes


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the samples as nbclient and ipykernel record them now."""
    root = tmp_path_factory.mktemp("recorded")
    samples = root / "by" / "somebody-else"
    samples.mkdir(parents=True)
    for path in FOLDER.iterdir():
        if path.suffix == ".csv" or (path in SAMPLES and is_python(path)):
            shutil.copy(path, samples)
    names = sorted(path.name for path in samples.glob("*.ipynb"))
    environ = make_environ(root / "person", 20260)
    for _ in range(RECORDINGS):
        subprocess.run(
            [sys.executable, "-c", RECORD, *names], cwd=samples, env=environ, check=True, capture_output=True
        )
        names = [
            name
            for name in names
            if Path(name).stem not in STRIPPED and read_shape(samples / name) != read_shape(FOLDER / name)
        ]
        if not names:
            return samples
    pytest.fail(f"ipykernel could not record {', '.join(names)} in {RECORDINGS} attempts")


@pytest.mark.parametrize("number", range(1, RUNS + 1))
def test_what_was_just_recorded_passes_everywhere(
    number: int, recorded: Path, tmp_path: Path, require: Callable[[str], Any]
) -> None:
    for module in ("nbclient", "ipykernel", *chain(*NEEDS.values())):
        require(module)
    # Deeper each time; where pytest's root is changes as well.
    folder = tmp_path.joinpath("project", *(f"part-{part}" for part in range(number)), f"run {number}")
    shutil.copytree(recorded, folder)
    (folder.parents[number // 2] / "pytest.ini").write_text("[pytest]\n")
    environ = make_environ(tmp_path / f"person-{number}", number)
    command = [sys.executable, "-m", "pytest", "--nbcheck", "-q", "-p", "no:cacheprovider", "--tb=long"]
    run = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    cells = sum(len(code_cells(json.loads(path.read_text("utf-8")))) for path in folder.glob("*.ipynb"))
    assert run.returncode == 0, run.stdout
    assert f"{cells} passed" in run.stdout.splitlines()[-1]
