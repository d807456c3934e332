"""Exceptions of a notebook, raised in the test."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from nbcheck.compare.normalise import strip_ansi
from nbcheck.errors import NotebookError
from nbcheck.results import CellError
from nbcheck.testing.places import Places

_CAUSED = "The above exception was the direct cause of the following exception:"
_MEANWHILE = "During handling of the above exception, another exception occurred:"


# Any: what the agent's describe() returned
def raise_described(described: Mapping[str, Any], places: Places, place: str) -> NoReturn:
    """Raise an exception that the agent described.

    Args:
        described: its pickle, if there is one, and its chain.
        places: to translate its traceback with.
        place: what was run, for people.

    Raises:
        BaseException: the exception itself, if it can be made here; the NotebookError is its cause.
        NotebookError: else.
    """
    __tracebackhide__ = True
    last = described["chain"][0]
    text = _render(described["chain"], places) or f"in {places.name}, {place}"
    error = _load(described["data"])
    told = NotebookError(last["ename"], last["evalue"], text)
    if error is None:
        raise told
    # As concurrent.futures does. A note would be part of what pytest.raises(match=...) looks at.
    raise error from told


def raise_told(error: CellError, places: Places, place: str) -> NoReturn:
    """Raise what a kernel told of an error, when that is all there is.

    Raises:
        NotebookError: always.
    """
    __tracebackhide__ = True
    lines = [strip_ansi(entry) for entry in error.traceback]
    raise NotebookError(error.ename, error.evalue, "\n".join([f"{places.name}, {place}:", *lines]))


def is_same(described: Mapping[str, Any], error: CellError) -> bool:
    """Whether the agent's description is that of the error that a kernel told of."""
    last = described["chain"][0]
    return (last["ename"], last["evalue"]) == (error.ename, error.evalue)


def _load(data: bytes | None) -> BaseException | None:
    if data is None:
        return None
    try:
        error = pickle.loads(data)  # noqa: S301 - from our own kernel
    # A constructor with other arguments than pickle gives it, a module that is not here: it may raise anything.
    except Exception:
        return None
    return error if isinstance(error, BaseException) else None


def _render(chain: Sequence[Mapping[str, Any]], places: Places) -> str:
    """Return the traceback of a chain of exceptions, as Python writes it, without the last one's own message."""
    if not any(entry["frames"] for entry in chain):
        return ""
    lines: list[str] = []
    for position, entry in reversed(list(enumerate(chain))):
        lines += [f"Traceback in {places.name} (most recent call last):", *places.describe(entry["frames"])]
        if position:
            message = f"{entry['ename']}: {entry['evalue']}".removesuffix(": ")
            link = _CAUSED if chain[position - 1]["is_caused"] else _MEANWHILE
            lines += [message, "", link, ""]
    return "\n".join(lines)
