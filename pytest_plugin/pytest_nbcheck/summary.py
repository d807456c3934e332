"""The lines on notebooks in the terminal summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbcheck.execution.plan import NotebookPlan
    from nbcheck.results import CellResult

_MAX_NOTES = 10


# Any: what travels with a report is in simple values
def tell_differences(notebook: str, plan: NotebookPlan, results: Sequence[CellResult]) -> dict[str, Any]:
    """Return what the summary needs to find a common cause of differences: those of an item, and what was compared.

    Args:
        notebook: node id of the file.
        plan: of the notebook.
        results: of the item's cells.
    """
    from nbcheck.compare.serial import to_simple
    from nbcheck.report.causes import trace_difference

    compared: Counter[str] = Counter()
    traces = []
    for result in results:
        if result.compared:
            for output in plan.cells[result.number - 1].expected:
                data = output.get("data")
                compared.update(data.keys() if isinstance(data, dict) else ())
        traces += [trace_difference(notebook, difference) for difference in result.differences]
    return {
        "traces": [to_simple(trace) for trace in traces if trace is not None],
        "compared": dict(compared),
    }


def _causes(told: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Say which differences of a run have the same cause."""
    compared: Counter[str] = Counter()
    found: list[dict[str, Any]] = []
    for _, facts in told:
        compared.update(facts.get("compared", {}))
        found += facts.get("traces", ())
    if not found:
        return []
    import msgspec

    from nbcheck.report.causes import Trace, find_causes

    return find_causes([msgspec.convert(trace, Trace) for trace in found], compared)


def summarise(told: Iterable[tuple[str, Mapping[str, Any]]], unread_texts: int = 0) -> list[str]:
    """Say what differences have in common, count what was not compared, and list notes.

    Args:
        told: node id and the value of ``describe_report()`` of each report.
        unread_texts: notebooks kept as text that were not run because nothing here can read them.

    Returns:
        Lines; none when there is nothing to say.
    """
    told = list(told)
    uncompared: Counter[str] = Counter()
    found: list[str] = []
    for nodeid, facts in told:
        uncompared.update(facts["uncompared"])
        found += [f"{nodeid.partition('::')[0]}: {note}" for note in facts["notebook_notes"]]
        found += [f"{nodeid}: {note}" for note in facts["notes"]]
    notes = list(dict.fromkeys(found))  # every cell's report carries the notes on its notebook
    lines = _causes(told)
    lines += [
        f"{count} cell{'s' if count != 1 else ''} not compared: {reason}"
        for reason, count in sorted(uncompared.items())
    ]
    if unread_texts:
        lines.append(
            f"{unread_texts} notebook{'s' if unread_texts != 1 else ''} kept as text not run: "
            "install pytest-nbcheck[jupytext]"
        )
    lines += notes[:_MAX_NOTES]
    if len(notes) > _MAX_NOTES:
        lines.append(f"... and {len(notes) - _MAX_NOTES} more notes, shown with -rA")
    return lines
