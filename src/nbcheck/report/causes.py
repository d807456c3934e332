"""Differences that are one: what a new version of a library does to many outputs at once is told once, with a count.

Nothing is claimed that is not so. Said is what the differences have in common: that all outputs of one type differ, or
that the very same words were replaced everywhere. Which library it was is only said where the outputs name it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nbcheck.compare.base import Difference, DifferenceKind, Severity, TextHunk

LEAST = 3
"""Differences from which one may speak of a common cause."""
_MAX_SPANS = 8
_MAX_LENGTH = 60
# Not the 64 of float64.
_NUMBER = re.compile(r"\b\d+\b")


@dataclass(frozen=True, slots=True)
class Trace:
    """What is kept of a difference to find out whether others have the same cause."""

    notebook: str
    """The file."""
    mimetype: str
    """The representation that differs; empty for streams and errors."""
    change: str = ""
    """What was replaced by what, figures as ``N``, for people; empty where there is no short way to say it."""
    programs: tuple[str, str] | None = None
    """What made the stored and the fresh output, where both say so."""


def trace_difference(notebook: str, difference: Difference) -> Trace | None:
    """Keep what matters of a difference; None for one that is no change of an output's content."""
    if difference.kind is not DifferenceKind.CHANGED or difference.severity is Severity.UNJUDGED:
        return None
    # Of a long text not all changes are known.
    change = "" if difference.omitted else _describe_change(difference.hunks)
    return Trace(notebook, difference.mimetype or "", change, difference.programs)


def find_causes(traces: Iterable[Trace], compared: Counter[str]) -> list[str]:
    """Say which differences have the same cause, as far as can be seen.

    Args:
        traces: of all differences of a run.
        compared: how many outputs of each MIME type were compared in this run.

    Returns:
        A line for each cause, the commonest first.
    """
    found: list[tuple[int, str]] = []
    by_type: dict[str, list[Trace]] = {}
    by_change: dict[str, list[Trace]] = {}
    for trace in traces:
        if trace.mimetype:
            by_type.setdefault(_family(trace.mimetype), []).append(trace)
        if trace.change:
            by_change.setdefault(trace.change, []).append(trace)
    totals: Counter[str] = Counter()
    for mimetype, count in compared.items():
        totals[_family(mimetype)] += count
    for family, group in by_type.items():
        # All plain texts of a small project differ easily; they need the same change to be one.
        if family != "text/plain" and LEAST <= len(group) == totals[family] and not _is_same_program(group):
            found.append((len(group), _tell_type(family, group)))
    for change, group in by_change.items():
        if len(group) >= LEAST:
            told = f"{len(group):,} differences{_where(group)} are the same change, {change}"
            found.append((len(group), f"{told}: a new version of a library would do this"))
    return [line for _, line in sorted(found, key=lambda entry: (-entry[0], entry[1]))]


def _family(mimetype: str) -> str:
    return "image/" if mimetype.startswith("image/") and "svg" not in mimetype else mimetype


def _is_same_program(group: Sequence[Trace]) -> bool:
    """Whether an output of a group says that nothing but its content is new."""
    return any(trace.programs is not None and trace.programs[0] == trace.programs[1] for trace in group)


def _tell_type(family: str, group: Sequence[Trace]) -> str:
    what = "pictures" if family == "image/" else f"outputs of type {family}"
    told = f"all {len(group):,} {what} that were compared differ{_where(group)}"
    programs = {trace.programs for trace in group}
    known = programs.pop() if len(programs) == 1 else None
    if known is None:
        return f"{told}: a new version of the library that makes them would do this"
    return f"{told}: the stored ones were made by {known[0]}, the fresh ones by {known[1]}"


def _where(group: Sequence[Trace]) -> str:
    count = len({trace.notebook for trace in group})
    return f" in {count} notebooks" if count > 1 else ""


def _describe_change(hunks: Sequence[TextHunk]) -> str:
    """Say which words were replaced in all changed lines; empty when that is not one short list.

    Words that are nothing but figures are no common cause: they are other results.
    """
    pairs: dict[tuple[str, str], None] = {}
    for hunk in hunks:
        ours = [line for line in hunk.lines if line.side == "-"]
        theirs = [line for line in hunk.lines if line.side == "+"]
        if len(ours) != len(theirs):
            return ""
        for one, other in zip(ours, theirs, strict=True):
            if len(one.marks) != len(other.marks):
                return ""
            for (start, stop), (other_start, other_stop) in zip(one.marks, other.marks, strict=True):
                pair = (
                    _NUMBER.sub("N", one.text[start:stop]),
                    _NUMBER.sub("N", other.text[other_start:other_stop]),
                )
                pairs.setdefault(pair)
    has_words = any(any(map(str.isalpha, side.replace("N", ""))) for pair in pairs for side in pair)
    told = ", ".join(_tell_pair(*pair) for pair in pairs)
    return told if has_words and len(pairs) <= _MAX_SPANS and len(told) <= _MAX_LENGTH else ""


def _tell_pair(expected: str, actual: str) -> str:
    if not expected:
        return f"{actual!r} is new"
    return f"{expected!r} became {actual!r}" if actual else f"{expected!r} is gone"
