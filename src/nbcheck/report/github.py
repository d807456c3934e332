"""What GitHub Actions shows of a run: annotations at the lines of notebooks, and the summary of a step.

Sources: docs.github.com, "Workflow commands for GitHub Actions"; the escapes are those of actions/toolkit, command.ts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from nbcheck.report.base import ItemOutcome, NotebookEntry, RunReport, in_order
from nbcheck.report.duration import show_duration
from nbcheck.report.failures import Failure, list_failures
from nbcheck.report.terminal import escape

MAX_ANNOTATIONS = 10
"""Errors of one step that GitHub shows; it drops the rest in silence."""
MAX_SUMMARY = 1 << 20
"""Bytes that the summary of a step may have; GitHub refuses a larger one as a whole."""

_MAX_ROWS = 300
_RESERVE = 1_000
"""Bytes kept for the sentence that says what was left out."""
_GUTTER = ("  -", "  +", "  ?")
# What Markdown and GitHub act on within a line.
_ACTIVE = re.compile(r"([\\`*_\[\]<>|~&$@#!])")


def escape_data(text: str) -> str:
    """Escape the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape a property of a workflow command, such as the name of a file."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def render_annotations(failures: Sequence[Failure]) -> list[str]:
    """Write failures as workflow commands.

    Args:
        failures: of the run, their paths from the repository's folder.

    Returns:
        At most :data:`MAX_ANNOTATIONS` lines. When there are more failures, each notebook's first ones are shown, and
        the last line counts the rest.
    """
    shown = list(failures)
    if len(failures) > MAX_ANNOTATIONS:
        seen: Counter[str] = Counter()
        ranks = []
        for position, failure in enumerate(failures):
            seen[failure.path] += 1
            ranks.append((seen[failure.path], position))
        shown = [failures[position] for _, position in sorted(ranks)[: MAX_ANNOTATIONS - 1]]
    lines = [_annotation(failure) for failure in shown]
    rest = [failure for failure in failures if failure not in shown]
    if rest:
        lines.append(f"::error title=nbcheck::{escape_data(_describe_rest(rest))}")
    return lines


def render_summary(run: RunReport, root: str, *, limit: int = MAX_SUMMARY) -> str:
    """Write the summary of a step.

    Args:
        run: what happened.
        root: absolute folder that paths start from.
        limit: bytes it may have.

    Returns:
        Markdown; failures that have no room are counted.
    """
    parts = ["\n".join([*_head(run), *_table(run, root)]) + "\n"]
    room = limit - _RESERVE - len(parts[0].encode())
    failures = list_failures(run, root)
    for position, failure in enumerate(failures):
        part = "\n".join(_detail(failure)) + "\n"
        room -= len(part.encode())
        if room < 0:
            left_out = len(failures) - position
            parts.append(f"\n{_count(left_out, 'more failure')} not shown: a summary must not be larger.\n")
            break
        parts.append(part)
    return "".join(parts)


def _annotation(failure: Failure) -> str:
    properties = {
        "file": failure.path,
        "line": str(failure.line),
        "title": f"{failure.path}, {failure.title}",
    }
    said = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
    body = "\n".join([failure.message, *failure.text, *failure.advice])
    return f"::error {said}::{escape_data(body)}"


def _describe_rest(rest: Sequence[Failure]) -> str:
    by_path = Counter(failure.path for failure in rest)
    places = [f"{path}: {count}" for path, count in by_path.items()]
    more = [f"... and {len(places) - 20} more notebooks"] if len(places) > 20 else []
    head = f"{_count(len(rest), 'more failure')} than GitHub shows; the log and the summary have all"
    return "\n".join([head, *places[:20], *more])


def _head(run: RunReport) -> Iterator[str]:
    failed = sum(entry.has_failed for entry in run.notebooks)
    count = _count(len(run.notebooks), "notebook")
    verdict = (
        "no notebook was run"
        if not run.notebooks
        else f"{failed} of {count} failed"
        if failed
        else f"{count} passed"
    )
    yield f"## nbcheck: {verdict}"
    yield ""
    totals = Counter(item.outcome for entry in run.notebooks for item in entry.items)
    uncompared = sum(bool(record.compared_not) for entry in run.notebooks for record in entry.results)
    facts = [f"{totals[outcome]} {outcome}" for outcome in ItemOutcome if totals[outcome]]
    if uncompared:
        facts.append(f"{_count(uncompared, 'cell')} not compared")
    yield ", ".join([*facts, show_duration(run.duration)])
    yield ""
    if run.note:
        yield f"**{run.note}**"
        yield ""


def _table(run: RunReport, root: str) -> Iterator[str]:
    if not run.notebooks:
        return
    yield "| notebook | | failed | passed | skipped | time |"
    yield "|---|---|--:|--:|--:|--:|"
    entries = in_order(run.notebooks)
    for entry in entries[:_MAX_ROWS]:
        yield _row(entry, run.path_from(root, entry.name) + entry.suffix)
    if len(entries) > _MAX_ROWS:
        yield f"| ... and {len(entries) - _MAX_ROWS} more | | | | | |"


def _row(entry: NotebookEntry, path: str) -> str:
    counts = (
        entry.count(ItemOutcome.FAILED, ItemOutcome.ERROR),
        entry.count(ItemOutcome.PASSED, ItemOutcome.XPASSED),
        entry.count(ItemOutcome.SKIPPED, ItemOutcome.XFAILED),
    )
    state = "failed" if entry.has_failed else "passed" if counts[1] else "skipped"
    figures = " | ".join(str(count) for count in counts)
    return f"| {_plain(path)} | {state} | {figures} | {show_duration(entry.duration)} |"


def _detail(failure: Failure) -> Iterator[str]:
    yield ""
    yield f"### {_plain(failure.path)}, {_plain(failure.title)}"
    yield ""
    yield f"Line {failure.line}: {_plain(failure.message)}"
    yield ""
    if failure.text:
        # The gutter of a difference is indented; flush left, GitHub colours it. A traceback is none.
        lines = [line[2:] if line[:3] in _GUTTER else line for line in failure.text]
        kind = "diff" if lines != list(failure.text) else "text"
        longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
        fence = "`" * max(3, longest + 1)
        yield f"{fence}{kind}"
        yield from lines
        yield fence
        yield ""
    for sentence in failure.advice:
        yield _plain(sentence)


def _plain(text: str) -> str:
    """Write text so that Markdown leaves it as it is."""
    return _ACTIVE.sub(r"\\\1", escape(text))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' if number != 1 else ''}"
