"""The documents keep up with the code."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
import tomllib
from pathlib import Path

import pytest

from nbcheck import errors
from nbcheck.execution.directives import (
    DIRECTIVES,
    Scope,
    read_cell_directives,
    read_notebook_directives,
)

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


DIRECTIVE_ROWS = re.findall(
    r"^\| `([a-z-]+)` \| (\w+) \| `([^`]+)` \|",
    (ROOT / "docs/directives.md").read_text("utf-8"),
    flags=re.MULTILINE,
)
SCOPES = {"cell": (Scope.CELL,), "notebook": (Scope.NOTEBOOK,), "both": (Scope.CELL, Scope.NOTEBOOK)}


def test_the_table_of_directives_is_complete():
    listed = [(name, SCOPES[of]) for name, of, _ in DIRECTIVE_ROWS]
    assert listed == [(directive.name, directive.scopes) for directive in DIRECTIVES.values()]


@pytest.mark.parametrize(("name", "of", "example"), DIRECTIVE_ROWS)
def test_the_examples_of_directives_can_be_followed(name: str, of: str, example: str):
    if of == "notebook":
        found, faults = read_notebook_directives({"nbcheck": json.loads(example)})
    elif example.startswith("{"):
        found, faults = read_cell_directives("", {"nbcheck": json.loads(example)})
    else:
        found, faults = read_cell_directives(f"# nbcheck: {example}", {})
    assert faults == ()
    assert [*found] == ["mode" if name == "run-only" else name]


def read_blocks(language: str) -> list[str]:
    """Return the examples in a language, of all documents."""
    pattern = re.compile(rf"^( *)```{language}\n(.*?)^ *```", flags=re.MULTILINE | re.DOTALL)
    return [
        textwrap.dedent(found[2]) for path in DOCUMENTS for found in pattern.finditer(path.read_text("utf-8"))
    ]


@pytest.mark.parametrize("block", read_blocks("toml"))
def test_configuration_examples_are_toml(block: str):
    assert tomllib.loads(block)


# Blocks with prompts are run, by the tests of their own pages.
@pytest.mark.parametrize("block", [block for block in read_blocks("python") if not block.startswith(">>>")])
def test_python_examples_compile(block: str):
    compile(block, "example", "exec")
