"""pytest's markers as authors write them: ``slow``, or with arguments as in Python, ``flaky(reruns=3)``."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker of pytest's, which is not imported here."""

    name: str
    """What stands behind ``pytest.mark.``."""
    args: tuple[Any, ...] = ()  # Any: literals of Python
    """Its positional arguments, literals of Python."""
    keywords: tuple[tuple[str, Any], ...] = ()
    """Its keyword arguments."""

    def __str__(self) -> str:
        written = [*map(repr, self.args), *(f"{key}={value!r}" for key, value in self.keywords)]
        return f"{self.name}({', '.join(written)})" if written else self.name


def read_marks(value: object) -> tuple[Mark, ...]:
    """Read markers.

    Args:
        value: names separated by spaces, or one marker with arguments; or a list of markers.

    Raises:
        ValueError: it holds something else.
    """
    if isinstance(value, str):
        texts: Sequence[object] = [value] if "(" in value else value.split()
    else:
        texts = value if isinstance(value, list) else ()
    if not texts:
        raise ValueError
    return tuple(map(_read_mark, texts))


def _read_mark(text: object) -> Mark:
    try:
        read = ast.parse(text.strip(), mode="eval").body if isinstance(text, str) else None
    except SyntaxError as error:
        raise ValueError from error
    match read:
        case ast.Name(id=name) if not name.startswith("_"):
            return Mark(name)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if not name.startswith("_"):
            # literal_eval raises ValueError for what is no literal, a star or two included.
            return Mark(
                name,
                tuple(map(ast.literal_eval, args)),
                tuple((_name_of(keyword), ast.literal_eval(keyword.value)) for keyword in keywords),
            )
    raise ValueError


def _name_of(keyword: ast.keyword) -> str:
    if keyword.arg is None:
        raise ValueError
    return keyword.arg
