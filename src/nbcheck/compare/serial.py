"""Differences as JSON, for whoever keeps them or sends them elsewhere."""

from __future__ import annotations

from typing import Any

import msgspec

from nbcheck.compare.base import Difference


# Any: what JSON can carry
def difference_to_json(difference: Difference) -> dict[str, Any]:
    """Take a difference apart into dicts, lists and simple values, by the names of its fields.

    Lone surrogates become question marks: neither files nor the way between processes have a form for them.
    """
    simple: dict[str, Any] = to_simple(difference)
    return simple


def difference_from_json(values: Any) -> Difference:
    """Undo :func:`difference_to_json`.

    Raises:
        ValueError: the values are not those of a difference.
    """
    return msgspec.convert(values, Difference)


def to_simple(value: Any) -> Any:
    """Take dataclasses apart, and all that is in them, as :func:`difference_to_json` does."""
    return _without_surrogates(msgspec.to_builtins(value))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return [_without_surrogates(item) for item in value] if isinstance(value, (list, tuple)) else value
