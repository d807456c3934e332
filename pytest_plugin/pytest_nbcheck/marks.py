"""pytest's markers, made from what notebooks say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nbcheck.execution.directives import Mark
from nbcheck.execution.plan import NotebookPlan

_EXCUSES = ("skip", "skipif", "xfail")
"""Markers that excuse what they are set on; for one of several cells they would excuse the others, too."""


def to_marker(mark: Mark) -> pytest.MarkDecorator:
    """Return pytest's marker; under ``--strict-markers`` it fails for one that is not registered, as pytest does."""
    decorator: pytest.MarkDecorator = getattr(pytest.mark, mark.name)
    return decorator.with_args(*mark.args, **dict(mark.keywords)) if mark.args or mark.keywords else decorator


def marks_of_notebook(plan: NotebookPlan) -> Iterator[Mark]:
    """Yield the markers that one item for a whole notebook has because of its cells."""
    said: list[Mark] = []
    for mark in (mark for cell in plan.cells for mark in cell.marks if mark.name not in _EXCUSES):
        if mark not in said:
            said.append(mark)
            yield mark
