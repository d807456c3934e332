"""Cells of a notebook as a test sees them, and the ways to name one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from nbcheck.errors import UsageError
from nbcheck.execution.address import find_cell as find_addressed
from nbcheck.execution.fold import CellFold
from nbcheck.execution.plan import NotebookPlan, PlannedCell
from nbcheck.results import CellError


class Cell:
    """A code cell, and what its last run came to."""

    def __init__(self, planned: PlannedCell, tags: Sequence[str], name: str) -> None:
        """Take the cell; it was not run yet.

        Args:
            planned: the cell.
            tags: of the cell.
            name: of the notebook, for people.
        """
        self.number = planned.number
        """Number of the code cell, from 1."""
        self.source = planned.source
        """As it stands in the file."""
        self.tags = tuple(tags)
        """As they stand in the file."""
        self.error: CellError | None = None
        """The error that it raised because its tags allow that."""
        self.planned = planned
        self._name = name
        self._fold: CellFold | None = None

    def __repr__(self) -> str:
        return f"<cell {self.number} of {self._name}>"

    @property
    def was_run(self) -> bool:
        """Whether it was run."""
        return self._fold is not None

    # Any: outputs are nbformat's dicts
    @property
    def outputs(self) -> tuple[Mapping[str, Any], ...]:
        """The outputs as they are now, nbformat 4: later cells may update what this one displays."""
        if self._fold is None:
            raise UsageError(
                f"{self._name}, cell {self.number}: it has not been run; nb.run(to={self.number}) does"
            )
        return self._fold.outputs()

    @property
    def text(self) -> str:
        """All that the outputs show as text, in their order."""
        return "".join(map(_text, self.outputs)).removesuffix("\n")

    @property
    def stdout(self) -> str:
        """What it printed to standard output."""
        return self._stream("stdout")

    @property
    def stderr(self) -> str:
        """What it printed to standard error."""
        return self._stream("stderr")

    @property
    def results(self) -> list[dict[str, Any]]:
        """The mimebundles of its results and displays: data by MIME type, in their order."""
        return [dict(output["data"]) for output in self.outputs if "data" in output]

    def take(self, fold: CellFold, error: CellError | None) -> None:
        """Take what running it came to."""
        self._fold = fold
        self.error = error

    def _stream(self, name: str) -> str:
        return "".join(output["text"] for output in self.outputs if output.get("name") == name)


def find_cell(plan: NotebookPlan, address: int | str) -> PlannedCell:
    """Find a code cell.

    Args:
        plan: of the notebook.
        address: its number, from 1, or from the end if negative; a tag that no other cell has; or as
            :func:`nbcheck.execution.address.find_cell` takes it: ``cell-3``, its name, nbformat's id.

    Raises:
        UsageError: there is no such cell, or several.
    """
    if isinstance(address, int):
        return _by_number(plan, address)
    tagged = [cell for cell in plan.cells if address in cell_tags(plan, cell)]
    if len(tagged) == 1:
        return tagged[0]
    if tagged:
        numbers = ", ".join(str(cell.number) for cell in tagged)
        raise UsageError(
            f"{plan.path.name}: several cells are tagged {address!r}: {numbers}; name one by its number"
        )
    try:
        return plan.cells[find_addressed(address, plan.cells) - 1]
    except LookupError as error:
        raise UsageError(f"{plan.path.name}: {error}; {_describe_tags(plan, address)}") from None


def cell_tags(plan: NotebookPlan, cell: PlannedCell) -> list[str]:
    """Return the tags of a cell."""
    tags = plan.document.notebook.cells[cell.cell_index].metadata.get("tags")
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _describe_tags(plan: NotebookPlan, address: str) -> str:
    tags = sorted({tag for cell in plan.cells for tag in cell_tags(plan, cell)})
    close = difflib.get_close_matches(address, tags, n=1)
    return (
        f"did you mean the tag {close[0]!r}?" if close else f"tags are {', '.join(tags) or 'not used in it'}"
    )


def _by_number(plan: NotebookPlan, number: int) -> PlannedCell:
    count = len(plan.cells)
    if not (1 <= number <= count or -count <= number <= -1):
        raise UsageError(
            f"{plan.path.name}: there is no cell {number}; it has {count} code cells, and the first is cell 1"
        )
    return plan.cells[number - 1 if number > 0 else number]


def _text(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "stream":
        return str(output["text"])
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}\n"
    data = output.get("data")
    shown = data.get("text/plain", "") if isinstance(data, Mapping) else ""
    return f"{shown}\n" if shown else ""
