"""JSON as the standard library reads it, faster where the text is plain.

msgspec reads what is plain JSON. Whatever it refuses goes to the standard library: NaN and Infinity, 1e400 and lone
surrogates are none of JSON but occur in notebooks.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec


def load_json(text: str | bytes, **kwargs: Any) -> Any:
    """Read JSON.

    Args:
        text: the text.
        kwargs: options of :func:`json.loads`.

    Returns:
        What :func:`json.loads` returns.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deeply.
    """
    if not kwargs:
        with suppress(NotPlainError):
            return load_plain(text)
    return json.loads(text, **kwargs)


def load_plain(text: str | bytes) -> Any:
    """Read JSON that is UTF-8 without byte order mark and keeps to the letter of the standard.

    Raises:
        NotPlainError: it does not, or is nested too deeply.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, TypeError):
        raise NotPlainError from None


class NotPlainError(Exception):
    """A text that is left to the standard library."""
