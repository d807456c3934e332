r"""From two spellings of one line to a regular expression for what changes in it.

``step 3: loss 0.731 s`` and ``step 3: loss 0.694 s`` make ``(?<=^step 3: loss )\d+\.\d+(?= s$)``: the shape that both
values have, held by what stands around them, so that the pattern fits nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_ANCHOR = 24
"""Characters of a line that hold a pattern on either side."""
# Words with what glues them together: a date, a path, a version, an identifier are one token each.
_TOKEN = re.compile(r"[-+]?\w+(?:[.:/+-]+\w+)*|\s+|.")
_RUN = re.compile(r"\d+|[A-Z]+|[a-z]+|.")
_FLOAT = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_FLOAT_PATTERN = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_FIXED_RUNS = 3
"""Runs of digits from which their lengths are kept: dates and times have as many, a number has not."""


def generalise_line(expected: str, actual: str, *, is_wide: bool = False) -> list[str]:
    """Return a pattern for each place in which two lines differ.

    Args:
        expected: the stored line.
        actual: the fresh one.
        is_wide: whether it fits any number where two are, and anything where something else is, whatever their shape.
    """
    ours, theirs = _TOKEN.findall(expected), _TOKEN.findall(actual)
    spans = list(_changed_spans(ours, theirs))
    patterns = []
    for number, (start, stop, other_start, other_stop) in enumerate(spans):
        before = spans[number - 1][1] if number else 0
        after = spans[number + 1][0] if number + 1 < len(spans) else len(ours)
        generalise = _widen if is_wide else _generalise
        core = generalise(ours[start:stop], theirs[other_start:other_stop])
        left = _left("".join(ours[before:start]), is_first=number == 0)
        right = _right("".join(ours[stop:after]), is_last=number + 1 == len(spans))
        patterns.append(f"{left}{core}{right}")
    return patterns


def unchanged_words(expected: str, actual: str) -> list[tuple[int, int]]:
    """Return where the words of the second line stand that both lines have in common, as (start, stop)."""
    ours, theirs = _TOKEN.findall(expected), _TOKEN.findall(actual)
    starts = [0]
    for token in theirs:
        starts.append(starts[-1] + len(token))
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    common = [place for block in blocks for place in range(block.b, block.b + block.size)]
    return [(starts[place], starts[place + 1]) for place in common if theirs[place][-1].isalnum()]


def _changed_spans(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    for tag, *span in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            yield span[0], span[1], span[2], span[3]


def _left(text: str, *, is_first: bool) -> str:
    kept = text[-_ANCHOR:]
    start = "^" if is_first and kept == text else ""
    if not kept:
        return start
    return f"(?<={start}{_escape(kept)})"


def _right(text: str, *, is_last: bool) -> str:
    kept = text[:_ANCHOR]
    end = "$" if is_last and kept == text else ""
    if not kept:
        return end
    return f"(?={_escape(kept)}{end})"


def _generalise(ours: Sequence[str], theirs: Sequence[str]) -> str:
    if not ours or not theirs:
        # Something is only there at times: what it is, and nothing else.
        return f"(?:{_escape(''.join(ours or theirs))})?"
    if len(ours) == len(theirs):
        return "".join(_generalise_token(*pair) for pair in zip(ours, theirs, strict=True))
    return r"\S+" if not any(token.isspace() for token in (*ours, *theirs)) else ".+?"


def _widen(ours: Sequence[str], theirs: Sequence[str]) -> str:
    one, other = "".join(ours), "".join(theirs)
    if _FLOAT.fullmatch(one) and _FLOAT.fullmatch(other):
        return _FLOAT_PATTERN
    shape = r"\S" if not any(token.isspace() for token in (*ours, *theirs)) else "."
    return f"{shape}+?" if one and other else f"{shape}*?"


def _generalise_token(one: str, other: str) -> str:
    if one == other:
        return _escape(one)
    if one.isspace() and other.isspace():
        return r"\s+"
    ours, theirs = _RUN.findall(one), _RUN.findall(other)
    if [*map(_kind, ours)] == [*map(_kind, theirs)]:
        is_fixed = sum(run.isdigit() for run in ours) >= _FIXED_RUNS
        return "".join(_generalise_run(*pair, is_fixed=is_fixed) for pair in zip(ours, theirs, strict=True))
    if _FLOAT.fullmatch(one) and _FLOAT.fullmatch(other):
        return _FLOAT_PATTERN
    for shape in ("[0-9a-f]", "[0-9A-F]", r"\w"):
        if all(re.fullmatch(f"{shape}+", token) for token in (one, other)):
            return f"{shape}{{{len(one)}}}" if len(one) == len(other) else f"{shape}+"
    return r"\S+"


def _generalise_run(one: str, other: str, *, is_fixed: bool) -> str:
    if one.isdigit():
        return rf"\d{{{len(one)}}}" if is_fixed and len(one) == len(other) else r"\d+"
    if one == other:
        return _escape(one)
    return "[A-Z]+" if one.isupper() else "[a-z]+" if one.islower() else r"\S"


def _kind(run: str) -> str:
    if run.isdigit():
        return "digits"
    # Signs stand for themselves: a minus and a plus are not of one kind.
    return ("capitals" if run.isupper() else "letters") if run.isalpha() else run


def _escape(text: str) -> str:
    # re.escape puts a backslash before these as well, which nobody wants to read.
    return re.escape(text).replace("\\ ", " ").replace("\\-", "-")
