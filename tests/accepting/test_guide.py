"""What docs/accepting.md shows is what happens."""

from __future__ import annotations

import difflib
import doctest
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

import nbcheck.cli.review
from helpers.formats import JUPYTER
from helpers.nb import display, result, stdout
from helpers.pending import leave
from nbcheck.accepting.generalise import generalise_line
from nbcheck.accepting.record import PendingCell, PendingNotebook
from nbcheck.accepting.redact import LEAST_LENGTH, PATTERNS
from nbcheck.accepting.store import PendingStore
from nbcheck.cli import main
from nbcheck.execution.config import read_configuration

GUIDE = Path(__file__).parents[2] / "docs/accepting.md"
TEXT = GUIDE.read_text("utf-8")


def first_columns(heading: str) -> list[str]:
    """Names in the first columns of the tables of a section."""
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [
        name
        for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", row)
    ]


def test_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stored, fresh = (
        [stdout(f"loss {loss} s\n"), display("1.5"), result(name, 1)]
        for loss, name in (("0.731", "'blue'"), ("0.694", "'green'"))
    )
    cell = {
        "cell_type": "code",
        "execution_count": 1,
        "id": "a",
        "metadata": {},
        "outputs": stored,
        "source": "x",
    }
    before = JUPYTER.write({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    path = tmp_path / "nb.ipynb"
    path.write_bytes(before)
    leave(tmp_path, "nb.ipynb", {1: fresh}, kernel="nbcheck-python")

    def git_diff() -> None:
        lines = [content.decode().splitlines() for content in (before, path.read_bytes())]
        for line in difflib.unified_diff(*lines, n=0, lineterm=""):
            if line[:3] not in ("---", "+++") and line[0] in "+-":
                print(line)

    def nbcheck(*arguments: str) -> None:
        main(arguments)

    failed, tried = doctest.testfile(
        str(GUIDE), module_relative=False, globs={"nbcheck": nbcheck, "git_diff": git_diff}
    )
    assert (failed, tried) == (0, 4)
    assert PendingStore.of_project(tmp_path).has("nb.ipynb")


def test_the_keys_of_the_files() -> None:
    assert sorted(first_columns("The files")) == sorted(
        field.name for kind in (PendingNotebook, PendingCell) for field in fields(kind)
    )


def test_the_keys_of_the_review() -> None:
    described = [line.partition(" ")[0] for line in nbcheck.cli.review.HELP]
    assert first_columns("Review") == [key for key in described if len(key) == 1]


def test_the_pattern_is_what_a_mask_would_be() -> None:
    (pattern,) = generalise_line("loss 0.731 s", "loss 0.694 s")
    assert f"`ignore-pattern={pattern}`" in TEXT


def test_the_defaults_of_secrets() -> None:
    assert all(f"`{pattern.strip('*')}`" in TEXT for pattern in PATTERNS)
    assert f"fewer than {LEAST_LENGTH} characters" in TEXT


def test_the_configuration_is_read() -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert read_configuration(tomllib.loads(block), "pyproject.toml").redact == ("*_DSN", "-KEYBOARD*")
