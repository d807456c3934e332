"""What people point at."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbcheck.accepting.record import PendingCell
from nbcheck.accepting.select import is_selected, read_selector
from nbcheck.results import Outcome

ROOT = Path("/p")


def cell(number: int, name: str = "", cell_id: str = "") -> PendingCell:
    return PendingCell(number, number, Outcome.DIFFERENT, "", (), name=name, cell_id=cell_id)


ALL = [
    ("nb.ipynb", cell(1, "load"), "stdout"),
    ("nb.ipynb", cell(1, "load"), "2"),
    ("nb.ipynb", cell(12), "1"),
    ("docs/a.ipynb", cell(1, cell_id="3fa2"), "1"),
    ("docs/sub/b.ipynb", cell(3), "error"),
    ("docs/[x].ipynb", cell(1), "1"),
]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("nb.ipynb", [0, 1, 2]),
        ("nb.ipynb::cell-1", [0, 1]),
        ("nb.ipynb::cell-1::2", [1]),
        ("nb.ipynb::cell-1::std*", [0]),
        ("nb.ipynb::cell-*::1", [2]),
        ("nb.ipynb::notebook", [0, 1, 2]),
        ("docs", [3, 4, 5]),
        ("./docs/", [3, 4, 5]),
        ("docs/*.ipynb", [3, 4, 5]),
        ("docs/[x].ipynb", [5]),
        ("*::cell-3", [4]),
        ("::cell-3", [4]),
        (".", [0, 1, 2, 3, 4, 5]),
        ("nb.ipynb::load", [0, 1]),
        ("docs::3fa2", [3]),
        ("docs::id:3fa2::1", [3]),
        ("none.ipynb", []),
    ],
)
def test_selection(text: str, chosen: list[int]) -> None:
    selector = read_selector(text, ROOT, ROOT)
    assert [place for place, one in enumerate(ALL) if selector.matches(*one)] == chosen


@pytest.mark.parametrize("text", ["a.ipynb", "docs/a.ipynb", "/p/docs/a.ipynb"])
def test_paths_start_where_the_user_is_or_at_the_project(text: str) -> None:
    assert read_selector(text, ROOT, ROOT / "docs").matches(*ALL[3])


def test_nothing_given_is_everything() -> None:
    assert is_selected([], *ALL[0])
    assert not is_selected([read_selector("x", ROOT, ROOT)], *ALL[0])
