"""Gathering what a run reports, item by item, into one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nbcheck.report.base import (
    FaultRecord,
    ItemOutcome,
    ItemRecord,
    NotebookEntry,
    NotebookFacts,
    NotebookRecord,
    ResultRecord,
    RunReport,
    from_builtins,
)
from nbcheck.results import Instability


@dataclass(slots=True)
class _Notebook:
    """What is known of a notebook so far."""

    items: dict[str, ItemRecord] = field(default_factory=dict)
    record: NotebookRecord | None = None
    results: dict[int, ResultRecord] = field(default_factory=dict)
    fault: FaultRecord | None = None
    facts: NotebookFacts = field(default_factory=NotebookFacts)


class ReportBuilder:
    """Takes reports as they come, also those of items that are run several times, and those of other processes."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._notebooks: dict[tuple[str, str], _Notebook] = {}  # by path and set of parameters

    def add_phase(self, notebook: str, phase: ItemRecord, *, is_first: bool, parameters: str = "") -> None:
        """Take what a phase of an item came to: its setup, its call, its teardown.

        Args:
            notebook: its path as the user should see it.
            phase: name of the item, outcome and duration of the phase.
            is_first: the item begins, for the first time or anew.
            parameters: name of the set of parameters that it was run with.
        """
        items = self._notebook(notebook, parameters).items
        before = None if is_first else items.get(phase.name)
        if before is None:
            items[phase.name] = phase
            return
        worse = phase if phase.outcome is not ItemOutcome.PASSED else before
        items[phase.name] = replace(
            worse, duration=before.duration + phase.duration, text=phase.text or before.text
        )

    # Any: the simple values that records were taken apart into
    def add_records(self, notebook: str, told: Mapping[str, Any], *, parameters: str = "") -> None:
        """Take what an item told of its notebook.

        Args:
            notebook: its path as the user should see it.
            told: ``{"notebook": ..., "facts": ..., "results": [...], "fault": ...}``, each as ``to_builtins`` made it.
            parameters: name of the set of parameters that it was run with.
        """
        entry = self._notebook(notebook, parameters)
        if told.get("notebook") is not None and entry.record is None:
            entry.record = from_builtins(told["notebook"], NotebookRecord)
        if told.get("facts") is not None:
            entry.facts = from_builtins(told["facts"], NotebookFacts)
        for values in told.get("results", ()):
            record = from_builtins(values, ResultRecord)
            entry.results[record.result.number] = record
        if told.get("fault") is not None:
            entry.fault = from_builtins(told["fault"], FaultRecord)

    def add_unstable(
        self, notebook: str, found: Mapping[int, Sequence[Instability]], *, parameters: str = ""
    ) -> None:
        """Take what a second run said of a notebook's differences.

        Args:
            notebook: its path as the user should see it.
            found: what is unstable, by number of the cell.
            parameters: name of the set of parameters that it was run with.
        """
        results = self._notebook(notebook, parameters).results
        for number, ones in found.items():
            if number in results:
                results[number] = replace(results[number], unstable=tuple(ones))

    def build(
        self,
        *,
        started: str,
        duration: float,
        environment: tuple[tuple[str, str], ...],
        command: str = "",
        note: str = "",
        folder: str = "",
    ) -> RunReport:
        """Return everything taken so far; the arguments are those of :class:`RunReport`."""
        entries = [
            NotebookEntry(
                name,
                tuple(found.items.values()),
                found.record,
                tuple(record for _, record in sorted(found.results.items())),
                found.fault,
                found.facts,
                parameters,
            )
            for (name, parameters), found in self._notebooks.items()
        ]
        return RunReport(tuple(entries), started, duration, environment, command, note, folder)

    def _notebook(self, name: str, parameters: str) -> _Notebook:
        return self._notebooks.setdefault((name, parameters), _Notebook())
