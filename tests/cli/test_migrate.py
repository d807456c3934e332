"""``nbcheck migrate``."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

import pytest

from helpers.nb import code, markdown, notebook, stdout
from nbcheck.cli import main


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "nb.ipynb"


def changed_lines(before: bytes, after: bytes) -> list[str]:
    lines = difflib.unified_diff(before.decode().splitlines(), after.decode().splitlines(), n=0, lineterm="")
    return [line[0] + line[1:].strip() for line in lines if line[:3] not in ("---", "+++") and line[0] != "@"]


def migrated(path: Path, *cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    path.write_bytes(notebook(*cells, **metadata))
    assert main(["migrate", "nb.ipynb"]) == 0
    tree: dict[str, Any] = json.loads(path.read_bytes())
    return tree


def test_comments_become_ours_and_nothing_else_changes(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = notebook(
        markdown("# NBVAL_SKIP"),
        code("x = 1\n  ## NBVAL_IGNORE_OUTPUT  \nprint(x)", stdout("1\n")),
        code("# NBVAL_CHECK_OUTPUT\n# NBVAL_SKIP because"),
        code("#NBVAL_RAISES_EXCEPTION"),
        code("# NBVAL_SKIP\n1 + 1"),
    )
    path.write_bytes(before)
    assert main(["migrate", "."]) == 0
    assert capsys.readouterr().out == "nb.ipynb: migrated\n"
    assert changed_lines(before, path.read_bytes()) == [
        '-"  ## NBVAL_IGNORE_OUTPUT  \\n",',
        '+"  ## nbcheck: ignore-output\\n",',
        '-"# NBVAL_CHECK_OUTPUT\\n",',
        '+"# nbcheck: ignore-output=false, run-only=false\\n",',
        '-"#NBVAL_RAISES_EXCEPTION"',
        '+"#nbcheck: raises-exception"',
        '-"# NBVAL_SKIP\\n",',
        '+"# nbcheck: skip\\n",',
    ]
    assert main(["migrate", "."]) == 0
    assert capsys.readouterr().out == ""


def test_tags_become_ours_and_those_of_jupyter_stay(path: Path) -> None:
    tree = migrated(
        path,
        code("a", tags=["nbval-skip", "parameters", "raises-exception"]),
        code("b", tags=["nbval-check-output"]),
        code("c", tags=["skip-execution"]),
    )
    assert [cell["metadata"]["tags"] for cell in tree["cells"]] == [
        ["parameters", "raises-exception", "nbcheck-skip"],
        ["nbcheck-ignore-output=false", "nbcheck-run-only=false"],
        ["skip-execution"],
    ]


def test_metadata_of_pytest_notebook(path: Path) -> None:
    general = {
        "diff_ignore": ["/cells/*/outputs/*/data/image/png", "/cells/2/outputs/0", "/metadata"],
        "diff_replace": [["/cells/*/outputs", r"\d+ ms", "N ms"]],
    }
    tree = migrated(
        path,
        code("a"),
        code("b", nbreg={"diff_ignore": ["/outputs/*/text"]}),
        code("c"),
        code("d", nbreg={"diff_ignore": ["/metadata"]}),
        nbreg=general,
        execution={"timeout": 5},
    )
    replaced = [[r"\d+ ms", "N ms"]]
    assert tree["metadata"] == {
        "execution": {"timeout": 5},
        "nbcheck": {"ignore-output": ["image/png"], "replace": replaced},
    }
    assert [cell["metadata"] for cell in tree["cells"]] == [
        {},
        {"nbcheck": {"ignore-output": ["image/png", "stdout", "stderr"], "replace": replaced}},
        {"nbcheck": {"ignore-output": ["image/png", "1"], "replace": replaced}},
        {},
    ]


def test_a_notebook_that_is_skipped(path: Path) -> None:
    assert migrated(path, code("a"), nbreg={"skip": True})["metadata"] == {"nbcheck": {"skip": True}}


def test_the_reason_of_a_skip_is_not_lost(path: Path) -> None:
    nbreg = {"skip": True, "skip_reason": "slow", "diff_ignore": ["/cells/*/outputs/*/text"]}
    assert migrated(path, code("a"), nbreg=nbreg)["metadata"] == {
        "nbcheck": {"ignore-output": ["stdout", "stderr"], "skip": "slow"}
    }


def test_what_would_mean_something_else_is_left(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Ours wins, wherever it stands; of two of ours the last one would.
    source = "# nbcheck: ignore-output=stderr\n# NBVAL_IGNORE_OUTPUT"
    before = notebook(code(source), code("# NBVAL_SKIP"))
    path.write_bytes(before)
    assert main(["migrate", "nb.ipynb"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "nb.ipynb: cell 1: left as it is, since it would mean something else",
        "nb.ipynb: migrated",
    ]
    assert changed_lines(before, path.read_bytes()) == ['-"# NBVAL_SKIP"', '+"# nbcheck: skip"']


def test_check_only_tells(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = notebook(code("# NBVAL_SKIP"))
    path.write_bytes(before)
    assert main(["migrate", "--check", "nb.ipynb"]) == 1
    assert capsys.readouterr().out == "nb.ipynb: would be migrated\n"
    assert path.read_bytes() == before
    path.write_bytes(notebook(code("x")))
    assert main(["migrate", "--check", "nb.ipynb"]) == 0


def test_what_cannot_be_read_does_not_keep_others(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(notebook(code("# NBVAL_SKIP")))
    path.with_name("bad.ipynb").write_bytes(notebook(code("x"), nbreg={"diff_ignore": ["/x"]}))
    assert main(["migrate", "."]) == 2
    out, err = capsys.readouterr()
    assert out == "nb.ipynb: migrated\n"
    assert err == (
        "bad.ipynb: notebook metadata nbreg.diff_ignore: '/x' leads nowhere; "
        "say it in nbcheck's words, as ignore-output, ignore-pattern or run-only\n"
    )
