"""``nbcheck directives``: what holds for each cell of a notebook, and who says so."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nbcheck.cli.plan import read_plan
from nbcheck.errors import NbcheckError
from nbcheck.execution.plan import NotebookPlan


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
            plan = read_plan(path)
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
            yield f"{place}: {name} = {show_value(found.value)}  ({found.source})"
        for fault in cell.faults:
            yield f"{place}: {fault.problem}"


def show_value(value: object) -> str:
    """Write a directive's value as its author would."""
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
