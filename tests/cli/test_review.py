"""``nbcheck review`` at a terminal."""

from __future__ import annotations

import base64
import copy
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import nbcheck.cli.review
from helpers import formats
from helpers.formats import Format
from helpers.nb import code, display, error, notebook, result, stdout
from helpers.pending import at_terminal, leave
from nbcheck.accepting.store import PendingStore
from nbcheck.cli import keys, main
from nbcheck.cli.viewer import Viewer

PROMPTS = ("? help", "n do not", "u undo  q write and quit")
Review = Callable[..., tuple[int, str]]


def picture(*dots: tuple[int, int]) -> dict[str, Any]:
    image = Image.new("L", (40, 40), 255)
    for dot in dots:
        image.putpixel(dot, 0)
    file = io.BytesIO()
    image.save(file, "PNG")
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "<Figure>"}
    return {"data": data, "metadata": {}, "output_type": "display_data"}


def table(value: str) -> dict[str, Any]:
    html = f"<table>\n<tr><th>a</th></tr>\n<tr><td>{value}</td></tr>\n</table>"
    return {
        "data": {"text/html": html, "text/plain": f"   a\n0  {value}"},
        "metadata": {},
        "output_type": "display_data",
    }


def stream(text: str) -> dict[str, Any]:
    return {"name": "stdout", "output_type": "stream", "text": text}


def cell(number: int, *outputs: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": number,
        "id": f"c{number}",
        "metadata": metadata,
        "outputs": list(outputs),
        "source": f"x = {number}\nshow(x)",
    }


def tree(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


RAISED = {"ename": "ValueError", "evalue": "bad 1", "output_type": "error", "traceback": ["one\n", "two"]}
STORED = tree(
    cell(1, stream("alpha\nloss 0.7 s\nomega\n")),
    cell(2, table("1"), stream("kept\n")),
    cell(3, picture((1, 1))),
    cell(4, RAISED, tags=["raises-exception"]),
)
FRESH = {
    1: [stream("alpha\nloss 0.6 s\nomega\n")],
    2: [table("2"), stream("kept\n")],
    3: [picture((1, 1), (5, 5))],
    4: [RAISED | {"evalue": "worse", "traceback": ["three"]}],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.fixture
def review(monkeypatch: pytest.MonkeyPatch) -> Review:
    """A function that presses keys."""
    return lambda keys, *arguments: at_terminal(
        keys, lambda: main(["review", *arguments]), monkeypatch, PROMPTS
    )


def after(**changes: Any) -> dict[str, Any]:
    """The notebook with other outputs or metadata: ``outputs_1``, ``metadata_3``."""
    changed = copy.deepcopy(STORED)
    for name, value in changes.items():
        key, _, number = name.partition("_")
        changed["cells"][int(number) - 1][key] = value
    return changed


HABITS = [
    formats.JUPYTER,
    formats.VS_CODE,
    formats.COLAB,
    formats.NTERACT,
    formats.TABS,
    formats.ONE_LINE,
    formats.CRLF,
    formats.PHP,
]


@pytest.mark.parametrize("habits", HABITS)
@pytest.mark.parametrize(
    ("keys", "expected", "left"),
    [
        ("aaaaq", after(**{f"outputs_{number}": FRESH[number] for number in FRESH}), []),
        ("rrrrq", STORED, []),
        ("ssssq", STORED, [1, 2, 3, 4]),
        (
            "mymymyrq",
            after(
                metadata_1={"nbcheck": {"ignore-pattern": [r"(?<=^loss )\d+\.\d+(?= s$)"]}},
                metadata_2={"nbcheck": {"ignore-pattern": [r"^\d+$", r"(?<=^0  )\d+$"]}},
                metadata_3={"nbcheck": {"image-share": "0.07%"}},
            ),
            [],
        ),
        ("tyrsq", after(metadata_1={"nbcheck": {"atol": 0.1}}), [3, 4]),
        ("aaaauuuuraq", after(outputs_2=FRESH[2]), [3, 4]),
    ],
    ids=["accept", "reject", "skip", "mask", "tolerance", "undo"],
)
def test_git_shows_what_was_decided(
    folder: Path, review: Review, habits: Format, keys: str, expected: dict[str, Any], left: list[int]
) -> None:
    path = folder / "nb.ipynb"
    path.write_bytes(habits.write(STORED))
    leave(folder, "nb.ipynb", FRESH)
    status, shown = review(keys)
    assert path.read_bytes() == habits.write(expected), shown
    assert status == 0
    found = [one.number for notebook in PendingStore.of_project(folder) for one in notebook.cells]
    assert found == left


def test_the_screen(folder: Path, review: Review) -> None:
    (folder / "nb.ipynb").write_bytes(notebook(code("# é\nprint(1)", stdout("one\n\x1b[2J1.50\n"), count=1)))
    leave(folder, "nb.ipynb", {1: [stdout("one\n\x1b[2J1.60\n")]})
    status, shown = review("?xnaq")
    assert status == 0
    assert shown.startswith(
        "\n[1/1] nb.ipynb::cell-1::stdout (line 6)\n   1 | # \u00e9\n   2 | print(1)\n\nstdout: 1.50 became 1.60"
    )
    assert "\n  +    2  " in shown
    assert "r reject  s skip  m mask  t tolerance  n noise  u undo  q write and quit  ? help" in shown
    assert "  a  accept: the fresh output comes into the notebook\n" in shown
    assert "  x: no such key; ? tells all\n" in shown
    assert "\x1b[2J" not in shown
    assert shown.endswith("1 output in 1 notebook accepted\n")


def test_all_like_this(folder: Path, review: Review) -> None:
    cells = [code(str(n), stdout(f"version 1.2 of {n}\n"), count=1) for n in range(3)]
    (folder / "nb.ipynb").write_bytes(notebook(*cells, code("other", stdout("x\n"))))
    fresh = {n + 1: [stdout(f"version 1.3 of {n}\n")] for n in range(3)}
    leave(folder, "nb.ipynb", {**fresh, 4: [stdout("y\n")]})
    status, shown = review("Aq")
    assert status == 0
    assert "A accept 3 like this" in shown
    assert shown.endswith("3 outputs in 1 notebook accepted\n1 left: nbcheck review\n")


def test_a_mask_that_is_not_wanted(folder: Path, review: Review) -> None:
    raw = notebook(code("a", stdout("t 0.5\n")))
    (folder / "nb.ipynb").write_bytes(raw)
    leave(folder, "nb.ipynb", {1: [stdout("t 0.6\n")]})
    status, shown = review("mnq")
    assert status == 0
    assert r"  this goes into the cell's metadata: ignore-pattern=(?<=^t )\d+\.\d+$" in shown
    assert (folder / "nb.ipynb").read_bytes() == raw


def test_two_masks_of_a_cell(folder: Path, review: Review) -> None:
    (folder / "nb.ipynb").write_bytes(notebook(code("a", stdout("t 0.5\n"), result("'id 1'", 1))))
    leave(folder, "nb.ipynb", {1: [stdout("t 0.6\n"), result("'id 2'", 1)]})
    assert review("mymyq")[0] == 0
    found = (folder / "nb.ipynb").read_text()
    assert found.count('"ignore-pattern"') == 1
    assert r"(?<=^t )\\d+\\.\\d+$" in found
    assert r"(?<=^'id )\\d+(?='$)" in found


def test_ctrl_c_writes_nothing(folder: Path, review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = notebook(code("a", stdout("1\n")), code("b", stdout("1\n")))
    (folder / "nb.ipynb").write_bytes(raw)
    leave(folder, "nb.ipynb", {1: [stdout("2\n")], 2: [stdout("2\n")]})

    class Interrupted(keys.Keys):
        """The terminal of a test controls no process, so that no signal comes of the key."""

        def read(self) -> str:
            key = super().read()
            if key == "!":
                raise KeyboardInterrupt
            return key

    monkeypatch.setattr(nbcheck.cli.review, "Keys", Interrupted)
    status, shown = review("a!")
    assert status == 130
    assert shown.endswith("nothing was written\n")
    assert (folder / "nb.ipynb").read_bytes() == raw


def test_pictures_are_opened_from_a_private_folder(
    folder: Path, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = folder / "bin/xdg-open"
    viewer.parent.mkdir()
    os.mkfifo(folder / "seen")
    viewer.write_text(
        f'#!/bin/sh\necho "$1 $(stat -c %a $(dirname $1)) $(head -c 4 $1 | tail -c 3)" > {folder}/seen\n'
    )
    viewer.chmod(0o755)
    monkeypatch.setenv("PATH", f"{viewer.parent}{os.pathsep}{os.environ['PATH']}")
    (folder / "nb.ipynb").write_bytes(notebook(code("a", picture((1, 1)))))
    leave(folder, "nb.ipynb", {1: [picture((2, 2))]})
    seen: list[str] = []
    # Who opens a FIFO waits for its writers, so that the review ends when all three were shown.
    opened = Viewer.show

    def show(self: Any, *arguments: Any) -> list[str]:
        told = opened(self, *arguments)
        while len(seen) < 3:
            seen.extend((folder / "seen").read_text().splitlines())
        return told

    monkeypatch.setattr(Viewer, "show", show)
    status, shown = review("oq")
    assert status == 0
    assert "opened cell-1-1-stored.png, cell-1-1-fresh.png, cell-1-1-difference.png" in shown
    assert {line.split(" ", 1)[1] for line in seen} == {"700 PNG"}
    assert not any(Path(line.split()[0]).parent.exists() for line in seen)


def test_without_a_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "nb.ipynb").write_bytes(notebook(code("a", stdout("1\n"), display("x"))))
    leave(folder, "nb.ipynb", {1: [stdout("2\n"), display("y")]})
    assert main(["review"]) == 2
    assert capsys.readouterr().out.splitlines() == [
        "nbcheck review asks at a terminal, and there is none; what it would ask about can be decided by",
        "  nbcheck accept nb.ipynb::cell-1::stdout",
        "  nbcheck accept nb.ipynb::cell-1::2",
        "or nbcheck reject with the same names",
    ]


def test_a_notebook_that_was_changed_is_refused_and_the_others_go_on(folder: Path, review: Review) -> None:
    for name in ("a.ipynb", "b.ipynb"):
        (folder / name).write_bytes(notebook(code("a", stdout("1\n"))))
        leave(folder, name, {1: [stdout("2\n")]})
    changed = notebook(code("a", stdout("3\n")))
    (folder / "a.ipynb").write_bytes(changed)
    status, shown = review("aq")
    assert status == 1
    assert shown.startswith("refused: a.ipynb: a.ipynb was changed since the run; run the notebook again\n")
    assert (folder / "a.ipynb").read_bytes() == changed
    assert b'"2\\n"' in (folder / "b.ipynb").read_bytes()


def test_nothing_waits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review"]) == 0
    assert capsys.readouterr().out == "nothing waits for a decision\n"


def test_a_secret_cannot_be_accepted(folder: Path, review: Review) -> None:
    raw = notebook(code("a", stdout("1\n")))
    (folder / "nb.ipynb").write_bytes(raw)
    leave(folder, "nb.ipynb", {1: [stdout("<redacted:A_TOKEN>\n")]}, secrets={"0": ("A_TOKEN",)})
    status, shown = review("aAq")
    assert shown.count("cannot be accepted: the value of A_TOKEN was taken out of it") == 3
    assert status == 0
    assert (folder / "nb.ipynb").read_bytes() == raw


def test_errors_are_shown_and_accepted(folder: Path, review: Review) -> None:
    raises = code("a", error("ValueError", "old"), tags=["raises-exception"])
    (folder / "nb.ipynb").write_bytes(notebook(raises))
    leave(folder, "nb.ipynb", {1: [error("KeyError", "new")]})
    status, shown = review("aq")
    assert status == 0
    assert "error: ValueError became KeyError" in shown
    assert "KeyError" in (folder / "nb.ipynb").read_text()
