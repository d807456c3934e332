"""The ``nbcheck`` command."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.nb import code, notebook
from nbcheck import __version__
from nbcheck.cli import main


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"nbcheck {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["fly"], ["--fly"]])
def test_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("usage: nbcheck [-h] [--version] COMMAND ...\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], []),
        (["a.ipynb", "docs"], ["a.ipynb", "docs"]),
        (["a.ipynb", "-x", "-k", "cell-1"], ["a.ipynb", "-x", "-k", "cell-1"]),
        (["-k", "cell-1", "a.ipynb"], ["-k", "cell-1", "a.ipynb"]),
        (["--nbcheck-mode=run", "a.ipynb"], ["--nbcheck-mode=run", "a.ipynb"]),
        (["--nbcheck-mode", "run"], ["--nbcheck-mode", "run"]),
    ],
)
def test_run_passes_everything_on_to_pytest(
    arguments: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["nbcheck"])
    calls = []

    def run_module(name: str, **options: Any) -> None:
        calls.append((name, options, sys.argv[1:]))
        raise SystemExit(5)

    monkeypatch.setattr(runpy, "run_module", run_module)
    assert main(["run", *arguments]) == 5
    assert calls == [("pytest", {"run_name": "__main__", "alter_sys": True}, ["--nbcheck", *expected])]


@pytest.mark.slow
def test_run_tests_a_notebook(tmp_path: Path) -> None:
    (tmp_path / "nb.ipynb").write_bytes(notebook(code("1"), code("2")))
    result = subprocess.run(
        [sys.executable, "-m", "nbcheck", "run", "nb.ipynb", "--collect-only", "-q"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.stdout.splitlines()[:2] == ["nb.ipynb::cell-1", "nb.ipynb::cell-2"]
    assert result.returncode == 0
