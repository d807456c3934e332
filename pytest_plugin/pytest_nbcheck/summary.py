"""The lines on notebooks in the terminal summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

_MAX_NOTES = 10


def summarise(told: Iterable[tuple[str, Mapping[str, Any]]], unread_texts: int = 0) -> list[str]:
    """Count what was not compared, and list notes.

    Args:
        told: node id and the value of ``describe_report()`` of each report.
        unread_texts: notebooks kept as text that were not run because nothing here can read them.

    Returns:
        Lines; none when there is nothing to say.
    """
    uncompared: Counter[str] = Counter()
    found: list[str] = []
    for nodeid, facts in told:
        uncompared.update(facts["uncompared"])
        found += [f"{nodeid.partition('::')[0]}: {note}" for note in facts["notebook_notes"]]
        found += [f"{nodeid}: {note}" for note in facts["notes"]]
    notes = list(dict.fromkeys(found))  # every cell's report carries the notes on its notebook
    lines = [
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
