"""``nbcheck doc``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.nb import code, notebook, stdout
from nbcheck.cli import main

ROOT = Path(__file__).parents[2]
RUN = notebook(code("a", stdout("x\n")))
SOUND = notebook(code("a"))
INVALID = SOUND.replace(b'"id": "c0"', b'"id": ""')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with notebooks, and the working directory."""
    for name, content in {
        "run.ipynb": RUN,
        "sub/sound.IPYNB": SOUND,
        ".ipynb_checkpoints/run.ipynb": RUN,
        "notes.txt": b"{",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_validate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doc", "validate", "."]) == 0
    assert capsys.readouterr().out == ""
    (folder / "bad.ipynb").write_bytes(INVALID)
    assert main(["doc", "validate", "."]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r'bad\.ipynb:\d+:\d+: /cells/0/id: found "", allowed: .+', line)


def test_strip(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doc", "strip", "--check", "."]) == 1
    assert capsys.readouterr().out == "run.ipynb: would be stripped\n"
    assert (folder / "run.ipynb").read_bytes() == RUN
    assert main(["doc", "strip", "."]) == 0
    assert capsys.readouterr().out == "run.ipynb: stripped\n"
    assert b'"outputs": []' in (folder / "run.ipynb").read_bytes()
    assert (folder / ".ipynb_checkpoints/run.ipynb").read_bytes() == RUN
    assert main(["doc", "strip", "."]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("action", ["normalize", "upgrade"])
def test_a_sound_file_is_left_alone(folder: Path, action: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "run.ipynb").stat()
    assert main(["doc", action, "run.ipynb"]) == 0
    assert capsys.readouterr().out == ""
    assert (folder / "run.ipynb").stat().st_ino == before.st_ino


def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doc", "strip", "missing.ipynb", "notes.txt", "run.ipynb"]) == 2
    told = capsys.readouterr()
    assert told.out == "run.ipynb: stripped\n"
    assert [line.partition(":")[0] for line in told.err.splitlines()] == [
        "missing.ipynb",
        "notes.txt, line 1, column 2",
    ]


@pytest.mark.parametrize("arguments", [[], ["fly"], ["strip"], ["validate", "--check", "x"]])
def test_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["doc", *arguments])
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("usage: nbcheck doc ")


def test_every_hook_for_pre_commit_is_a_command(folder: Path) -> None:
    entries = re.findall(
        r"^  entry: nbcheck (.+)$", (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"), re.MULTILINE
    )
    assert len(entries) == 4
    for entry in entries:
        assert main([*entry.split(), "sub/sound.IPYNB"]) == 0
