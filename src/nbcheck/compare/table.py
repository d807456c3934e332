"""HTML tables, cell by cell.

Only rows that differ are parsed: rows are cut at ``<tr`` first and aligned as strings. Columns that came or went are
found by the names in the first row, so that one new column is one change and not one in every row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from nbcheck.compare.base import LISTED_CHANGES, Change, CompareOptions, Difference, DifferenceKind
from nbcheck.compare.diff import align_by_likeness, diff_sequences
from nbcheck.compare.lazy import likeness
from nbcheck.compare.lines import texts_agree
from nbcheck.compare.markup import markup_tokens
from nbcheck.compare.numbers import NumberRule, error_remark, is_float, number_pattern, number_value
from nbcheck.compare.text import shorten

_SAMPLE = 400
# Changed cells from which on the rest is not counted: parsing 10,000 rows takes seconds.
_MANY = 1_000
# What is larger than this can only be negligible beside a number with an exponent.
_SMALL = 1e-3


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """What comparing the tables of two HTML sources came to."""

    difference: Difference | None
    """None when every cell is equal."""


@dataclass(frozen=True, slots=True)
class _Cell:
    tag: str
    """``<td class="x">``."""
    content: tuple[str, ...]
    """Tags and texts in it."""

    @property
    def text(self) -> str:
        return " ".join(token for token in self.content if not token.startswith("<"))


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[_Cell, ...]
    rest: tuple[str, ...]
    """Tags and texts outside of cells."""

    @property
    def label(self) -> str:
        """What a reader calls the row: its header cells, else its first cell."""
        heads = [cell.text for cell in self.cells if cell.tag.startswith("<th")]
        return ", ".join(heads) if heads else self.cells[0].text if self.cells else ""


def compare_tables(expected: str, actual: str, options: CompareOptions) -> TableVerdict | None:
    """Compare two HTML sources that differ, by the cells of their tables.

    Args:
        expected: source stored in the file, without noise.
        actual: source just produced, without noise.
        options: what decides.

    Returns:
        None when this cannot tell: no tables, nested ones, or the markup around them differs.
    """
    ours, theirs = _cut(expected), _cut(actual)
    if ours is None or theirs is None or len(ours.tables) != len(theirs.tables):
        return None
    if not markup_agrees(ours.around, theirs.around, options):
        return None
    comparison = _Comparison(options)
    for number, (one, other) in enumerate(zip(ours.tables, theirs.tables, strict=True), start=1):
        comparison.prefix = f"table {number}, " if len(ours.tables) > 1 else ""
        if not comparison.compare(_rows(one), _rows(other)):
            return None
    if not comparison.count:
        return TableVerdict(None)
    return TableVerdict(
        Difference(
            kind=DifferenceKind.CHANGED,
            place="",
            summary=comparison.summary(sum(map(_cell_count, theirs.tables))),
            omitted=comparison.count - len(comparison.changes),
            changes=tuple(comparison.changes),
        )
    )


def markup_agrees(expected: str, actual: str, options: CompareOptions) -> bool:
    """Whether two HTML sources are equal as tags and texts."""
    if expected == actual:
        return True
    ours, theirs = ("\n".join(markup_tokens(source)) for source in (expected, actual))
    return texts_agree(ours, theirs, options, scope="html")


@dataclass(frozen=True, slots=True)
class _Cut:
    around: str
    """The source with ``<table></table>`` in the place of every table."""
    tables: tuple[str, ...]


def _cut(source: str) -> _Cut | None:
    around: list[str] = []
    tables: list[str] = []
    opened: int | None = None
    stop = 0
    for tag in _table_tag().finditer(source):
        if not tag["close"]:
            if opened is not None:
                return None
            opened = tag.start()
        elif opened is not None:
            around.append(source[stop:opened])
            tables.append(source[opened : tag.end()])
            stop, opened = tag.end(), None
    if not tables or opened is not None:
        return None
    return _Cut("<table></table>".join([*around, source[stop:]]), tuple(tables))


@cache
def _table_tag() -> re.Pattern[str]:
    return re.compile(r"<table\b|(?P<close></table\s*+>)", re.IGNORECASE)


def _rows(table: str) -> list[str]:
    """Cut a table: what stands before the first row, each row with what follows it, what follows the last one."""
    *others, last = re.split(r"(?i)(?=<tr[\s>])", table)
    if not others:
        return [last, ""]
    row, end, tail = last.rpartition("</tr>")
    return [*others, row + end, tail] if end else [*others, last, ""]


def _cell_count(table: str) -> int:
    return len(re.findall(r"(?i)<t[dh][\s>]", table))


def _parse_row(source: str) -> _Row:
    cells: list[tuple[str, list[str]]] = []
    rest: list[str] = []
    inside = False
    for token in markup_tokens(source):
        if token.startswith(("<td", "<th")) and not token.startswith("<thead"):
            cells.append((token, []))
            inside = True
        elif token in ("</td>", "</th>", "</tr>"):
            inside = False
        elif inside:
            cells[-1][1].append(token)
        else:
            rest.append(token)
    return _Row(tuple(_Cell(tag, tuple(content)) for tag, content in cells), tuple(rest))


@dataclass(slots=True)
class _Comparison:
    """Changes found so far, in all tables."""

    options: CompareOptions
    prefix: str = ""
    count: int = 0
    changes: list[Change] = field(default_factory=list)
    cells: int = 0
    rows: list[str] = field(default_factory=list)
    """``1 row missing``, ``column 'x' new``."""

    def compare(self, expected: list[str], actual: list[str]) -> bool:
        """Compare two tables, cut into rows; False when this cannot tell."""
        if not all(markup_agrees(expected[end], actual[end], self.options) for end in (0, -1)):
            return False
        expected, actual = expected[1:-1], actual[1:-1]
        table = _Table(expected, actual)
        columns = table.columns()
        self.tell_columns(columns)
        missing = new = 0
        for i, j in _pair_rows(expected, actual):
            if j is None and i is not None:
                missing += 1
                self.tell(f"row '{shorten(_parse_row(expected[i]).label)}'", "", None)
            elif i is None and j is not None:
                new += 1
                self.tell(f"row '{shorten(_parse_row(actual[j]).label)}'", None, "")
            elif i is None or j is None or self.cells >= _MANY:
                continue
            elif not self.compare_rows(table, i, j, columns):
                return False
        self.rows += [
            f"{count} row{'s' * (count > 1)} {what}"
            for count, what in ((missing, "missing"), (new, "new"))
            if count
        ]
        return True

    def tell(self, where: str, expected: str | None, actual: str | None, remark: str = "") -> None:
        self.count += 1
        if len(self.changes) < LISTED_CHANGES:
            self.changes.append(Change(self.prefix + where, expected, actual, remark))

    def tell_columns(self, columns: _Columns | None) -> None:
        if columns is None:
            return
        for name in columns.missing:
            self.rows.append(f"column '{shorten(name)}' missing")
            self.tell(f"column '{shorten(name)}'", "", None)
        for name in columns.new:
            self.rows.append(f"column '{shorten(name)}' new")
            self.tell(f"column '{shorten(name)}'", None, "")

    def compare_rows(self, table: _Table, i: int, j: int, columns: _Columns | None) -> bool:
        one, other = _parse_row(table.expected[i]), _parse_row(table.actual[j])
        if not _tokens_agree(one.rest, other.rest, self.options):
            return False
        pairs = _cell_pairs(one, other, columns)
        if pairs is None:
            return False
        for a, b in pairs:
            self.compare_cells(table, (one, other), (a, b))
        return True

    def compare_cells(self, table: _Table, rows: tuple[_Row, _Row], place: tuple[int, int]) -> None:
        one, other = rows[0].cells[place[0]], rows[1].cells[place[1]]
        if one == other:
            return
        options = _of_column(self.options, table.name_at(place[0], len(rows[0].cells)))
        same_tag = _tokens_agree((one.tag,), (other.tag,), options)
        content = _tokens_agree(one.content, other.content, options) or table.negligible(
            one.text, other.text, place, options
        )
        if same_tag and content:
            return
        self.cells += 1
        where = f"row '{shorten(rows[0].label)}', {table.column_name(place[0], len(rows[0].cells))}"
        if not content and one.text != other.text:
            self.tell(where, shorten(one.text), shorten(other.text), _remark(one.text, other.text))
        else:
            tokens = ((one.tag, *one.content), (other.tag, *other.content))
            first, second = next((a, b) for a, b in zip(*tokens, strict=False) if a != b)
            self.tell(where, shorten(first), shorten(second))

    def summary(self, total: int) -> str:
        least = "at least " if self.cells >= _MANY else ""
        parts = [f"{least}{self.cells:,} of {total:,} cells differ"] if self.cells else []
        return ", ".join(parts + self.rows)


@dataclass(frozen=True, slots=True)
class _Columns:
    """How the columns of two tables correspond, where they are not the same."""

    pairs: tuple[tuple[int, int], ...]
    missing: tuple[str, ...]
    new: tuple[str, ...]
    counts: tuple[int, int]


class _Table:
    """Rows of both sides, and what is known of the columns."""

    def __init__(self, expected: list[str], actual: list[str]) -> None:
        self.expected = expected
        self.actual = actual
        self._sizes: dict[int, list[float]] = {}
        self._huge: bool | None = None
        self._names = [
            [cell.text for cell in _parse_row(rows[0]).cells] if rows else [] for rows in (expected, actual)
        ]

    def columns(self) -> _Columns | None:
        """Match columns by name; None when both sides have the same ones, or spans hide which is which."""
        ours, theirs = self._names
        if len(ours) == len(theirs) or any(
            "span=" in rows[0] for rows in (self.expected, self.actual) if rows
        ):
            return None
        pairs: list[tuple[int, int]] = []
        missing: list[str] = []
        new: list[str] = []
        for run in diff_sequences(ours, theirs):
            left = range(run.expected_start, run.expected_stop)
            right = range(run.actual_start, run.actual_stop)
            if run.equal or len(left) == len(right):
                pairs += zip(left, right, strict=True)
            else:
                missing += [ours[i] for i in left]
                new += [theirs[j] for j in right]
        return _Columns(tuple(pairs), tuple(missing), tuple(new), (len(ours), len(theirs)))

    def column_name(self, index: int, cells: int) -> str:
        """``column 'price'``, or its number where the first row does not name it."""
        name = self.name_at(index, cells)
        return f"column '{shorten(name)}'" if name else f"column {index + 1}"

    def name_at(self, index: int, cells: int) -> str:
        """Return what the first row calls a column of a row with so many cells; empty when it does not."""
        names = self._names[0]
        return names[index].strip() if len(names) == cells else ""

    def negligible(self, expected: str, actual: str, place: tuple[int, int], options: CompareOptions) -> bool:
        """Whether two cells are zero but for rounding, measured by their columns."""
        texts = expected.strip(), actual.strip()
        if not all(number_pattern().fullmatch(text) and is_float(text) for text in texts):
            return False
        larger = max(abs(number_value(text)) for text in texts)
        if larger > _SMALL and not self._has_huge():
            return False
        sizes = [self._size(side, place[side]) for side in (0, 1)]
        rule = NumberRule.of(options)
        return rule.negligible(number_value(texts[0]), number_value(texts[1]), sizes[0], sizes[1])

    def _has_huge(self) -> bool:
        """Whether numbers are large enough to make one above ``_SMALL`` negligible; spares reading all columns.

        pandas prints a column that spans so many magnitudes with exponents.
        """
        if self._huge is None:
            self._huge = any("e+" in row for row in (*self.expected, *self.actual))
        return self._huge

    def _size(self, side: int, column: int) -> float:
        if side not in self._sizes:
            self._sizes[side] = _column_sizes(self.actual if side else self.expected)
        sizes = self._sizes[side]
        return sizes[column] if column < len(sizes) else 0.0


def _column_sizes(rows: list[str]) -> list[float]:
    """The largest absolute value of every column; columns count as the longest rows do."""
    cell = re.compile(r"(?i)<t[dh](?:\s[^<>]*+)?+>([^<]*+)")
    sizes: list[float] = []
    for row in rows:
        for index, text in enumerate(map(str.strip, cell.findall(row))):
            if index == len(sizes):
                sizes.append(0.0)
            if number_pattern().fullmatch(text):
                sizes[index] = max(sizes[index], abs(number_value(text)))
    return sizes


def _pair_rows(expected: list[str], actual: list[str]) -> list[tuple[int | None, int | None]]:
    """Pairs of rows that are not equal as they stand."""
    pairs: list[tuple[int | None, int | None]] = []
    for run in diff_sequences(expected, actual):
        if run.equal:
            continue
        ours = range(run.expected_start, run.expected_stop)
        theirs = range(run.actual_start, run.actual_stop)
        if len(ours) == len(theirs):
            pairs += zip(ours, theirs, strict=True)
            continue
        one, other = expected[ours.start : ours.stop], actual[theirs.start : theirs.stop]
        pairs += [
            (None if i is None else ours[i], None if j is None else theirs[j])
            for i, j in _pair_alike(one, other)
        ]
    return pairs


def _pair_alike(expected: list[str], actual: list[str]) -> list[tuple[int | None, int | None]]:
    def alike(i: int, j: int) -> float:
        return likeness(expected[i][:_SAMPLE], actual[j][:_SAMPLE]) - 0.5

    return align_by_likeness(len(expected), len(actual), alike)


def _cell_pairs(expected: _Row, actual: _Row, columns: _Columns | None) -> Sequence[tuple[int, int]] | None:
    counts = len(expected.cells), len(actual.cells)
    if columns is not None and counts == columns.counts:
        return columns.pairs
    if counts[0] == counts[1]:
        return [(index, index) for index in range(counts[0])]
    return None


def _of_column(options: CompareOptions, name: str) -> CompareOptions:
    """Return the options for the cells of a column."""
    if not options.column_rtol and not options.column_atol:
        return options
    rtol, atol = dict(options.column_rtol), dict(options.column_atol)
    return replace(options, rtol=rtol.get(name, options.rtol), atol=atol.get(name, options.atol))


def _tokens_agree(expected: tuple[str, ...], actual: tuple[str, ...], options: CompareOptions) -> bool:
    return expected == actual or texts_agree("\n".join(expected), "\n".join(actual), options, scope="html")


def _remark(expected: str, actual: str) -> str:
    if number_pattern().fullmatch(expected) and number_pattern().fullmatch(actual):
        return error_remark(number_value(expected), number_value(actual))
    return ""
