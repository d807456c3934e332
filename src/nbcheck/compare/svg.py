"""SVG: elements, attributes and texts; geometry number by number.

A drawing is compared as lines: a start tag, below it one line for each attribute that says where something is, one for
each command of a path. Generated ids are numbered in the order in which the drawing defines them, and every
reference follows, so that a new name is noise and a reference to another element is a change. What is no SVG comes out
as some list of tags and texts too; only a source that is too long is compared as text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import zip_longest
from typing import Any

from nbcheck.compare.base import CompareMode, CompareOptions, Difference
from nbcheck.compare.markup import Piece, collapse_blanks, parse_markup, tag_token
from nbcheck.compare.normalise import normalise, order_names
from nbcheck.compare.numbers import is_float, number_value, split_numbers
from nbcheck.compare.text import compare_texts

_RULE = "svg-ids"
# Larger sources are compared as text, so that time stays within bounds.
_PARSE_LIMIT = 2_000_000
# A shift by a millionth of the drawing's size is the last digit that matplotlib prints, and nothing that can be seen.
_SHIFT = 1e-6
_GEOMETRY = frozenset(
    {
        "cx",
        "cy",
        "d",
        "dx",
        "dy",
        "fx",
        "fy",
        "gradienttransform",
        "height",
        "markerheight",
        "markerwidth",
        "offset",
    }
    | {
        "patterntransform",
        "points",
        "r",
        "refx",
        "refy",
        "rx",
        "ry",
        "textlength",
        "transform",
        "viewbox",
        "width",
    }
    | {"x", "x1", "x2", "y", "y1", "y2"}
)
_MARK = "  "


class SvgComparer:
    """Judges SVG by its drawing: layout of the source, generated ids, dates and program versions are noise."""

    mimetypes: Sequence[str] = ("image/svg+xml",)
    priority = 10

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two SVG sources; see :class:`nbcheck.compare.base.Comparer`."""
        if options.mode is CompareMode.EXACT or max(len(expected), len(actual)) > _PARSE_LIMIT:
            return compare_texts(expected, actual, options, scope="svg")
        renames = _RULE not in options.disabled_normalisers
        rest = replace(options, disabled_normalisers=options.disabled_normalisers | {_RULE})
        clean = [normalise(source, rest, scope="svg") for source in (expected, actual)]
        names = {name for side in clean for name in side.names}
        drawings = [list(parse_markup(side.text)) for side in clean]
        numbered = [_number_ids(drawing) if renames else drawing for drawing in drawings]
        if numbered != drawings and _ids(drawings[0]) != _ids(drawings[1]):
            names.add(_RULE)
        lines = [list(_lines(drawing)) for drawing in numbered]
        lines[1] = _settle(lines[0], lines[1], _SHIFT * min(map(_size, drawings)))
        difference = compare_texts("\n".join(lines[0]), "\n".join(lines[1]), rest, scope="svg")
        if difference is None:
            return None
        hidden = order_names(names | set(difference.hidden))
        return replace(difference, expected=expected, actual=actual, hidden=hidden)


def _number_ids(drawing: list[Piece]) -> list[Piece]:
    """Give every id that a program made up the number of its place in the drawing."""
    names: dict[str, str] = {}
    for piece in drawing:
        for name, value in piece.attributes:
            if name == "id" and value not in names and _is_made_up(value):
                names[value] = f"<id-{len(names) + 1}>"
    if not names:
        return drawing

    def follow(match: re.Match[str]) -> str:
        if match[1] in names:
            return f"#{names[match[1]]}"
        head, tail = match[2], match[1].removeprefix(match[2])  # in a style sheet: #id.class, #id:hover
        return f"#{names.get(head, head)}{tail}"

    def renamed(name: str, value: str) -> str:
        if name == "id" or name.startswith("aria-"):
            return " ".join(names.get(word, word) for word in value.split())
        if value.startswith("#"):
            return f"#{names.get(value[1:], value[1:])}"
        return _reference().sub(follow, value)

    return [
        replace(
            piece,
            text=_reference().sub(follow, piece.text) if "{" in piece.text else piece.text,  # a style sheet
            attributes=tuple((name, renamed(name, value)) for name, value in piece.attributes),
        )
        for piece in drawing
    ]


def _is_made_up(name: str) -> bool:
    """Whether there is a digit in it. Matplotlib's letter and ten hexadecimal digits may have none."""
    return re.search(r"\d|^[a-z][a-f]{10}$", name) is not None


@cache
def _reference() -> re.Pattern[str]:
    return re.compile(r"#(([^\s\"'(),;{}\[\]>+~:.]++)[^\s\"'(),;{}\[\]>+~]*+)")


def _ids(drawing: list[Piece]) -> list[str]:
    return [value for piece in drawing for name, value in piece.attributes if name == "id"]


def _lines(drawing: list[Piece]) -> Iterator[str]:
    inside_text = 0
    empty = False
    for piece, following in zip_longest(drawing, drawing[1:]):
        if piece.kind == "start":
            inside_text += piece.text == "text"
            empty = following is not None and (following.kind, following.text) == ("end", piece.text)
            shapes = [(name, value) for name, value in piece.attributes if name in _GEOMETRY]
            tag = tag_token(piece.text, tuple(entry for entry in piece.attributes if entry not in shapes))
            yield f"{tag[:-1]}/>" if empty else tag
            for name, value in shapes:
                yield from (f"{_MARK}{name} = {part}" for part in _shape(name, value))
        elif piece.kind == "end":
            inside_text -= piece.text == "text"
            if not empty:
                yield f"</{piece.text}>"
            empty = False
        elif piece.kind == "text":
            text = collapse_blanks(piece.text)
            # Between elements, white space is layout of the source; between the parts of a text it is drawn.
            if text.strip() or (text and inside_text > 0):
                yield html.escape(text if inside_text > 0 else text.strip(), quote=False)
        elif "[" in piece.text or piece.text.startswith("<?xml-"):
            yield piece.text  # entities, or a style sheet; other declarations draw nothing


def _shape(name: str, value: str) -> Iterator[str]:
    """Spell a value of geometry: one blank between numbers, one line for each command of a path."""
    command: list[str] = []
    for token in _tokens().findall(value):
        if name == "d" and token.isalpha() and command:
            yield " ".join(command)
            command = []
        command.append(token)
    yield " ".join(command)


@cache
def _tokens() -> re.Pattern[str]:
    number = r"[-+]?(?:\d++\.?\d*+|\.\d++)(?:[eE][-+]?\d++)?"
    return re.compile(rf"{number}|[MmZzLlHhVvCcSsQqTtAa](?![a-zA-Z])|[a-zA-Z%]++|[^\s,]")


def _settle(expected: list[str], actual: list[str], shift: float) -> list[str]:
    """Take over from ``expected`` the lines of geometry that are off by no more than ``shift``."""
    if len(expected) != len(actual):
        return actual
    return [
        one if one != other and one.startswith(_MARK) and _within(one, other, shift) else other
        for one, other in zip(expected, actual, strict=True)
    ]


def _within(expected: str, actual: str, shift: float) -> bool:
    ours, theirs = split_numbers(expected), split_numbers(actual)
    return ours[::2] == theirs[::2] and all(
        one == other
        or (is_float(one) and is_float(other) and abs(number_value(one) - number_value(other)) <= shift)
        for one, other in zip(ours[1::2], theirs[1::2], strict=True)
    )


def _size(drawing: list[Piece]) -> float:
    """The longer side of the drawing in its own units; 0 when it does not say."""
    root = next((piece for piece in drawing if piece.text == "svg" and piece.kind == "start"), None)
    box = dict(root.attributes).get("viewbox", "") if root else ""
    numbers = [number_value(token) for token in split_numbers(box.replace(",", " "))[1::2]]
    return max(numbers[2:]) if len(numbers) == 4 else 0.0
