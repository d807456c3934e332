"""Rewriting other tools' markers into ours, for who does not want to keep both vocabularies.

Rewritten is what only other notebook testers read: nbval's comments and tags, and pytest-notebook's ``nbreg``. What
others read as well stays: Jupyter's tags, ``execution`` in a notebook's metadata; and so does what has no counterpart,
such as the code that nbmake runs after a cell. A notebook means the same afterwards, or it is not changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbcheck.document import Document, NotebookNode, edit_document, parse_document
from nbcheck.document import edits as e
from nbcheck.errors import UsageError
from nbcheck.execution.foreign_markers import COMMENTS, TAGS, PathRule, read_path_rules, rules_as_markers
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import NotebookPlan, plan_notebook

_LINE = re.compile(rf"^([ \t]*#+[ \t]*)({'|'.join(COMMENTS)})[ \t]*$", re.MULTILINE)
_JUPYTERS = ("raises-exception", "skip-execution")


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A notebook in our words."""

    raw: bytes
    """New content of the file; the old one when nothing is to be rewritten."""
    left: tuple[str, ...] = ()
    """Why something was left as it is, a line each."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Edits that belong together."""

    edits: tuple[e.Edit, ...]
    what: str


def rewrite_markers(document: Document) -> Rewriting:
    """Rewrite other testers' markers in a notebook.

    Args:
        document: the notebook.

    Raises:
        DocumentError: the notebook cannot be edited: it is older than format 4.
        UsageError: what is said of the whole notebook cannot be followed.
    """
    before = _meaning(plan_notebook(document, RunOptions()))
    groups = list(_find_groups(document.notebook))
    kept = [group for group in groups if _keeps(document, [group], before)]
    if kept and not _keeps(document, kept, before):
        kept = []
    left = [
        f"{group.what}: left as it is, since it would mean something else"
        for group in groups
        if group not in kept
    ]
    raw = edit_document(document, [edit for group in kept for edit in group.edits]) if kept else document.raw
    return Rewriting(raw, tuple(left))


def _keeps(document: Document, groups: Sequence[_Group], before: object) -> bool:
    """Whether a notebook means the same after some edits."""
    raw = edit_document(document, [edit for group in groups for edit in group.edits])
    try:
        return _meaning(plan_notebook(parse_document(raw, document.path), RunOptions())) == before
    except UsageError:
        return False


def _meaning(plan: NotebookPlan) -> list[tuple[Any, ...]]:  # Any: what a directive's reader returns
    """Return what decides how cells are run and judged, whoever said it."""
    return [
        (
            {name: found.value for name, found in cell.directives.items()},
            cell.compare,
            bool(cell.faults),
            bool(cell.skipped_by),
        )
        for cell in plan.cells
    ]


def _find_groups(notebook: NotebookNode) -> Iterator[_Group]:
    number = 0
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            number += 1
            edits = tuple(_edit_cell(cell, index))
            if edits:
                yield _Group(edits, f"cell {number}")
    edits = tuple(_edit_nbreg(notebook))
    if edits:
        yield _Group(edits, "metadata nbreg")


def _edit_cell(cell: NotebookNode, index: int) -> Iterator[e.Edit]:
    source = _LINE.sub(
        lambda match: f"{match[1]}nbcheck: {', '.join(_spell(COMMENTS[match[2]]))}", cell.source
    )
    if source != cell.source:
        yield e.SetSource(index, source)
    tags = cell.metadata.get("tags")
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, str) and tag in TAGS and tag not in _JUPYTERS:
            yield e.RemoveTag(index, tag)
            for ours in _spell(TAGS[tag]):
                yield e.AddTag(index, f"nbcheck-{ours}")


def _spell(meaning: Sequence[tuple[str, object]]) -> list[str]:
    return [name if value is True else f"{name}={str(value).lower()}" for name, value in meaning]


def _edit_nbreg(notebook: NotebookNode) -> Iterator[e.Edit]:
    general = read_path_rules(notebook.metadata, is_notebook=True)
    yield from _edit_section(notebook.metadata, general.rules, -1, None)
    for index, cell in enumerate(notebook.cells):
        own = read_path_rules(cell.metadata, is_notebook=False)
        if cell.cell_type != "code" or own.problems:
            continue
        meant = [rule for rule in general.rules if rule.cell_index == index]
        if own.rules or meant:
            # A cell's own replaces what is said of the notebook, so it has to repeat that.
            yield from _edit_section(cell.metadata, (*general.rules, *own.rules), index, index)
        elif "nbreg" in cell.metadata:
            yield e.DeleteMetadata(("nbreg",), index)


def _edit_section(
    metadata: Mapping[str, Any], rules: Sequence[PathRule], cell_index: int, place: int | None
) -> Iterator[e.Edit]:
    section = metadata.get("nbreg")
    ours = metadata.get("nbcheck")
    written = ours if isinstance(ours, Mapping) else {}
    for marker in rules_as_markers(rules, cell_index, ""):
        if marker.directive not in written:
            yield e.SetMetadata(("nbcheck", marker.directive), marker.value, place)
    if not isinstance(section, Mapping):
        return
    if place is None and section.get("skip") and "skip" not in written:
        yield e.SetMetadata(("nbcheck", "skip"), section.get("skip_reason") or True, None)
    yield e.DeleteMetadata(("nbreg",), place)
