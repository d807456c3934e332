"""``nbcheck directives``: what holds for each cell of a notebook, and who says so."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nbcheck.document import read_document
from nbcheck.document.text import FORMATS, read_text_document
from nbcheck.errors import NbcheckError
from nbcheck.execution.config import NOTHING, load_configuration
from nbcheck.execution.directives import Directives
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import NotebookPlan, plan_notebook


def directives(arguments: Sequence[str]) -> int:
    """List the directives of notebooks.

    Args:
        arguments: those after ``directives``.

    Returns:
        Exit code: 0 when all can be followed, 1 when some cannot, 2 when a file cannot be read.
    """
    parser = argparse.ArgumentParser(
        prog="nbcheck directives", description="List what holds for each cell of a notebook, and who says so."
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="NOTEBOOK")
    code = 0
    for path in parser.parse_args(arguments).paths:
        try:
            plan = _plan(path)
        except NbcheckError as error:
            print(error, file=sys.stderr)
            code = 2
            continue
        for line in describe_directives(plan):
            print(line)
        if any(cell.faults for cell in plan.cells):
            code = max(code, 1)
    return code


def describe_directives(plan: NotebookPlan) -> Iterator[str]:
    """Yield a line for each directive of each cell, and for each one that cannot be followed."""
    for cell in plan.cells:
        place = f"{plan.path}:{plan.document.source_line(cell.cell_index)}: cell {cell.number}"
        for name, found in sorted(cell.directives.items()):
            yield f"{place}: {name} = {_show(found.value)}  ({found.source})"
        for fault in cell.faults:
            yield f"{place}: {fault.problem}"


def _plan(path: Path) -> NotebookPlan:
    document = read_text_document(path) if path.suffix.lower() in FORMATS else read_document(path)
    return plan_notebook(document, RunOptions(), [_configured(path)])


def _configured(path: Path) -> Directives:
    """Return what the nearest pyproject.toml above a notebook says of it; pytest takes that folder for its root."""
    absolute = Path(os.path.abspath(path))
    for folder in absolute.parents:
        if (folder / "pyproject.toml").is_file():
            configuration = load_configuration(folder / "pyproject.toml")
            return configuration.directives_for(absolute.relative_to(folder).as_posix())
    return NOTHING.directives_for(path.as_posix())


def _show(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "none"
        case frozenset() | tuple():
            return " ".join(sorted(map(str, value)))
        case Mapping():
            return " ".join(name if is_on else f"-{name}" for name, is_on in value.items())
        case float():
            return f"{value:g}"
        case _:
            return str(value)
