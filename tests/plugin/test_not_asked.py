"""Installed and not asked for, the plugin is not noticed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("zmq", "IPython", "msgspec", "comm", "deepdiff", "rapidfuzz", "PIL", "numpy", "traitlets")

SCRIPT = """
import json, sys
import pytest

class Spy:
    def pytest_sessionfinish(self):
        print("MODULES", json.dumps(sorted(sys.modules)))

sys.exit(pytest.main([*sys.argv[1:], "-p", "no:cacheprovider", "-s", "-q"], plugins=[Spy()]))
"""


def modules_of_a_run(folder: Path, *arguments: str) -> set[str]:
    (folder / "test_one.py").write_text("def test_one(): pass\n")
    (folder / "nb.ipynb").write_text("{}")
    # Other people's plugins import what they like.
    only_ours = ["-p", "pytest_nbcheck.plugin"]
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, *only_ours, *arguments],
        cwd=folder,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    (line,) = (line for line in result.stdout.splitlines() if "MODULES" in line)
    return set(json.loads(line.partition("MODULES ")[2]))


@pytest.mark.slow
def test_an_ordinary_run_imports_nothing_heavy(tmp_path: Path) -> None:
    modules = modules_of_a_run(tmp_path)
    ours = {name for name in modules if name.startswith(("nbcheck", "pytest_nbcheck"))}
    assert ours == {
        f"pytest_nbcheck{name}" for name in ("", ".fixtures", ".hookspecs", ".options", ".plugin")
    }
    assert modules.isdisjoint(HEAVY)


@pytest.mark.slow
def test_asked_for_it_imports_nothing_heavy_before_a_notebook_is_collected(tmp_path: Path) -> None:
    modules = modules_of_a_run(tmp_path, "--nbcheck", "test_one.py")
    ours = {name for name in modules if name.startswith("nbcheck")}
    assert ours == set()
    assert modules.isdisjoint(HEAVY)
