"""The files of the pending set."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from nbcheck.accepting.record import FORMAT, Conditions, PendingCell, PendingNotebook, decode, encode
from nbcheck.accepting.store import PendingStore
from nbcheck.compare.base import CompareMode
from nbcheck.errors import DocumentError
from nbcheck.results import Outcome

FIRST = PendingCell(
    number=1,
    cell_index=2,
    outcome=Outcome.DIFFERENT,
    message="m",
    outputs=({"output_type": "stream", "name": "stdout", "text": "\ud800 \u00e9 \n"},),
    execution_count=3,
    secrets={"0": ("A_TOKEN",)},
    rejected=("k",),
)
NOTEBOOK = PendingNotebook(
    notebook="docs/a b.ipynb",
    target="docs/a b.ipynb",
    files={"docs/a b.ipynb": "0"},
    conditions=Conditions(CompareMode.EXACT, True, ("/r",), ("stderr",), (("a", "b"),)),
    cells=(FIRST,),
    kernel="k",
    made="2026-01-01T00:00:00+00:00",
)


def cell(number: int, outcome: Outcome = Outcome.DIFFERENT) -> PendingCell:
    return PendingCell(number, number, outcome, "", ())


def test_a_file_is_read_as_it_was_written() -> None:
    assert decode(encode(NOTEBOOK)) == NOTEBOOK
    assert encode(NOTEBOOK).isascii()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "Expecting value"),
        (b"[]", "its format is None, and this version of nbcheck reads format 1"),
        (b'{"format": 2}', "its format is 2, and this version of nbcheck reads format 1"),
        (b'{"format": 1, "notebook": 3}', "Expected `str`, got `int`"),
    ],
)
def test_a_file_that_is_none(raw: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        decode(raw)
    (tmp_path / "x.json").write_bytes(raw)
    with pytest.raises(DocumentError, match="no pending outputs can be read from it") as caught:
        list(PendingStore(tmp_path))
    assert caught.value.remedy == "remove it, and run the notebook again"


def test_the_layout_is_that_of_the_documented_format() -> None:
    tree = json.loads(encode(NOTEBOOK))
    assert tree["format"] == FORMAT == 1
    assert list(tree) == [
        "format", "notebook", "target", "files", "conditions", "cells", "kernel", "made", "made_by",
    ]  # fmt: skip


def test_the_folder_ignores_itself_and_holds_a_file_for_each_notebook(tmp_path: Path) -> None:
    store = PendingStore.of_project(tmp_path)
    for name in ("b.ipynb", "a.ipynb", "a/b.ipynb", "a-b.ipynb"):
        store.update(name, lambda _, name=name: replace(NOTEBOOK, notebook=name))
    assert [notebook.notebook for notebook in store] == ["a-b.ipynb", "a.ipynb", "a/b.ipynb", "b.ipynb"]
    assert (tmp_path / ".nbcheck/.gitignore").read_text() == "*\n"
    assert len(list((tmp_path / ".nbcheck/pending").glob("*.json"))) == 4
    assert store.update("a.ipynb", lambda _: None) is None
    assert not store.has("a.ipynb")
    assert store.has("b.ipynb")


@pytest.mark.parametrize("place", [".nbcheck/pending", "pending", "."])
def test_an_artifact_may_hold_any_part_of_the_way(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / "a.json").write_bytes(encode(NOTEBOOK))
    assert list(PendingStore.in_artifact(tmp_path)) == [NOTEBOOK]


def test_a_run_of_some_cells_updates_these() -> None:
    older = NOTEBOOK.with_cells([cell(1), cell(2), cell(3)])
    newer = NOTEBOOK.with_cells([cell(2, Outcome.ERROR)])
    assert newer.updated(older, [1, 2]).cells == (cell(2, Outcome.ERROR), cell(3))
    assert newer.updated(None, [2]) == newer
    # What was made of another file is worth nothing.
    assert newer.updated(replace(older, files={"docs/a b.ipynb": "1"}), [2]) == newer


def _add(folder: Path, number: int) -> None:
    def change(older: PendingNotebook | None) -> PendingNotebook:
        return NOTEBOOK.with_cells([cell(number)]).updated(older, [number])

    PendingStore(folder).update(NOTEBOOK.notebook, change)


@pytest.mark.slow
def test_several_processes_may_write_one_notebook(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_add, args=(tmp_path, number)) for number in range(12)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    (notebook,) = PendingStore(tmp_path)
    assert [one.number for one in notebook.cells] == [*range(12)]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / ".nbcheck").write_text("")
    with pytest.raises(DocumentError, match="nothing can be kept there"):
        PendingStore.of_project(tmp_path).update("a.ipynb", lambda _: NOTEBOOK)


def test_what_is_pending_of_one_notebook(tmp_path: Path) -> None:
    store = PendingStore(tmp_path)
    assert store.load("a.ipynb") is None
    store.update("a.ipynb", lambda _: NOTEBOOK)
    assert store.load("a.ipynb") == NOTEBOOK
    next(tmp_path.glob("*.json")).write_text('{"format": 2}')
    with pytest.raises(DocumentError, match="its format is 2"):
        store.load("a.ipynb")
