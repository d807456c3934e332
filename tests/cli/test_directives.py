"""``nbcheck directives``."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.nb import code, notebook
from nbcheck.cli import main

CONFIG = """
[tool.nbcheck]
rtol = 1e-5
[[tool.nbcheck.overrides]]
paths = ["sub/"]
cell-timeout = 30
"""


def test_what_holds_and_who_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(CONFIG)
    (tmp_path / "sub").mkdir()
    cells = [
        code("# nbcheck: rtol=0, normalise=-uuids dates\na", tags=["raises-exception"]),
        code("b", nbcheck={"ignore-output": ["stderr", "2"], "timeout": None}),
        code("# nbcheck: skp"),
    ]
    (tmp_path / "sub/nb.ipynb").write_bytes(notebook(*cells, nbcheck={"mode": "exact"}))
    monkeypatch.chdir(tmp_path)
    assert main(["directives", "sub/nb.ipynb"]) == 1
    lines = [line.partition("cell ")[2] for line in capsys.readouterr().out.splitlines()]
    override, general = "pyproject.toml, [[tool.nbcheck.overrides]] 1", "pyproject.toml, [tool.nbcheck]"
    assert lines == [
        f"1: cell-timeout = 30  ({override})",
        "1: mode = exact  (notebook metadata)",
        "1: normalise = -uuids dates  (a comment)",
        "1: raises-exception = true  (the tag raises-exception)",
        "1: rtol = 0  (a comment)",
        f"2: cell-timeout = 30  ({override})",
        "2: ignore-output = 2 stderr  (cell metadata)",
        "2: mode = exact  (notebook metadata)",
        f"2: rtol = 1e-05  ({general})",
        "2: timeout = none  (cell metadata)",
        f"3: cell-timeout = 30  ({override})",
        "3: mode = exact  (notebook metadata)",
        f"3: rtol = 1e-05  ({general})",
        "3: a comment: unknown directive 'skp'; did you mean 'skip'?",
    ]


def test_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["directives", str(tmp_path / "missing.ipynb")]) == 2
    assert "missing.ipynb: cannot be read" in capsys.readouterr().err
