"""The same call to nbformat and to its drop-in, and what came of it, in a form that can be compared."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import nbformat

import nbcheck.document as ours

INVENTED = re.compile(r"[0-9a-f]{8}")
"""What an id looks like that was made up, by nbformat or by us."""


ACCIDENTS = {"AttributeError", "TypeError"}
"""What nbformat raises from the midst of its work on what is no notebook."""


@dataclass(frozen=True)
class Outcome:
    """What a call did."""

    result: Any
    """What it returned; None after an error."""
    error: BaseException | None
    """What it raised."""
    warned: list[str]
    """Names of the classes of its warnings."""
    captured: str | None
    """Text of the validation error that it captured."""

    @property
    def kind(self) -> str | None:
        """Name of the class of the error, the same for both modules."""
        if self.error is None:
            return None
        names = [cls.__name__ for cls in type(self.error).__mro__]
        return next(
            (name for name in ("ValidationError", "NotJSONError", "NBFormatError") if name in names), names[0]
        )


def call(module: ModuleType, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
    """Call a function of nbformat or of the drop-in."""
    captured: dict[str, Any] = {}
    if function in (module.reads, module.writes):
        kwargs["capture_validation_error"] = captured
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result, error = function(*args, **kwargs), None
        except Exception as raised:
            result, error = None, raised
    found = captured.get("ValidationError")
    return Outcome(
        result,
        error,
        [warning.category.__name__ for warning in caught],
        None if found is None else str(found),
    )


def same_ids(theirs: Any, mine: Any) -> Any:
    """Copy nbformat's notebook with the ids that both made up replaced by ours."""
    copied = json.loads(json.dumps(theirs, default=repr))
    for cell, other in zip(_cells(copied), _cells(mine), strict=False):
        if not (isinstance(cell, dict) and isinstance(other, dict)):
            continue
        pair = (cell.get("id"), other.get("id"))
        if all(isinstance(value, str) and INVENTED.fullmatch(value) for value in pair):
            cell["id"] = other["id"]
    return copied


def _cells(notebook: Any) -> list[Any]:
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    return cells if isinstance(cells, list) else []


def assert_same_reading(text: str | bytes, as_version: Any) -> None:
    """Check that both read the same from a text, and write the same after it."""
    version = nbformat.NO_CONVERT if as_version is None else as_version
    theirs = call(nbformat, nbformat.reads, text, version)
    mine = call(ours, ours.reads, text, ours.NO_CONVERT if as_version is None else as_version)
    if mine.error is None and (without_schema(theirs) or theirs.kind == "TypeError"):
        # nbformat fell over something that need not stop anybody, as long as it is told.
        assert without_schema(theirs) or mine.captured is not None
        return
    if without_schema(theirs) and mine.kind == "ValidationError":
        # It fell over its missing schema first; that the notebook cannot be converted either is what we say.
        return
    if theirs.kind == "TypeError" and mine.kind == "RuntimeError":
        # nbformat fell over a damaged value on its way to format 1, to which neither converts.
        return
    assert mine.kind == theirs.kind, (mine.error, theirs.error)
    if theirs.error is not None:
        return
    assert json.dumps(mine.result, default=repr, sort_keys=True) == json.dumps(
        same_ids(theirs.result, mine.result), sort_keys=True
    )
    assert mine.warned == theirs.warned
    assert (mine.captured is None) == (theirs.captured is None)
    if mine.captured is not None and "id" not in str(mine.captured):
        assert mine.captured == theirs.captured
    assert_same_validity(theirs.result, mine.result)
    assert_same_writing(theirs.result, mine.result)


def without_schema(theirs: Outcome) -> bool:
    """Whether nbformat fell over a version for which it has no schema; we say that there is none."""
    return isinstance(theirs.error, ImportError) or repr(theirs.error) == "KeyError((None, None))"


def assert_same_validity(their_notebook: Any, my_notebook: Any) -> None:
    """Check that both modules judge a notebook alike."""
    theirs = call(nbformat, nbformat.validator.isvalid, their_notebook)
    mine = call(ours, ours.isvalid, my_notebook)
    if without_schema(theirs) and mine.error is None:
        assert mine.result is False
        return
    assert (mine.result, mine.kind) == (theirs.result, theirs.kind), (mine.error, theirs.error)


def assert_same_writing(their_notebook: Any, my_notebook: Any) -> None:
    """Check that both modules write the same bytes."""
    theirs = call(nbformat, nbformat.writes, their_notebook)
    mine = call(ours, ours.writes, my_notebook)
    if theirs.kind in ACCIDENTS:
        assert mine.kind in ACCIDENTS or mine.captured is not None
        return
    assert mine.kind == theirs.kind, (mine.error, theirs.error)
    if theirs.error is None:
        text = theirs.result
        for cell, other in zip(_cells(their_notebook), _cells(my_notebook), strict=True):
            if isinstance(cell, dict) and cell.get("id") != other.get("id"):
                text = text.replace(f'"id": "{cell["id"]}"', f'"id": "{other["id"]}"', 1)
        assert mine.result == text
