"""Changes that must not pass under a mask: what a directive hides besides the noise would be a false pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from nbcheck.accepting.generalise import unchanged_words
from nbcheck.accepting.pieces import CellChange, Piece
from nbcheck.compare.base import Output
from nbcheck.compare.picture import invert

_MARK = "nbcheck"
_TEXT_TYPES = ("text/plain", "text/markdown", "text/latex", "text/html")
_TOLERANCES = ("rtol", "atol")
_FLOAT = re.compile(r"(?<![\w.])-?\d+\.\d+(?![\w.])")


def mutations(change: CellChange, piece: Piece, directive: str) -> Iterator[list[Output]]:
    """Yield the fresh outputs of a cell, each time with one change that is no noise.

    Args:
        change: of the cell.
        piece: what is masked.
        directive: name of what masks it. One that ignores an output leaves it to the others to tell of a change; one
            that takes values out says nothing about values.
    """
    fresh = list(change.actual)
    yield [*fresh, {"output_type": "display_data", "data": {"text/plain": _MARK}, "metadata": {}}]
    if directive == "ignore-output" or not piece.placement.actual or not piece.placement.expected:
        return
    stored = change.expected[piece.placement.expected[-1]]
    index = piece.placement.actual[-1]
    for mutate in (*_MUTATIONS, _other_number) if directive in _TOLERANCES else _MUTATIONS:
        mutated = mutate(stored, fresh[index])
        if mutated is not None and mutated != fresh[index]:
            yield [*fresh[:index], mutated, *fresh[index + 1 :]]


def _longer(_: Output, fresh: Output) -> Output | None:
    """One line more."""
    return _map_texts(fresh, lambda text, mimetype: f"{text}{_line(text, mimetype)}")


def _other_word(stored: Output, fresh: Output) -> Output | None:
    """Another word where both sides agree."""

    def change(text: str, mimetype: str) -> str:
        if mimetype == "text/html":
            return text  # most words of it are never seen
        other = _text_of(stored, mimetype)
        lines, others = text.split("\n"), other.split("\n")
        for number, (ours, theirs) in enumerate(zip(others, list(lines), strict=False)):
            for start, stop in unchanged_words(ours, theirs):
                lines[number] = f"{theirs[:start]}{theirs[start:stop]}x{theirs[stop:]}"
                return "\n".join(lines)
        return text

    return _map_texts(fresh, change)


def _other_number(_: Output, fresh: Output) -> Output | None:
    """Its first number, many times as large."""
    return _map_texts(fresh, lambda text, _: _FLOAT.sub(lambda match: f"9{match[0]}", text, count=1))


def _other_picture(_: Output, fresh: Output) -> Output | None:
    """The negative of its picture."""
    data = fresh.get("data", {})
    pictures = {
        name: invert(value)
        for name, value in data.items()
        if name.startswith("image/") and name != "image/svg+xml" and isinstance(value, str)
    }
    return {**fresh, "data": {**data, **pictures}} if pictures else None


_MUTATIONS: tuple[Callable[[Output, Output], Output | None], ...] = (
    _longer,
    _other_word,
    _other_picture,
)


def _map_texts(output: Output, change: Callable[[str, str], str]) -> Output | None:
    """Return an output with its texts changed; None when it has none. Streams and errors have a MIME type of ``""``."""
    for key in ("text", "evalue"):
        if isinstance(output.get(key), str):
            return {**output, key: change(output[key], "")}
    data = output.get("data", {})
    texts = {name: change(data[name], name) for name in _TEXT_TYPES if isinstance(data.get(name), str)}
    # Beside a picture there is a text that says nothing.
    is_picture = any(name.startswith("image/") for name in data)
    return {**output, "data": {**data, **texts}} if texts and not is_picture else None


def _text_of(output: Output, mimetype: str) -> str:
    found = output.get("data", {}).get(mimetype) if mimetype else output.get("text", output.get("evalue"))
    return found if isinstance(found, str) else ""


def _line(text: str, mimetype: str) -> str:
    if mimetype == "text/html":
        return f"<p>{_MARK}</p>"
    return f"{_MARK}\n" if text.endswith("\n") else f"\n{_MARK}"
