"""What a page shows of a notebook: cells, and inside a cell outputs and differences in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import markupsafe
from markupsafe import Markup

from nbcheck.compare.base import Change, Difference, DifferenceKind, HunkLine, Output, TextHunk
from nbcheck.convert.filters.highlight import highlight_lines
from nbcheck.convert.filters.markdown import markdown_to_html
from nbcheck.convert.filters.outputs import error_to_html, output_to_html, value_to_html
from nbcheck.convert.filters.pictures import picture_address
from nbcheck.report.base import CellRecord, ItemOutcome, ItemRecord, NotebookEntry, ResultRecord
from nbcheck.report.duration import show_duration
from nbcheck.report.terminal import escape, escape_marked, hidden_of_interest
from nbcheck.results import CellError, Outcome

_LABELS = {
    Outcome.PASSED: "passed",
    Outcome.DIFFERENT: "differs",
    Outcome.ERROR: "error",
    Outcome.TIMEOUT: "timed out",
    Outcome.DIED: "kernel died",
    Outcome.SKIPPED: "skipped",
    Outcome.NOT_RUN: "not run",
}
_ITEM_LABELS = {
    ItemOutcome.ERROR: "error in setup or teardown",
    ItemOutcome.XFAILED: "failed as expected",
    ItemOutcome.XPASSED: "passed unexpectedly",
}
_CALM = (Outcome.PASSED, Outcome.SKIPPED, Outcome.NOT_RUN)
# Rendered sides are shown at once; of plain text the marked lines say more.
_FOLDED = ("text/plain", "text/latex", "text/markdown", "application/javascript", "text/javascript")


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of two texts side by side."""

    kind: str
    """``same``, ``changed``, ``missing`` or ``extra``."""
    expected_number: int | None
    expected: Markup
    actual_number: int | None
    actual: Markup


@dataclass(frozen=True, slots=True)
class PicturesView:
    """Two pictures, and where they differ."""

    expected: str
    """Address."""
    actual: str
    """Address."""
    difference: str | None
    """Address; None where there is no such picture."""


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """A difference."""

    place: str
    kind: str
    """``changed``, ``missing`` or ``extra``."""
    summary: str
    hunks: tuple[tuple[RowView, ...], ...] = ()
    changes: tuple[Change, ...] = ()
    details: tuple[str, ...] = ()
    omitted: int = 0
    hidden: tuple[str, ...] = ()
    pictures: PicturesView | None = None
    expected: Markup | None = None
    """All of the stored side."""
    actual: Markup | None = None
    """All of the fresh side."""
    is_folded: bool = False
    """Whether both sides are shown only when asked for."""


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell."""

    anchor: str
    """Unique in its notebook."""
    cell_type: str
    line: int
    state: str
    """Class for its looks: ``passed``, ``failed``, ``updated``, ``skipped`` or ``idle``."""
    label: str = ""
    """The verdict in words."""
    number: int | None = None
    prompt: str = " "
    message: str = ""
    """What is wrong; empty where a difference says it."""
    brief: str = ""
    """What is wrong, for lists."""
    text: Markup | None = None
    """Of a Markdown cell."""
    lines: tuple[Markup, ...] = ()
    """Of a source."""
    failing_line: int | None = None
    tags: tuple[str, ...] = ()
    duration: str = ""
    blocks: tuple[Markup | DifferenceView, ...] = ()
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    unstable: tuple[str, ...] = ()
    """What a second run said of the differences."""
    is_noise: bool = False
    """Whether all of them are unstable."""
    raw_text: str = ""
    """What pytest tells, where no record does."""

    @property
    def has_failed(self) -> bool:
        """Whether to stop here when looking for failures."""
        return self.state == "failed"


def view_cells(entry: NotebookEntry) -> tuple[CellView, ...]:
    """Prepare the cells of a notebook for a page; none where there is no record of them."""
    if entry.record is None:
        return ()
    results = {record.result.number: record for record in entry.results}
    items = {item.name: item for item in entry.items}
    views = []
    for index, cell in enumerate(entry.record.cells, start=1):
        if cell.number is None:
            views.append(_view_text(cell, f"text-{index}"))
        else:
            item = items.get(f"cell-{cell.number}")
            views.append(_view_code(cell, entry.record.language, results.get(cell.number), item))
    return tuple(views)


def _view_text(cell: CellRecord, anchor: str) -> CellView:
    if cell.cell_type == "markdown":
        text = markdown_to_html(cell.source, cell.attachments, heading_shift=3)
        return CellView(anchor, "markdown", cell.line, "idle", text=text)
    return CellView(anchor, "raw", cell.line, "idle", lines=tuple(highlight_lines(cell.source, "text")))


def _view_code(
    cell: CellRecord, language: str, record: ResultRecord | None, item: ItemRecord | None
) -> CellView:
    count = record.result.execution_count if record is not None else cell.execution_count
    view = CellView(
        anchor=f"cell-{cell.number}",
        cell_type="code",
        line=cell.line,
        state="idle",
        label="not selected",
        number=cell.number,
        prompt=str(count) if count is not None else " ",
        lines=tuple(highlight_lines(cell.source, language)),
        tags=cell.tags,
        blocks=tuple(map(output_to_html, cell.expected)),
    )
    if item is not None and (item.outcome in _ITEM_LABELS or (record is None and item.text)):
        view = replace(
            view,
            state=_item_state(item.outcome),
            label=_ITEM_LABELS.get(item.outcome, item.outcome),
            raw_text=item.text,
        )
    if record is None:
        if item is not None and not view.raw_text:
            view = replace(view, state=_item_state(item.outcome), label=str(item.outcome))
        return view
    result = record.result
    if item is None or item.outcome not in _ITEM_LABELS:
        state, label = _state(result.outcome), _LABELS[result.outcome]
        view = replace(view, state=state, label=label)
        if record.is_updated:
            view = replace(view, state="updated", label="updated")
    if result.excused:
        view = replace(view, state="skipped", label="known")
    # A single difference says it itself.
    is_told = result.outcome is Outcome.DIFFERENT and len(result.differences) == 1
    notes = [*result.notes, *([f"not compared: {record.compared_not}"] if record.compared_not else [])]
    return replace(
        view,
        message="" if is_told else escape(result.message),
        brief=escape(result.message),
        raw_text="" if result.outcome.is_failure else view.raw_text,
        failing_line=record.failing_line,
        duration=show_duration(result.duration) if result.duration else "",
        blocks=tuple(_blocks(cell, record)),
        notes=tuple(notes),
        advice=() if record.is_updated or result.excused else record.advice,
        unstable=tuple(escape(str(one)) for one in record.unstable),
        is_noise=_is_noise(record),
    )


def _is_noise(record: ResultRecord) -> bool:
    """Whether everything that differs is unstable."""
    whole = [one for one in record.unstable if one.is_all]
    return bool(whole) and len(whole) == len(record.result.differences)


def _state(outcome: Outcome) -> str:
    if outcome.is_failure:
        return "failed"
    return "passed" if outcome is Outcome.PASSED else "skipped"


def _item_state(outcome: ItemOutcome) -> str:
    if outcome.is_failure:
        return "failed"
    return "passed" if outcome is ItemOutcome.PASSED else "skipped"


def _blocks(cell: CellRecord, record: ResultRecord) -> Iterator[Markup | DifferenceView]:
    """Yield outputs and differences in reading order."""
    result = record.result
    if not result.outputs and not result.differences and result.outcome in _CALM:
        # Equal to what is stored, or nothing was run.
        yield from map(output_to_html, cell.expected)
        return
    told = _places_told(cell.expected, result.outputs, result.differences)
    ordered: list[tuple[float, Markup | DifferenceView]] = [
        (_position(difference), _view_difference(difference, cell.expected, result.outputs))
        for difference in result.differences
    ]
    ordered += [
        (index, output_to_html(output)) for index, output in enumerate(result.outputs) if index not in told
    ]
    has_error = any(output.get("output_type") == "error" for output in result.outputs)
    yield from (block for _, block in sorted(ordered, key=lambda entry: entry[0]))
    if result.error is not None and not has_error and result.outcome.is_failure:
        yield _error(result.error)


def _error(error: CellError) -> Markup:
    return error_to_html({"ename": error.ename, "evalue": error.evalue, "traceback": list(error.traceback)})


def _places_told(
    expected: Sequence[Output], actual: Sequence[Output], differences: Sequence[Difference]
) -> set[int]:
    """Indices of the fresh outputs that a difference shows."""
    told: set[int] = set()
    for difference in differences:
        if difference.actual_index is not None:
            told.add(difference.actual_index)
        if _is_stream(difference):
            told.update(
                index
                for index, output in enumerate(actual)
                if output.get("output_type") == "stream" and output.get("name") == difference.place
            )
    return told


def _is_stream(difference: Difference) -> bool:
    return difference.mimetype is None and difference.place in ("stdout", "stderr")


def _position(difference: Difference) -> float:
    if difference.actual_index is not None:
        return difference.actual_index
    return (difference.expected_index or 0) - 0.5


def _view_difference(
    difference: Difference, expected: Sequence[Output], actual: Sequence[Output]
) -> DifferenceView:
    sides = [
        _side(difference, outputs, index)
        for outputs, index in ((expected, difference.expected_index), (actual, difference.actual_index))
    ]
    view = DifferenceView(
        place=difference.place,
        kind=str(difference.kind),
        summary=escape(difference.summary),
        hunks=tuple(tuple(_rows(hunk)) for hunk in difference.hunks),
        changes=tuple(map(_escape_change, difference.changes)),
        details=tuple(map(escape, difference.details)),
        omitted=difference.omitted,
        hidden=hidden_of_interest(difference),
        expected=sides[0],
        actual=sides[1],
        is_folded=bool(difference.hunks) and (difference.mimetype is None or difference.mimetype in _FOLDED),
    )
    pictures = _pictures(difference, expected, actual)
    return view if pictures is None else replace(view, pictures=pictures, expected=None, actual=None)


def _escape_change(change: Change) -> Change:
    expected, actual = (None if side is None else escape(side) for side in (change.expected, change.actual))
    return Change(escape(change.where), expected, actual, change.remark)


def _side(difference: Difference, outputs: Sequence[Output], index: int | None) -> Markup | None:
    if _is_stream(difference):
        text = "".join(
            str(output.get("text", ""))
            for output in outputs
            if output.get("output_type") == "stream" and output.get("name") == difference.place
        )
        return (
            output_to_html({"output_type": "stream", "name": difference.place, "text": text})
            if text
            else None
        )
    if index is None or index >= len(outputs):
        return None
    output = outputs[index]
    value = _value(output, difference.mimetype)
    if value is None or difference.mimetype is None:
        return output_to_html(output)
    metadata = output.get("metadata")
    shown = value_to_html(difference.mimetype, value, metadata if isinstance(metadata, Mapping) else {})
    return shown if shown is not None else output_to_html(output)


def _value(output: Output, mimetype: str | None) -> Any:
    data = output.get("data")
    return data.get(mimetype) if isinstance(data, Mapping) else None


def _pictures(
    difference: Difference, expected: Sequence[Output], actual: Sequence[Output]
) -> PicturesView | None:
    mimetype = difference.mimetype or ""
    if difference.kind is not DifferenceKind.CHANGED or not mimetype.startswith("image/"):
        return None
    addresses = []
    for outputs, index in ((expected, difference.expected_index), (actual, difference.actual_index)):
        if index is None or index >= len(outputs):
            return None
        address = picture_address(mimetype, _value(outputs[index], mimetype))
        if address is None:
            return None
        addresses.append(address)
    mask = picture_address("image/png", difference.picture) if difference.picture else None
    return PicturesView(addresses[0], addresses[1], mask)


# Texts side by side


def _rows(hunk: TextHunk) -> Iterator[RowView]:
    numbers = {"-": hunk.expected_start, "+": hunk.actual_start}

    def next_number(side: str) -> int:
        numbers[side] += 1
        return numbers[side] - 1

    waiting: HunkLine | None = None
    for line in hunk.lines:
        if line.side == "+" and waiting is not None:
            yield RowView(
                "changed", next_number("-"), _marked(waiting, _DEL), next_number("+"), _marked(line, _INS)
            )
            waiting = None
            continue
        if waiting is not None:
            yield RowView("missing", next_number("-"), _marked(waiting, _DEL), None, Markup(""))
            waiting = None
        if line.side == "-":
            waiting = line
        elif line.side == "+":
            yield RowView("extra", None, Markup(""), next_number("+"), _marked(line, _INS))
        else:
            text = _marked(line, _NONE)
            yield RowView("same", next_number("-"), text, next_number("+"), text)
    if waiting is not None:
        yield RowView("missing", next_number("-"), _marked(waiting, _DEL), None, Markup(""))


_DEL, _INS, _NONE = Markup("<del>{}</del>"), Markup("<ins>{}</ins>"), Markup("{}")


def _marked(line: HunkLine, around: Markup) -> Markup:
    """A line with something around its changed spans; a changed line without marks is one such span."""
    text, marks = escape_marked(line.text, line.marks)
    if line.side != " " and not marks:
        marks = [(0, len(text))]
    pieces, position = [], 0
    for start, stop in marks:
        pieces.append(markupsafe.escape(text[position:start]))
        if start < stop:
            pieces.append(around.format(text[start:stop]))
        position = stop
    pieces.append(markupsafe.escape(text[position:]))
    return Markup("").join(pieces)
