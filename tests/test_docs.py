"""The documents keep up with the code."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

import pytest

from nbcheck import errors

ROOT = Path(__file__).parents[1]
ERRORS = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, errors.NbcheckError)
]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "benchmarks/README.md",
    *(ROOT / "docs").rglob("*.md"),
]


def read_sections(path: Path) -> dict[str, str]:
    """Return the text under each heading of the second level, by heading."""
    _, *sections = re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)
    return {heading: text for heading, _, text in (section.partition("\n") for section in sections)}


MESSAGES = read_sections(ROOT / "docs/messages.md")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_is_explained(error: type[errors.NbcheckError]):
    text = MESSAGES[error.slug]
    assert "**Cause.**" in text
    assert "**Remedy.**" in text


def test_every_error_has_a_slug_of_its_own():
    slugs = [error.slug for error in ERRORS]
    assert sorted(slugs) == sorted(set(slugs))


def test_no_section_explains_what_does_not_exist():
    assert MESSAGES.keys() == {error.slug for error in ERRORS}


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = [
        *project["dependencies"],
        *project["optional-dependencies"]["test"],
        *project["optional-dependencies"]["dev"],
    ]
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in listed} - {"pytest-nbcheck"}
    rows = re.findall(
        r"^\| ([\w, -]+) \|", read_sections(ROOT / "docs/design.md")["Dependencies"], flags=re.MULTILINE
    )
    explained = {name for row in rows for name in row.split(", ")} - {"package"}
    assert names == explained


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
