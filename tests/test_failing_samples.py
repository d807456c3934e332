"""docs/failures.md shows for each sample that fails on purpose what a user sees, word for word.

When a text changes, the page as it should be is written to docs/failures.actual.md: read it, and if it reads well,
put it in the place of the page.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "sample_notebooks/failing"
PAGE = ROOT / "docs/failures.md"
ACTUAL = PAGE.with_suffix(".actual.md")
SAMPLES = sorted(path.name for path in FOLDER.glob("*.ipynb"))
# The command of the page's first lines.
COMMAND = ["pytest", "--nbcheck", "--color=no", "sample_notebooks/failing"]

_CHAPTER = re.compile(r"^### \[(?P<name>\w+\.ipynb)\].*?(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```text\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
# What differs between machines, Python releases and runs.
_MASKS = (
    (re.compile(r"(?<=Current thread )0x[0-9a-f]+"), "0x00007f0123456789"),
    (re.compile(r"\d+(?= frames of the kernel left out)"), "19"),
    (re.compile(r"(?<=Extension modules: ).*"), "msgspec._core (total: 1)"),
    (re.compile(r"(?<=\(installed: )[^)]*"), "python3"),
)


def mask(text: str) -> str:
    """Take out what is not the same everywhere."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


def cut_sections(printed: str) -> dict[str, list[str]]:
    """Return the texts of the failures, by name of the notebook, in order."""
    failures = re.search(r"^=+ FAILURES =+\n(.*?)^=", printed, re.MULTILINE | re.DOTALL)
    assert failures, printed
    _, *pieces = re.split(r"^_+ \[nbcheck\] \S*?(\w+\.ipynb)::\S+ _+\n", failures[1], flags=re.MULTILINE)
    sections: dict[str, list[str]] = {}
    # Blanks at line ends go: nobody sees them, and editors take them out of the page.
    for name, text in zip(pieces[::2], pieces[1::2], strict=True):
        sections.setdefault(name, []).append(
            mask("".join(f"{line.rstrip()}\n" for line in text.splitlines()))
        )
    return sections


def read_chapters(page: str) -> dict[str, list[str]]:
    """Return the blocks that the page shows, by name of the notebook."""
    return {chapter["name"]: _BLOCK.findall(chapter[0]) for chapter in _CHAPTER.finditer(page)}


def fill_in(page: str, sections: Mapping[str, Sequence[str]]) -> str:
    """Return the page with other texts: the prose stays, the blocks of each chapter are replaced."""

    def fill(chapter: re.Match[str]) -> str:
        prose = _BLOCK.sub("", chapter[0]).rstrip("\n")
        blocks = [f"```text\n{text}```\n" for text in sections.get(chapter["name"], ())]
        return "\n\n".join((prose, *(block.rstrip("\n") for block in blocks))) + "\n\n"

    return _CHAPTER.sub(fill, page).rstrip("\n") + "\n"


@pytest.fixture(scope="module")
def printed() -> str:
    """What one run over all samples that fail prints."""
    finished = subprocess.run(
        [sys.executable, "-m", *COMMAND, "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "80"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert finished.returncode == pytest.ExitCode.TESTS_FAILED, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def sections(printed: str) -> dict[str, list[str]]:
    """The texts of its failures; the page that they make is written where it is not the page that there is."""
    found = cut_sections(printed)
    page = PAGE.read_text("utf-8")
    actual = fill_in(page, found)
    ACTUAL.unlink(missing_ok=True)
    if actual != page:
        ACTUAL.write_text(actual, "utf-8")
    return found


def test_the_page_names_the_command_and_every_sample():
    page = PAGE.read_text("utf-8")
    assert " ".join(COMMAND) in page
    assert sorted(read_chapters(page)) == SAMPLES


@pytest.mark.slow
def test_every_sample_fails(sections: Mapping[str, Sequence[str]]):
    assert sorted(sections) == SAMPLES


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_the_page_shows_what_is_printed(name: str, sections: Mapping[str, Sequence[str]]):
    shown = read_chapters(PAGE.read_text("utf-8"))[name]
    told = sections[name]
    assert shown == told, f"what it should be is in {ACTUAL.relative_to(ROOT)}"


@pytest.mark.slow
def test_nothing_but_what_is_meant_to_fail_fails(printed: str, sections: Mapping[str, Sequence[str]]):
    failed = sum(map(len, sections.values()))
    # What stands before the cell that fails passes; what stands after it is not run where it cannot be.
    assert re.search(rf"^=+ {failed} failed, \d+ passed, 3 skipped in ", printed, re.MULTILINE), printed


PRINTED = """\
collected 3 items
=================================== FAILURES ===================================
_________ [nbcheck] sample_notebooks/failing/a.ipynb::cell-1 _________
one \x20
_________ [nbcheck] sample_notebooks/failing/a.ipynb::cell-2 _________
two

Current thread 0x00007f5acba16b80 (most recent call first):
_________ [nbcheck] sample_notebooks/failing/b.ipynb::notebook _________
three
=========================== short test summary info ============================
"""


def test_sections_are_cut_and_masked():
    assert cut_sections(PRINTED) == {
        "a.ipynb": ["one\n", "two\n\nCurrent thread 0x00007f0123456789 (most recent call first):\n"],
        "b.ipynb": ["three\n"],
    }


def test_a_page_is_filled_in():
    page = "# P\n\n## G\n\n### [a.ipynb](a)\n\nProse.\n\n```text\nold\n```\n\n### [b.ipynb](b)\n\nMore.\n"
    filled = fill_in(page, {"a.ipynb": ["one\n", "two\n"], "b.ipynb": ["three\n"]})
    assert read_chapters(filled) == {"a.ipynb": ["one\n", "two\n"], "b.ipynb": ["three\n"]}
    assert filled.startswith(
        "# P\n\n## G\n\n### [a.ipynb](a)\n\nProse.\n\n```text\none\n```\n\n```text\ntwo\n```\n\n"
    )
    assert fill_in(filled, read_chapters(filled)) == filled
