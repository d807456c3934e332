"""Parameters, after papermill: a notebook run with other values than those that its cell tagged ``parameters`` assigns.

The values are assigned right after that cell, or before the first one where there is none. A cell that papermill has
injected (tagged ``injected-parameters``) is left out then: the values take its place.

Stored outputs belong to the values that the file holds: those of the tagged cell, and over them those of the injected
one. With any others a notebook is run, and not compared.

Sources: papermill, ``parameterize.py``, ``cli.py``; pytest, "Parametrizing tests", for the names of sets.
"""

from __future__ import annotations

import ast
import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbcheck.errors import UsageError
from nbcheck.execution.directives import is_variable
from nbcheck.execution.foreign_markers import AfterCode, python_literal
from nbcheck.execution.plan import NotebookPlan, PlannedCell, language_of

DEFAULTS = "defaults"
"""Name of the set that changes nothing."""
OTHER_PARAMETERS = "other parameters"
"""Why the outputs of a cell are not compared."""

_TAG, _INJECTED = "parameters", "injected-parameters"
_PYTHON = ("", "python", "ipython")
_SHOWN = re.compile(r"[\w.+/ -]{1,40}")
_WORDS = {"true": True, "false": False, "none": None, "null": None}

# Any: parameters are whatever JSON holds
Values = Mapping[str, Any]
"""Values of parameters, by name."""


def parametrize(plan: NotebookPlan) -> tuple[NotebookPlan, ...]:
    """Make a plan for each set of parameters that a notebook is to be run with.

    Args:
        plan: of the notebook.

    Returns:
        The plans in the order of the sets; the plan itself when nobody asked for any.

    Raises:
        UsageError: a set cannot be applied.
    """
    if not plan.parameter_sets:
        return (plan,)
    names = name_sets(plan.parameter_sets)
    return tuple(
        replace(apply_parameters(plan, values), parameters=name)
        for name, values in zip(names, plan.parameter_sets, strict=True)
    )


def apply_parameters(plan: NotebookPlan, values: Values) -> NotebookPlan:
    """Return the plan of a notebook with parameters set.

    Args:
        plan: of the notebook.
        values: of the parameters; those left out keep what the file assigns.

    Raises:
        UsageError: there is no such parameter, or no way to set it.
    """
    check_language(plan, "parameters can be set in")
    tagged, injected = _find_tagged(plan, _TAG), _find_tagged(plan, _INJECTED)
    if tagged is not None:
        _check(plan, tagged, values)
    cells = list(plan.cells)
    if not _is_as_stored(tagged, injected, values):
        cells = [replace(cell, uncompared_by=OTHER_PARAMETERS) for cell in cells]
    if injected is not None:
        replaced = cells[injected.number - 1]
        cells[injected.number - 1] = replace(
            replaced, skipped_by="the parameters of this run, which take its place"
        )
    if values:
        source = "\n".join(f"{name} = {python_literal(value)}" for name, value in values.items())
        code = AfterCode(source, "the parameters")
        if tagged is None:
            note = f"no cell is tagged {_TAG}: {', '.join(values)} set before the first cell"
            plan = replace(plan, setup=(*plan.setup, code), notes=(*plan.notes, note))
        else:
            cell = cells[tagged.number - 1]
            cells[tagged.number - 1] = replace(cell, after=(code, *cell.after))
    return replace(plan, cells=tuple(cells))


def check_language(plan: NotebookPlan, what: str) -> None:
    """Find out whether variables of a notebook can be assigned.

    Args:
        plan: of the notebook.
        what: the beginning of a sentence that tells what cannot be done elsewhere.

    Raises:
        UsageError: it is no Python notebook.
    """
    language = language_of(plan.document.notebook.metadata)
    if language.lower() not in _PYTHON:
        raise UsageError(f"{plan.path}: {what} Python notebooks only, not {language}")


def name_sets(sets: Sequence[Values]) -> list[str]:
    """Name sets of parameters as they stand in node ids: ``alpha=0.1,beta=x``; no two alike."""
    names = [_name(values, index) for index, values in enumerate(sets)]
    return [f"{name}-{index}" if names.count(name) > 1 else name for index, name in enumerate(names)]


def read_parameter(text: str) -> tuple[str, Any]:
    """Read ``alpha=0.3`` as it stands on a command line.

    A value is true, false or none (in any case), a whole number, a number, or JSON, whichever it can be read as first;
    everything else is a text, so that a text that looks like one of these stands in double quotes.

    Raises:
        ValueError: there is no name of a variable before a sign of equality.
    """
    name, is_given, value = text.partition("=")
    if not is_given or not is_variable(name):
        raise ValueError(text)
    return name, _read_value(value)


def _name(values: Values, index: int) -> str:
    # As in pytest, what makes no good name is told by its number.
    parts = [
        f"{name}={value}" if _SHOWN.fullmatch(str(value)) else f"{name}{index}"
        for name, value in values.items()
    ]
    return ",".join(parts) or DEFAULTS


def _read_value(text: str) -> Any:
    word = text.lower()
    if word in _WORDS:
        return _WORDS[word]
    for read in (int, float, json.loads):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _find_tagged(plan: NotebookPlan, tag: str) -> PlannedCell | None:
    """Return the first code cell with a tag; papermill takes no other."""
    for cell in plan.cells:
        tags = plan.document.notebook.cells[cell.cell_index].metadata.get("tags")
        if isinstance(tags, list) and tag in tags:
            return cell
    return None


def _check(plan: NotebookPlan, tagged: PlannedCell, values: Values) -> None:
    line = plan.document.source_line(tagged.cell_index)
    place = f"{plan.path}: cell {tagged.number} (line {line}), tagged {_TAG},"
    if values and (tagged.skipped_by or tagged.faults):
        why = (
            f"is skipped by {tagged.skipped_by}"
            if tagged.skipped_by
            else "has a directive that cannot be followed"
        )
        raise UsageError(f"{place} {why}, so that no parameter can be set")
    tree = _parse(tagged.source)
    if tree is None:
        return  # not Python as it stands: nobody knows what it assigns
    known = list(
        dict.fromkeys(
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
    )
    for name in values:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            told = f"did you mean {close[0]!r}?" if close else f"it assigns {', '.join(known) or 'nothing'}"
            raise UsageError(f"{place} does not assign {name!r}; {told}")


def _is_as_stored(tagged: PlannedCell | None, injected: PlannedCell | None, values: Values) -> bool:
    """Whether a notebook that is run with these values runs with those that its outputs were stored with."""
    defaults = _assigned(tagged)
    given = _assigned(injected)
    stored, now = defaults | given, defaults | {name: python_literal(value) for name, value in values.items()}
    return all(stored.get(name) == now.get(name) for name in {*given, *values})


def _assigned(cell: PlannedCell | None) -> dict[str, str]:
    """Return the literals that a cell assigns to names, as Python spells them: 1, 1.0 and True print differently."""
    tree = _parse(cell.source) if cell is not None else None
    found: dict[str, str] = {}
    for statement in tree.body if tree is not None else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                for node in ast.walk(statement):
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                        found.pop(node.id, None)
                continue
        try:
            found[name] = repr(ast.literal_eval(value))
        except ValueError:
            found[name] = ast.unparse(value)
    return found


def _parse(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None
