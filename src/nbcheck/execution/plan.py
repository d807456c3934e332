"""The plan: what is to be run and how, made from a document and options before any kernel starts."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbcheck.compare.base import CompareOptions, Output
from nbcheck.document import Document, NotebookNode
from nbcheck.errors import UsageError
from nbcheck.execution.directives import (
    Directives,
    ExpectedError,
    Fault,
    read_cell_directives,
    read_notebook_directives,
)
from nbcheck.execution.options import RunOptions


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """One code cell, with everything that running and judging it needs."""

    cell_index: int
    """Index of the cell in the file, from 0, all cell types counted."""
    number: int
    """Number of the code cell, from 1."""
    cell_id: str
    """nbformat's id."""
    source: str
    """Its source."""
    expected: tuple[Output, ...]
    """Stored outputs."""
    was_run: bool
    """Whether its author ran it: it has outputs or an execution_count. If not, nothing is compared."""
    skipped_by: str = ""
    """Who said that it must not run; empty when nobody did."""
    must_raise: bool = False
    """Whether it has to raise an exception."""
    must_raise_error: ExpectedError | None = None
    """The one that it has to raise; None for any."""
    xfail: str | None = None
    """Why it is expected to fail, which may be empty; None when it is not."""
    max_seconds: float | None = None
    """Seconds above which it fails, though it may run on; None for no limit."""
    timeout: float | None = None
    """Seconds it may run; None for no limit."""
    compare: CompareOptions = field(default_factory=CompareOptions)
    """How its outputs are compared."""
    faults: tuple[Fault, ...] = ()
    """Directives that cannot be followed; the cell cannot be run then."""
    directives: Directives = field(default_factory=dict)
    """What was said of it, and by whom."""

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to run; front-ends do not send such a cell to the kernel."""
        return not self.source.strip()


@dataclass(frozen=True, slots=True)
class NotebookPlan:
    """A notebook to be run."""

    document: Document
    """The document; knows the lines of its cells."""
    cells: tuple[PlannedCell, ...]
    """Its code cells, in file order."""
    timeout: float | None
    """Seconds that its cells may run altogether; None for no limit but theirs."""

    @property
    def path(self) -> Path:
        """The file; a made-up name for a notebook that came from none."""
        return self.document.path or Path("notebook.ipynb")


def plan_notebook(document: Document, options: RunOptions, outer: Sequence[Directives] = ()) -> NotebookPlan:
    """Read what the authors of a notebook say, and combine it with the options.

    Args:
        document: the notebook.
        options: what holds where nobody says anything.
        outer: what is said outside of the notebook, the nearest first: on the command line, in a configuration file.

    Returns:
        The plan. A cell whose own directives cannot be followed is in it, with its faults.

    Raises:
        UsageError: directives of the whole notebook cannot be followed.
    """
    general, faults = read_notebook_directives(document.notebook.metadata)
    if faults:
        name = document.path or "notebook"
        raise UsageError("\n".join(f"{name}: {fault.problem}" for fault in faults))
    general = ChainMap(*map(dict, (general, *outer)))
    cells: list[PlannedCell] = []
    for cell_index, cell in enumerate(document.notebook.cells):
        if cell.cell_type == "code":
            cells.append(_plan_cell(cell, cell_index, len(cells) + 1, general, options))
    timeout = general["timeout"].value if "timeout" in general else options.notebook_timeout
    return NotebookPlan(document, tuple(cells), timeout)


def _plan_cell(
    cell: NotebookNode, cell_index: int, number: int, general: Directives, options: RunOptions
) -> PlannedCell:
    own, faults = read_cell_directives(cell.source, cell.metadata)
    # A notebook's timeout is for all cells together; it says nothing about one.
    inherited = {name: found for name, found in general.items() if name != "timeout"}
    said = ChainMap(dict(own), inherited)

    def value(name: str, default: Any) -> Any:  # Any: the type is the directive's kind
        return said[name].value if name in said else default

    raises = value("raises-exception", False)
    return PlannedCell(
        cell_index=cell_index,
        number=number,
        cell_id=cell.get("id", ""),
        source=cell.source,
        expected=tuple(cell.outputs),
        was_run=bool(cell.outputs) or cell.get("execution_count") is not None,
        skipped_by=said["skip"].source if value("skip", False) else "",
        must_raise=bool(raises),
        must_raise_error=raises if isinstance(raises, ExpectedError) else None,
        xfail=value("xfail", None),
        max_seconds=value("max-seconds", None),
        timeout=value("timeout", value("cell-timeout", options.cell_timeout)),
        compare=_plan_comparison(said, options.compare),
        faults=faults,
        directives=said,
    )


def _plan_comparison(said: Directives, options: CompareOptions) -> CompareOptions:
    def value(name: str, default: Any) -> Any:  # Any: the type is the directive's kind
        return said[name].value if name in said else default

    switches = value("normalise", {})
    return replace(
        options,
        mode=value("mode", None) or options.mode,
        ignored=options.ignored | value("ignore-output", frozenset()),
        rtol=value("rtol", options.rtol),
        atol=value("atol", options.atol),
        image_channel_tolerance=value("image-tolerance", options.image_channel_tolerance),
        image_share=value("image-share", options.image_share),
        patterns=value("ignore-pattern", options.patterns),
        disabled_normalisers=frozenset(name for name, is_on in switches.items() if not is_on),
        enabled_normalisers=frozenset(name for name, is_on in switches.items() if is_on),
    )
