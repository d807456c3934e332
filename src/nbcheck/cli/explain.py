"""``nbcheck explain``: step by step, why cells pass or fail."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbcheck.cli.directives import show_value
from nbcheck.cli.plan import read_plan, run_options
from nbcheck.compare.base import Output, WidgetStates
from nbcheck.compare.explain import Comparison, Explanation, Normalisation, Placement, explain_outputs
from nbcheck.document.align import align
from nbcheck.errors import NbcheckError, UsageError
from nbcheck.execution.address import find_cell
from nbcheck.execution.check import Ending, Execution, judge, why_not_compared
from nbcheck.execution.kernels import Kernels, start_for
from nbcheck.execution.plan import NotebookPlan, PlannedCell
from nbcheck.execution.request import Kernel
from nbcheck.execution.run import NotebookRun
from nbcheck.report.terminal import WIDTH, escape, render_difference
from nbcheck.results import CellError, CellResult, Outcome

_CUT = "\u2026"


@dataclass(frozen=True, slots=True)
class _Target:
    """A cell that is to be explained."""

    path: Path
    """Of its notebook."""
    name: str
    """Of the cell, in any of the ways that pytest takes."""


@dataclass(frozen=True, slots=True)
class _Fresh:
    """Where the outputs come from that the stored ones are compared with."""

    judge: Callable[[int], CellResult]
    """Returns the verdict on a cell by its number; raises NbcheckError."""
    origin: Callable[[], str]
    """Says what they are, once a cell has been judged: ``a run by kernel nbcheck-python``."""
    widgets: Callable[[], WidgetStates | None]
    """Returns what the views of widgets were judged by."""


def explain(arguments: Sequence[str]) -> int:
    """Explain verdicts on cells.

    Args:
        arguments: those after ``explain``.

    Returns:
        Exit code: 0 when all cells pass, 1 when some do not, 2 when some cannot be judged at all.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        targets = [_read_target(text) for text in options.cells]
    except UsageError as error:
        parser.error(str(error))
    code = 0
    # Cells of one notebook share its run; the order is that of the command line.
    for path in dict.fromkeys(target.path for target in targets):
        names = [target.name for target in targets if target.path == path]
        try:
            code = max(code, _explain_notebook(path, names, options))
        except NbcheckError as error:
            print(error, file=sys.stderr)
            code = 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nbcheck explain",
        description="Say step by step why a cell passes or fails: what is stored and what a fresh run gives, which "
        "directives hold, which outputs belong together, what was normalised and how each of them was compared.",
    )
    parser.add_argument(
        "cells", nargs="+", metavar="NOTEBOOK::cell-N", help="a cell, by the name pytest gives it"
    )
    parser.add_argument("--kernel", metavar="NAME", help="kernelspec that runs the notebook, as for pytest")
    parser.add_argument(
        "--against",
        type=Path,
        metavar="OTHER",
        help="run nothing: compare with the outputs that another file stores for the cell",
    )
    return parser


def _read_target(text: str) -> _Target:
    path, _, name = text.rpartition("::")
    if not (path and name):
        raise UsageError(f"{text!r} is not the name of a cell; write NOTEBOOK::cell-3")
    return _Target(Path(path), name)


def _explain_notebook(path: Path, names: Sequence[str], options: argparse.Namespace) -> int:
    plan = read_plan(path, options.kernel)
    try:
        numbers = [find_cell(name, plan.cells) for name in names]
    except LookupError as error:
        raise UsageError(f"{path}: {error}") from error
    if options.against is not None:
        other = read_plan(options.against)
        widgets = WidgetStates(plan.widgets, other.widgets) if plan.widgets else None
        fresh = _Fresh(
            lambda number: _judge_against(plan, other, number, widgets),
            lambda: f"stored in {other.path}",
            lambda: widgets,
        )
        return _print(plan, numbers, fresh)
    kernels = Kernels()
    try:
        with NotebookRun(plan, lambda: _start_kernel(kernels, plan, options.kernel), wanted=numbers) as run:
            fresh = _Fresh(
                run.result, lambda: f"a run by {run.kernel_name or 'no kernel'}", run.widget_states
            )
            return _print(plan, numbers, fresh)
    finally:
        kernels.close()


def _start_kernel(kernels: Kernels, plan: NotebookPlan, name: str | None) -> Kernel:
    options = run_options(plan.path, name)
    choice = kernels.choose(plan.document.notebook.metadata, options.kernel)
    return start_for(kernels, plan, options, choice, cwd=plan.path.absolute().parent)


def _judge_against(
    plan: NotebookPlan, other: NotebookPlan, number: int, widgets: WidgetStates | None
) -> CellResult:
    """Judge a cell by what another file stores for it, as if these were the outputs of a run."""
    cell = _with_widgets(plan.cells[number - 1], widgets)
    pairs = align([one.source for one in plan.cells], [one.source for one in other.cells])
    position = next(position for index, position in pairs if index == number - 1)
    if position is None:
        raise UsageError(f"{other.path}: no cell of it belongs to cell {number} of {plan.path}")
    counterpart = other.cells[position]
    if cell.skipped_by:
        return judge(cell, Execution(Ending.SKIPPED, f"skipped by {cell.skipped_by}"), ())
    if cell.faults:
        return judge(cell, Execution(Ending.FAULTY, cell.faults[0].problem), ())
    errors = [output for output in counterpart.expected if output["output_type"] == "error"]
    error = (
        CellError(errors[-1]["ename"], errors[-1]["evalue"], tuple(errors[-1].get("traceback", ())))
        if errors
        else None
    )
    return judge(cell, Execution(Ending.REPLIED, error=error), counterpart.expected)


def _print(plan: NotebookPlan, numbers: Sequence[int], fresh: _Fresh) -> int:
    code = 0
    for position, number in enumerate(numbers):
        result = fresh.judge(number)
        cell = _with_widgets(plan.cells[number - 1], fresh.widgets())
        if position:
            print()
        for line in describe(plan, cell, result, fresh.origin()):
            print(line)
        is_failure = result.outcome.is_failure or result.outcome is Outcome.NOT_RUN
        if is_failure and cell.xfail is None:
            code = 1
    return code


def _with_widgets(cell: PlannedCell, widgets: WidgetStates | None) -> PlannedCell:
    return replace(cell, compare=replace(cell.compare, widgets=widgets))


# Text


def describe(plan: NotebookPlan, cell: PlannedCell, result: CellResult, origin: str) -> Iterator[str]:
    """Yield the lines of an explanation.

    Args:
        plan: of the notebook.
        cell: that is explained.
        result: the verdict on it.
        origin: where the outputs come from that were compared with the stored ones.
    """
    yield escape(f"{plan.path}:{plan.document.source_line(cell.cell_index)}: cell {cell.number}")
    yield "directives:" if cell.directives or cell.faults else "directives: none"
    for name, found in sorted(cell.directives.items()):
        yield escape(f"  {name} = {show_value(found.value)}  ({found.source})")
    for fault in cell.faults:
        yield escape(f"  {fault.problem}")
    yield from _describe_outputs("stored", cell.expected)
    if result.outcome not in (Outcome.SKIPPED, Outcome.NOT_RUN):
        yield from _describe_outputs(escape(origin), result.outputs)
    if result.compared:
        yield from _describe_comparison(explain_outputs(cell.expected, result.outputs, cell.compare))
    elif result.differences:
        yield "compared: the error"
        for difference in result.differences:
            yield from _indent(render_difference(difference, color=False))
    else:
        yield f"compared: nothing{_because(why_not_compared(cell, result))}"
    for note in result.notes:
        yield escape(f"note: {note}")
    yield f"verdict: {escape(_verdict(cell, result))}"


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _verdict(cell: PlannedCell, result: CellResult) -> str:
    if result.outcome in (Outcome.SKIPPED, Outcome.NOT_RUN):
        return result.message  # it begins with the outcome
    told = f"{result.outcome.value}{f': {result.message}' if result.message else ''}"
    if cell.xfail is None or not result.outcome.is_failure:
        return told
    return f"{told}; expected to fail{_because(cell.xfail)}"


def _describe_outputs(heading: str, outputs: Sequence[Output]) -> Iterator[str]:
    yield f"{heading}: {len(outputs) or 'no'} output{'' if len(outputs) == 1 else 's'}"
    for number, output in enumerate(outputs, start=1):
        yield _cut(f"  {number:>2}  {escape(_summarise(output))}")


def _summarise(output: Output) -> str:
    match output["output_type"]:
        case "stream":
            text = str(output.get("text", ""))
            count = len(text.removesuffix("\n").split("\n"))
            first = text.strip().partition("\n")[0]
            return f"{output.get('name', 'stdout')}, {count:,} line{'' if count == 1 else 's'}: {first}"
        case "error":
            return f"error {output.get('ename', '')}: {output.get('evalue', '')}"
        case kind:
            data = output.get("data")
            if not isinstance(data, dict) or not data:
                return f"{kind}: no data"
            text = str(data.get("text/plain", "")).strip().partition("\n")[0]
            return f"{kind}, {', '.join(sorted(data))}{f': {text}' if text else ''}"


def _describe_comparison(explanation: Explanation) -> Iterator[str]:
    yield "aligned:" if explanation.placements else "aligned: nothing"
    for side, indices in zip(("stored", "fresh"), explanation.left_out, strict=True):
        if indices:
            yield f"  ignored: {_numbers(side, indices)}"
    for placement in explanation.placements:
        yield f"  {escape(_describe_placement(placement))}"
    yield "compared:" if explanation.comparisons else "compared: nothing"
    for comparison in explanation.comparisons:
        yield from describe_step(comparison)


def _numbers(side: str, indices: Sequence[int]) -> str:
    return f"{side} {', '.join(str(index + 1) for index in indices)}"


def _describe_placement(placement: Placement) -> str:
    told = [
        _numbers(side, indices)
        for side, indices in (("stored", placement.expected), ("fresh", placement.actual))
        if indices
    ]
    if not placement.actual:
        remark = ", missing from the fresh ones"
    elif not placement.expected:
        remark = ", extra"
    else:
        remark = ", moved" if placement.is_moved else ""
    return f"{placement.what}: {' with '.join(told)}{remark}"


def describe_step(comparison: Comparison) -> Iterator[str]:
    """Yield the lines on one thing that was compared."""
    judged_by = f", judged by {comparison.comparer}" if comparison.comparer else ""
    verdict = "different" if comparison.difference is not None else comparison.why_equal
    yield escape(f"  {comparison.place}{judged_by}: {verdict}")
    for step in comparison.normalised:
        yield from _describe_normalisation(step)
    if comparison.difference is not None:
        # Its place and the normalisers are told already.
        shown = replace(comparison.difference, place="", hidden=())
        yield from _indent(render_difference(shown, color=False))


def _describe_normalisation(step: Normalisation) -> Iterator[str]:
    yield f"    {escape(step.name)} changed"
    for before, after in step.lines:
        yield _cut(f"      - {escape(before)}")
        yield _cut(f"      + {escape(after)}") if after else "      +"
    if step.omitted:
        yield f"      ... {step.omitted:,} more"


def _indent(lines: Sequence[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + _CUT
