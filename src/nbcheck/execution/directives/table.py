"""The table of directives: their names, what they can be said of, and what their values look like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a directive can be said of."""

    CELL = "cell"
    NOTEBOOK = "notebook"


class ValueKind(StrEnum):
    """What a directive's value looks like."""

    FLAG = "true or false"
    SECONDS = "a number of seconds above 0, or none for no limit"
    MODE = "semantic, exact or run"
    OUTPUT_KINDS = (
        "all, stdout, stderr, error, MIME types, numbers of outputs, or several of them separated by spaces"
    )
    EXCEPTION = "true or false, or a class and a pattern of its message: ValueError: must be positive"
    NUMBER = "a number from 0"
    COLUMNS = "numbers from 0 by the names of columns, such as price:0.01 weight:1e-3"
    SIZE = "a size such as 2G, 512M or a number of bytes, of 64M or more, or none for no limit"
    CHANNEL = "a whole number from 0 to 255"
    SHARE = "a share of all pixels such as 0.5%"
    NORMALISERS = "names of normalisers separated by spaces, with a - before those to switch off"
    PATTERNS = "a regular expression, or a list of them"
    REPLACEMENTS = "a list of pairs, each a regular expression and what takes the place of what matches"
    FLAG_OR_REASON = "true or false, or a reason"
    FILES = "paths or patterns of files, separated by spaces or as a list"
    REASON = "a reason"
    NAME = "a word of letters, digits, _, - and . that is not like cell-3"
    CELLS = "names, ids or numbers (cell-3) of cells separated by spaces, or none"
    PARAMETERS = (
        'a list of sets of parameters, values by name, no two of them alike: [{"alpha": 0.1}, {"alpha": 0.5}]'
    )
    FIXTURES = "names of pytest's fixtures separated by spaces, or a list of them"
    CHECK = "auto, always or never"
    MARKS = "names of pytest's markers separated by spaces, or one with arguments: flaky(reruns=3)"


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive that authors may write."""

    name: str
    """As it is written."""
    kind: ValueKind
    """What its value looks like. A flag without a value is true, output kinds without a value are all."""
    scopes: tuple[Scope, ...]
    """What it can be said of."""
    doc: str
    """One sentence for the documentation."""
    adds_up: bool = False
    """Whether what is said farther away holds as well."""


_BOTH = (Scope.CELL, Scope.NOTEBOOK)

_CELL, _NOTEBOOK = (Scope.CELL,), (Scope.NOTEBOOK,)

DIRECTIVES: dict[str, Directive] = {
    directive.name: directive
    for directive in (
        Directive("skip", ValueKind.FLAG_OR_REASON, _BOTH, "Do not run the cell, for this reason."),
        Directive("run-only", ValueKind.FLAG, _BOTH, "Run the cell, compare nothing: short for mode=run."),
        Directive(
            "ignore-output", ValueKind.OUTPUT_KINDS, _BOTH, "Leave these outputs out of the comparison."
        ),
        Directive("raises-exception", ValueKind.EXCEPTION, _CELL, "The cell must raise an exception."),
        Directive(
            "errors-need-tag",
            ValueKind.FLAG,
            _NOTEBOOK,
            "Errors fail cells without raises-exception, also those that are stored.",
        ),
        Directive(
            "xfail", ValueKind.REASON, _BOTH, "A failure is expected, for this reason, and told as such."
        ),
        Directive("mode", ValueKind.MODE, _BOTH, "How strictly outputs are compared."),
        Directive("rtol", ValueKind.NUMBER, _BOTH, "Relative tolerance of numbers."),
        Directive(
            "atol", ValueKind.NUMBER, _BOTH, "Absolute tolerance of numbers with a point or an exponent."
        ),
        Directive(
            "column-rtol",
            ValueKind.COLUMNS,
            _BOTH,
            "Relative tolerance of numbers in columns of HTML tables.",
        ),
        Directive(
            "column-atol",
            ValueKind.COLUMNS,
            _BOTH,
            "Absolute tolerance of numbers in columns of HTML tables.",
        ),
        Directive(
            "image-tolerance", ValueKind.CHANNEL, _BOTH, "How far a channel of a pixel may be off, of 255."
        ),
        Directive("image-share", ValueKind.SHARE, _BOTH, "How many pixels of a picture may differ."),
        Directive(
            "image-antialiasing", ValueKind.FLAG, _BOTH, "Pixels of smoothed edges in a picture may differ."
        ),
        Directive("normalise", ValueKind.NORMALISERS, _BOTH, "Switch rules for noise on or, with a -, off."),
        Directive("ignore-pattern", ValueKind.PATTERNS, _BOTH, "Leave out what matches, wherever it stands."),
        Directive(
            "replace",
            ValueKind.REPLACEMENTS,
            _BOTH,
            "Replace what matches in stored and fresh outputs before they are compared.",
        ),
        Directive("timeout", ValueKind.SECONDS, _BOTH, "How long the cell, or the whole notebook, may run."),
        Directive("cell-timeout", ValueKind.SECONDS, _NOTEBOOK, "How long each cell may run."),
        Directive("parametrize", ValueKind.PARAMETERS, _NOTEBOOK, "Run once with each set of parameters."),
        Directive("fixtures", ValueKind.FIXTURES, _NOTEBOOK, "pytest's fixtures that it finds as variables."),
        Directive(
            "max-seconds",
            ValueKind.SECONDS,
            _BOTH,
            "The cell, or the whole notebook, fails if it takes longer.",
        ),
        Directive(
            "cell-max-seconds", ValueKind.SECONDS, _NOTEBOOK, "Each cell fails if it takes longer than this."
        ),
        Directive(
            "max-memory",
            ValueKind.SIZE,
            _BOTH,
            "The cell fails if more memory is in use while it runs; the kernel of a notebook is ended.",
        ),
        Directive(
            "cell-max-memory",
            ValueKind.SIZE,
            _NOTEBOOK,
            "Each cell fails if more memory is in use while it runs.",
        ),
        Directive("name", ValueKind.NAME, _CELL, "What the cell is called where it is selected."),
        Directive("depends", ValueKind.CELLS, _CELL, "The earlier cells that it needs; without it, all."),
        Directive("mark", ValueKind.MARKS, _BOTH, "pytest's markers.", adds_up=True),
        Directive(
            "network",
            ValueKind.FLAG,
            _NOTEBOOK,
            "Connections are allowed, whatever --nbcheck-no-network says.",
        ),
        Directive(
            "flaky-check",
            ValueKind.CHECK,
            _NOTEBOOK,
            "Whether it is run a second time when outputs differ, to tell noise from change.",
        ),
        Directive(
            "uses-files",
            ValueKind.FILES,
            _NOTEBOOK,
            "Files that it depends on, besides those it is seen to open.",
        ),
    )
}
"""Every directive, by name."""
