"""The plan: what is to be run and how, made from a document and options before any kernel starts."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbcheck.compare.base import CompareOptions, Output
from nbcheck.compare.normalise import NORMALISER_NAMES
from nbcheck.document import Document, NotebookNode
from nbcheck.errors import CompareError, UsageError
from nbcheck.execution.address import find_cell
from nbcheck.execution.directives import (
    DIRECTIVES,
    Directives,
    ExpectedError,
    Fault,
    Mark,
    add_up,
    read_cell_directives,
    read_notebook_directives,
    read_rules,
)
from nbcheck.execution.foreign_markers import (
    JUPYTERS_NAME,
    AfterCode,
    PathRule,
    allows_errors,
    read_after_code,
    read_path_rules,
)
from nbcheck.execution.options import DEFAULT_CELL_TIMEOUT, RunOptions
from nbcheck.execution.widgets import read_states

_OF_ALL_CELLS = ("timeout", "max-seconds", "max-memory")
"""Directives that, said of a notebook, are for all of its cells together and say nothing about one."""


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
    errors_need_tag: bool = False
    """Whether it may not raise what its file stores unless it is tagged to raise."""
    may_raise: bool = False
    """Whether it may raise any exception, and need not: the whole notebook says so, and that is honoured."""
    has_vain_permission: bool = False
    """Whether the whole notebook says that its cells may raise, which excuses nothing in this run."""
    after: tuple[AfterCode, ...] = ()
    """What is run after it, unless it raised; its outputs are nobody's."""
    uncompared_by: str = ""
    """Why what is stored says nothing about it in this run; empty when it does."""
    xfail: str | None = None
    """Why it is expected to fail, which may be empty; None when it is not."""
    name: str = ""
    """What its author calls it, for selecting it and for other cells that depend on it; empty for no name."""
    depends: tuple[int, ...] | None = None
    """Numbers of the cells that it needs, with what these need in their turn; None for all cells before it."""
    marks: tuple[Mark, ...] = ()
    """pytest's markers of this cell alone, in the order of being said."""
    max_seconds: float | None = None
    """Seconds above which it fails, though it may run on; None for no limit."""
    max_memory: int | None = None
    """Bytes in use while it runs above which it fails, though it may run on; None for no limit."""
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
    marks: tuple[Mark, ...] = ()
    """pytest's markers of the whole notebook, in the order of being said."""
    parameter_sets: tuple[Mapping[str, Any], ...] = ()
    """Values by name, of whatever JSON holds (hence Any): it is to be run once with each; none for once as it is."""
    fixtures: tuple[str, ...] = ()
    """Names of the pytest fixtures whose values it finds as variables."""
    parameters: str = ""
    """Name of the set of parameters that this plan is for, as in node ids; empty when there are no sets."""
    setup: tuple[AfterCode, ...] = ()
    """What is run before the first cell; its outputs are nobody's."""
    notes: tuple[str, ...] = ()
    """Remarks on how it is run, a line each."""
    max_seconds: float | None = None
    """Seconds of all its cells together above which one of them fails; None for no limit."""
    max_memory: int | None = None
    """Bytes that its kernel may use with all that it starts; None for no limit."""
    allows_network: bool = False
    """Whether it may connect to other machines though the run refuses that."""
    flaky_check: str = "auto"
    """Whether it is run a second time when outputs differ: ``always``, ``never``, or ``auto`` for if it is quick."""
    uses_files: tuple[str, ...] | None = None
    """Patterns of files that it depends on, relative to its folder; None when its author does not say."""

    def needs(self, number: int) -> Collection[int]:
        """Return the numbers of the cells that have to be run before a cell, those that these need included.

        Args:
            number: of the code cell, from 1.
        """
        depends = self.cells[number - 1].depends
        if depends is None:
            return range(1, number)
        # Cells depend on earlier ones only, so this ends.
        return {*depends, *(needed for earlier in depends for needed in self.needs(earlier))}

    @property
    def widgets(self) -> Mapping[str, Any]:  # Any: states of models are whatever JSON the file holds
        """States of widgets that the file stores, by the ids of their models."""
        return read_states(self.document.notebook.metadata)

    @property
    def path(self) -> Path:
        """The file; a made-up name for a notebook that came from none."""
        return self.document.path or Path("notebook.ipynb")


def hidden_cell(source: str, timeout: float | None = DEFAULT_CELL_TIMEOUT) -> PlannedCell:
    """Return what stands for a cell where code is run that is none.

    Args:
        source: the code.
        timeout: seconds it may run; None for no limit.
    """
    return PlannedCell(-1, 0, "", source, (), was_run=False, timeout=timeout)


def plan_notebook(
    document: Document,
    options: RunOptions,
    outer: Sequence[Directives] = (),
    rules: Sequence[PathRule] = (),
) -> NotebookPlan:
    """Read what the authors of a notebook say, and combine it with the options.

    Args:
        document: the notebook.
        options: what holds where nobody says anything.
        outer: what is said outside of the notebook, the nearest first: on the command line, in a configuration file.
        rules: what is said in pytest-notebook's words outside of the notebook; its own are added.

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
            near, said, faults = _read_cell(cell, cell_index, (own, *outer), (*rules, *paths.rules))
            planned = _plan_cell(cell, cell_index, len(cells) + 1, said, faults, metadata, options)
            cells.append(replace(planned, marks=near["mark"].value) if "mark" in near else planned)

    def value(name: str, default: Any) -> Any:  # Any: the type is the directive's kind
        return general[name].value if name in general else default

    return NotebookPlan(
        document,
        _link_cells(cells),
        timeout=value("timeout", options.notebook_timeout),
        marks=add_up([said["mark"] for said in (own, *outer) if "mark" in said]).value,
        parameter_sets=(options.parameters,) if options.parameters else value("parametrize", ()),
        fixtures=value("fixtures", ()),
        max_seconds=value("max-seconds", None),
        max_memory=value("max-memory", options.max_memory),
        allows_network=value("network", False),
        flaky_check=value("flaky-check", "auto"),
        uses_files=value("uses-files", None),
    )


def _read_cell(
    cell: NotebookNode, cell_index: int, general: Sequence[Directives], rules: Sequence[PathRule]
) -> tuple[Directives, Directives, tuple[Fault, ...]]:
    """Return what is said at a cell; what holds for it, that farther out included; and what cannot be followed."""
    near, faults = read_cell_directives(
        cell.source, cell.metadata, cell_index=cell_index, notebook_rules=rules
    )
    foreign, more_faults = read_rules(rules, cell_index)
    inherited = [
        {name: found for name, found in said.items() if name not in _OF_ALL_CELLS} for said in general
    ]
    layers = [dict(near), *inherited[:1], dict(foreign), *inherited[1:]]
    sums = {
        name: add_up([layer[name] for layer in layers if name in layer])
        for name in {name for layer in layers for name in layer}
        if DIRECTIVES[name].adds_up
    }
    return near, ChainMap(sums, *layers), (*faults, *more_faults)


def _plan_cell(
    cell: NotebookNode,
    cell_index: int,
    number: int,
    said: Directives,
    faults: tuple[Fault, ...],
    metadata: Mapping[str, Any],
    options: RunOptions,
) -> PlannedCell:
    after, problems = read_after_code(cell.metadata, language_of(metadata))
    permits = allows_errors(metadata)

    def value(name: str, default: Any) -> Any:  # Any: the type is the directive's kind
        return said[name].value if name in said else default

    raises = value("raises-exception", False)
    skip = value("skip", False)
    reason = f" ({skip})" if isinstance(skip, str) else ""
    return PlannedCell(
        cell_index=cell_index,
        number=number,
        cell_id=cell.get("id", ""),
        source=cell.source,
        expected=tuple(cell.outputs),
        was_run=bool(cell.outputs) or cell.get("execution_count") is not None,
        skipped_by=f"{said['skip'].source}{reason}" if skip else "",
        must_raise=bool(raises),
        must_raise_error=raises if isinstance(raises, ExpectedError) else None,
        errors_need_tag=value("errors-need-tag", False),
        may_raise=permits and options.honours_allow_errors,
        has_vain_permission=permits and not options.honours_allow_errors,
        after=after,
        xfail=value("xfail", None),
        name=value("name", ""),
        max_seconds=value("max-seconds", value("cell-max-seconds", None)),
        max_memory=value("max-memory", value("cell-max-memory", None)),
        timeout=value("timeout", value("cell-timeout", options.cell_timeout)),
        compare=_plan_comparison(said, options.compare),
        faults=(*faults, *map(Fault, problems), *_unknown_normalisers(said, options.compare)),
        directives=said,
    )


def _link_cells(cells: Sequence[PlannedCell]) -> tuple[PlannedCell, ...]:
    """Check the names of cells, and find the cells that others depend on."""
    named = _check_names(cells)
    return tuple(_find_dependencies(cell, named) if "depends" in cell.directives else cell for cell in named)


def _check_names(cells: Sequence[PlannedCell]) -> list[PlannedCell]:
    """Let the first cell keep a name that several have. A name that nbformat knows is no promise to anybody here."""
    owners: dict[str, int] = {}
    checked = list(cells)
    for cell in sorted(cells, key=_has_jupyters_name):
        owner = owners.setdefault(cell.name, cell.number) if cell.name else cell.number
        if owner == cell.number:
            continue
        fault = Fault(
            f"{cell.directives['name'].source}: cell {owner} has the name {cell.name!r} as well; "
            "a name belongs to one cell of a notebook"
        )
        faults = cell.faults if _has_jupyters_name(cell) else (*cell.faults, fault)
        checked[cell.number - 1] = replace(cell, name="", faults=faults)
    return checked


def _has_jupyters_name(cell: PlannedCell) -> bool:
    return bool(cell.name) and cell.directives["name"].source == JUPYTERS_NAME


def _find_dependencies(cell: PlannedCell, cells: Sequence[PlannedCell]) -> PlannedCell:
    said = cell.directives["depends"]
    found: list[int] = []
    faults: list[Fault] = []
    for text in said.value:
        try:
            number = find_cell(text, cells)
        except LookupError as error:
            faults.append(Fault(f"{said.source}: 'depends' is wrong: {error}"))
            continue
        if number < cell.number:
            found.append(number)
        else:
            what = "is the cell itself" if number == cell.number else f"is cell {number}, which comes later"
            faults.append(Fault(f"{said.source}: 'depends' is wrong: {text!r} {what}"))
    return replace(cell, depends=tuple(found), faults=(*cell.faults, *faults))


def _unknown_normalisers(said: Directives, options: CompareOptions) -> Iterator[Fault]:
    """Yield a fault for each normaliser that a directive names and nobody has."""
    extensions = options.extensions
    named = said["normalise"].value if "normalise" in said else {}
    users = [name for name in named if name not in NORMALISER_NAMES]
    if not users or (extensions is not None and not extensions.are_all_known):
        return
    try:
        known = extensions.normaliser_names() if extensions is not None else ()
    except CompareError as error:
        yield Fault(str(error))
        return
    for name in users:
        if name not in known:
            others = (
                f"those of users are {', '.join(known)}" if known else "no package or conftest.py has any"
            )
            yield Fault(f"{said['normalise'].source}: there is no normaliser {name!r}; {others}")


def language_of(metadata: Mapping[str, Any]) -> str:
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
        column_rtol=value("column-rtol", options.column_rtol),
        column_atol=value("column-atol", options.column_atol),
        image_channel_tolerance=value("image-tolerance", options.image_channel_tolerance),
        image_share=value("image-share", options.image_share),
        image_antialiasing=value("image-antialiasing", options.image_antialiasing),
        patterns=value("ignore-pattern", options.patterns),
        replacements=options.replacements + value("replace", ()),
        disabled_normalisers=frozenset(name for name, is_on in switches.items() if not is_on),
        enabled_normalisers=frozenset(name for name, is_on in switches.items() if is_on),
    )
