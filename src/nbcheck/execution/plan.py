"""The plan: what is to be run and how, made from a document and options before any kernel starts."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
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
    read_rules,
)
from nbcheck.execution.foreign_markers import (
    AfterCode,
    PathRule,
    allows_errors,
    read_after_code,
    read_path_rules,
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
    may_raise: bool = False
    """Whether it may raise any exception, and need not: the whole notebook says so, and that is honoured."""
    has_vain_permission: bool = False
    """Whether the whole notebook says that its cells may raise, which excuses nothing in this run."""
    after: tuple[AfterCode, ...] = ()
    """What is run after it, unless it raised; its outputs are nobody's."""
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
    metadata = document.notebook.metadata
    own, faults = read_notebook_directives(metadata)
    paths = read_path_rules(metadata, is_notebook=True)
    problems = [*(fault.problem for fault in faults), *paths.problems]
    if problems:
        name = document.path or "notebook"
        raise UsageError("\n".join(f"{name}: {problem}" for problem in problems))
    general = ChainMap(*map(dict, (own, *outer)))
    cells: list[PlannedCell] = []
    for cell_index, cell in enumerate(document.notebook.cells):
        if cell.cell_type == "code":
            said, faults = _read_cell(cell, cell_index, (own, *outer), paths.rules)
            cells.append(_plan_cell(cell, cell_index, len(cells) + 1, said, faults, metadata, options))
    timeout = general["timeout"].value if "timeout" in general else options.notebook_timeout
    return NotebookPlan(document, tuple(cells), timeout)


def _read_cell(
    cell: NotebookNode, cell_index: int, general: Sequence[Directives], rules: Sequence[PathRule]
) -> tuple[Directives, tuple[Fault, ...]]:
    """Return what is said of a cell, here and farther out, the nearest winning, and what cannot be followed."""
    near, faults = read_cell_directives(
        cell.source, cell.metadata, cell_index=cell_index, notebook_rules=rules
    )
    foreign, more_faults = read_rules(rules, cell_index)
    # A notebook's timeout is for all cells together; it says nothing about one.
    inherited = [{name: found for name, found in said.items() if name != "timeout"} for said in general]
    return ChainMap(dict(near), *inherited[:1], dict(foreign), *inherited[1:]), (*faults, *more_faults)


def _plan_cell(
    cell: NotebookNode,
    cell_index: int,
    number: int,
    said: Directives,
    faults: tuple[Fault, ...],
    metadata: Mapping[str, Any],
    options: RunOptions,
) -> PlannedCell:
    after, problems = read_after_code(cell.metadata, _language(metadata))
    permits = allows_errors(metadata)

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
        may_raise=permits and options.honours_allow_errors,
        has_vain_permission=permits and not options.honours_allow_errors,
        after=after,
        xfail=value("xfail", None),
        max_seconds=value("max-seconds", None),
        timeout=value("timeout", value("cell-timeout", options.cell_timeout)),
        compare=_plan_comparison(said, options.compare),
        faults=(*faults, *map(Fault, problems)),
        directives=said,
    )


def _language(metadata: Mapping[str, Any]) -> str:
    """Return the language that a notebook names; empty when it does not."""
    for section, key in (("kernelspec", "language"), ("language_info", "name")):
        named = metadata.get(section)
        if isinstance(named, Mapping) and isinstance(named.get(key), str) and named[key]:
            return str(named[key])
    return ""


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
        replacements=options.replacements + value("replace", ()),
        disabled_normalisers=frozenset(name for name, is_on in switches.items() if not is_on),
        enabled_normalisers=frozenset(name for name, is_on in switches.items() if is_on),
    )
