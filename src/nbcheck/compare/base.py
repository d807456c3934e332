"""What a comparer is, what it is given and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from nbcheck.compare.extensions import Extensions

Output = Mapping[str, Any]
"""One nbformat 4 output: ``output_type`` and its fields, multi-line strings joined. The values of a mimebundle are
whatever JSON the kernel sent, hence Any."""


class CompareMode(StrEnum):
    """How strictly outputs are compared."""

    SEMANTIC = "semantic"
    """Noise is normalised, numbers compare with tolerance, images by pixels."""
    EXACT = "exact"
    """Equal after merging streams; nothing is normalised. Execution counts and tracebacks are still ignored."""
    RUN = "run"
    """Nothing is compared; cells must only run."""


class DifferenceKind(StrEnum):
    """What happened to an output."""

    CHANGED = "changed"
    """Both sides have it, with unequal content."""
    MISSING = "missing"
    """Stored in the file, not produced by this run."""
    EXTRA = "extra"
    """Produced by this run, not stored in the file."""


class Severity(StrEnum):
    """How much a difference is about what an output says."""

    CONTENT = "content"
    """The output says something else."""
    PRESENTATION = "presentation"
    """It says the same in another form: white space, the size it is shown in, the type of the output."""
    UNJUDGED = "unjudged"
    """Nobody knows, since the comparer failed; counts as a difference."""


@dataclass(frozen=True, slots=True)
class TextHunk:
    """A run of lines around one change in a text, with the changed spans marked."""

    expected_start: int
    """Number of the first expected line, from 1."""
    actual_start: int
    """Number of the first actual line, from 1."""
    lines: tuple[HunkLine, ...]
    """Context, expected and actual lines in reading order."""


@dataclass(frozen=True, slots=True)
class HunkLine:
    """One line of a hunk."""

    side: str
    """``" "`` both sides have it, ``"-"`` expected only, ``"+"`` actual only."""
    text: str
    """The line as it stands in the output, without its line end."""
    marks: tuple[tuple[int, int], ...] = ()
    """Changed spans as (start, stop) in characters of ``text``; empty on context lines."""


LISTED_CHANGES = 20
"""Changes that a difference lists; ``omitted`` counts the rest."""


@dataclass(frozen=True, slots=True)
class Change:
    """One small piece in which two values with a structure differ: a cell of a table, a node of JSON."""

    where: str
    """The place in the value, for people: ``row '3', column 'price'``, ``data[0].y``, ``row 'total'``; empty for the
    value itself."""
    expected: str | None
    """The stored piece as short text; None when the piece is new, empty when ``where`` says all there is to say."""
    actual: str | None
    """The piece just produced, likewise; None when it is missing from this run."""
    remark: str = ""
    """What else there is to know: ``relative error 0.01``."""

    @property
    def said(self) -> str:
        """What happened, without the place: ``1.5 became 1.6 (relative error 0.062)``, ``2 is new``."""
        if self.actual is None:
            said = f"{self.expected or ''} missing from this run".lstrip()
        elif self.expected is None:
            said = f"{self.actual} is new".lstrip()
        else:
            said = f"{self.expected or 'nothing'} became {self.actual or 'nothing'}"
        return f"{said} ({self.remark})" if self.remark else said

    def __str__(self) -> str:
        if not self.where:
            return self.said
        nothing_else = not (self.expected or self.actual) and None in (self.expected, self.actual)
        return f"{self.where}{' ' if nothing_else else ': '}{self.said}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the stored and the fresh outputs of a cell."""

    kind: DifferenceKind
    """Whether it changed, is missing or is extra."""
    place: str
    """Where in the cell, for people: ``stdout``, ``output 2, text/html``, ``error``."""
    summary: str
    """One line without the place: ``2 of 20 lines differ``, ``3.14 became 3.15``."""
    expected: Any = None
    """JSON value stored in the file; None when the output is extra."""
    actual: Any = None
    """JSON value just produced; None when the output is missing."""
    hunks: tuple[TextHunk, ...] = ()
    """For text: the changed places with context, at most a few dozen lines altogether."""
    omitted: int = 0
    """Changed lines that ``hunks`` leaves out, or pieces that ``changes`` leaves out."""
    changes: tuple[Change, ...] = ()
    """For tables and JSON: the pieces that differ, at most :data:`LISTED_CHANGES`."""
    picture: str | None = None
    """For pictures: a base64 PNG that shows where they differ. The fresh picture is faded to pale grey; pixels that
    differ are red, what only the stored one reaches is tinted yellow, what only the fresh one reaches blue. Scaled down
    to 4 megapixels if it would be larger. None when both cannot be shown."""
    details: tuple[str, ...] = ()
    """Remarks for people: ``text/plain differs too``."""
    hidden: tuple[str, ...] = ()
    """Names of the normalisers that changed either side, in the order they were applied."""
    expected_index: int | None = None
    """Index into the stored outputs, from 0; None when the output is extra."""
    actual_index: int | None = None
    """Index into the fresh outputs, from 0; None when the output is missing."""
    mimetype: str | None = None
    """The compared representation; None for streams and errors."""
    severity: Severity = Severity.CONTENT
    """Whether it is about what the output says. A cell fails whatever it is; who reviews changes can sort by it."""
    programs: tuple[str, str] | None = None
    """For pictures: what made the stored and the fresh one, ``("Matplotlib version3.8.0, ...", ...)``, where both files
    say so."""


@dataclass(frozen=True, slots=True)
class Normaliser:
    """A rule that takes noise out of texts: one of ours, or one of users."""

    name: str
    """What users switch it off by."""
    rule: Callable[[str], str]
    """The function, from text to text; applied twice, it does what it does once."""
    needles: tuple[str, ...]
    """The rule can only change a text that contains one of these; spares most texts most rules."""
    stage: str = "line"
    """``line`` when it never looks past a line end, so that only lines that differ need go through it; else ``screen``,
    whose result is also the text that reports show."""
    scopes: frozenset[str] = frozenset({"text", "html", "svg"})
    """Kinds of text it applies to: ``text``, ``html``, ``svg``."""
    is_optional: bool = False
    """Whether it is only at work when somebody asks for it: what it hides may be a result."""


@dataclass(frozen=True, slots=True)
class WidgetStates:
    """The models behind the views of widgets, by id, each as the notebook format stores it in metadata."""

    expected: Mapping[str, Any]
    """Those that the file stores."""
    actual: Mapping[str, Any]
    """Those of the fresh run."""


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """Everything that decides a verdict besides the outputs themselves."""

    mode: CompareMode = CompareMode.SEMANTIC
    """Strictness."""
    rtol: float = 1e-7
    """Relative tolerance of number tokens with 7 or more digits (numpy's meaning). A larger value than the default
    also covers tokens with fewer digits, down to those that it resolves: 3 digits for 1e-3."""
    atol: float = 0.0
    """Absolute tolerance of number tokens with a decimal point or an exponent."""
    column_rtol: tuple[tuple[str, float], ...] = ()
    """In the columns of HTML tables that have these names, ``rtol`` is this."""
    column_atol: tuple[tuple[str, float], ...] = ()
    """In the columns of HTML tables that have these names, ``atol`` is this."""
    disabled_normalisers: frozenset[str] = frozenset()
    """Names of normalisers that are switched off."""
    enabled_normalisers: frozenset[str] = frozenset()
    """Names of those normalisers that are only at work when somebody asks for them."""
    patterns: tuple[str, ...] = ()
    """Regular expressions; what matches inside a line is left out of both sides."""
    replacements: tuple[tuple[str, str], ...] = ()
    """Regular expressions with what takes the place of what matches, as in ``re.sub``; applied first, in this order, to
    the whole text of both sides."""
    ignored: frozenset[str] = frozenset()
    """Output kinds left out: ``stdout``, ``stderr``, a MIME type, ``error``, the number of an output from 1; ``all``
    leaves out everything."""
    roots: tuple[str, ...] = ()
    """Absolute folders whose spelling in outputs is noise (home, working and temp folders of this run)."""
    image_channel_tolerance: int = 8
    """A pixel differs when a channel is off by more than this, of 255."""
    image_share: float = 0.0
    """Share of a picture's pixels that may differ, from 0 to 1."""
    image_antialiasing: bool = False
    """Whether pixels of smoothed edges may differ."""
    budget: float = 5.0
    """Seconds one output may take to compare before a summary replaces the details."""
    extensions: Extensions | None = field(default=None, compare=False, repr=False)
    """Comparers and normalisers of users; None for none."""
    widgets: WidgetStates | None = field(default=None, compare=False, repr=False)
    """What the views of widgets are judged by; None where the file stores no state."""
    on_normalised: Callable[[str, str, str], None] | None = field(default=None, compare=False, repr=False)
    """Told of every change that a normaliser makes: its name, the text before and after. Decides nothing; it is for
    who explains a verdict."""


class Comparer(Protocol):
    """Judges one representation of an output. One file each; listed in ``compare/registry.py``."""

    mimetypes: Sequence[str]
    """MIME types it can judge; a ``*`` matches any run of characters: ``text/*``, ``application/*+json``."""
    priority: int
    """Where several comparers match, the highest wins."""

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two values of one MIME type.

        Args:
            expected: value stored in the file: str for text and base64 types, JSON for ``+json`` types.
            actual: value just produced, same shape.
            options: what decides.

        Returns:
            None when they are equal under the options, else the difference with ``place`` left empty:
            the caller fills in where it is.
        """
        ...
