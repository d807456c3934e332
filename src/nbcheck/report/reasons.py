"""The failures of a whole run by what is behind them, so that an old repository is not a list of a thousand lines.

Read from the JSON report of a run (``json.py``). A failure is told by the first reason that fits; nothing is guessed
that the report does not say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbcheck.compare.base import Difference, DifferenceKind, Severity
from nbcheck.compare.serial import difference_from_json
from nbcheck.report.causes import LEAST, trace_difference

_MODULE = re.compile(r"No module named '([\w.]+)'")
_NETWORK = re.compile(
    r"(?:ConnectionError|ConnectionRefusedError|ConnectTimeout|HTTPError|MaxRetryError|SSLError|URLError|gaierror)$"
)
_RELATIVE = re.compile(r"\(relative error ([\d.e+-]+)\)$")
_CLOSE = 1e-3
_STORED = "the same is stored"

Json = Mapping[str, Any]
"""An object of the report. Any: what JSON can carry."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Failures with one reason."""

    what: str
    """What failed, in the plural: ``pictures``."""
    why: str
    """What is behind it: ``made by Matplotlib 3.5.1, now by 3.9.2``; empty where the first says it all."""
    count: int
    """How many of these: outputs, cells or notebooks."""
    places: tuple[str, ...]
    """Node ids of the cells and notebooks, each once, in the order of the run."""
    module: str = ""
    """What has to be installed, if that is it."""

    def __str__(self) -> str:
        what = self.what.removesuffix("s") if self.count == 1 else self.what
        return f"{self.count:,} {what}{f': {self.why}' if self.why else ''}"


@dataclass(frozen=True, slots=True)
class _Key:
    what: str
    why: str = ""
    module: str = ""


def find_reasons(run: Json) -> list[Reason]:
    """Sort the failures of a run.

    Args:
        run: its JSON report, read.

    Returns:
        The commonest reason first.
    """
    found = [entry for notebook in run["notebooks"] for entry in _of_notebook(notebook)]
    # The very same words that came for others everywhere are one reason; in one or two places they are nothing.
    common = Counter(why for _, _, why in found if why)
    grouped: dict[_Key, list[str]] = {}
    for place, key, change in found:
        is_common = bool(change) and common[change] >= LEAST
        reason = _Key("outputs", f"everywhere {change}") if is_common else key
        grouped.setdefault(reason, []).append(place)
    reasons = [
        Reason(key.what, key.why, len(places), tuple(dict.fromkeys(places)), key.module)
        for key, places in grouped.items()
    ]
    return sorted(reasons, key=lambda reason: -reason.count)


def _of_notebook(notebook: Json) -> Iterator[tuple[str, _Key, str]]:
    """Yield node id, reason, and the change of its words, of every failure of a notebook."""
    name = notebook["path"]
    suffix = f"[{notebook['parameters']}]" if notebook["parameters"] else ""
    failed = {item["name"] for item in notebook["items"] if item["outcome"] in ("failed", "error")}
    if not failed:
        return
    if notebook["fault"] is not None:
        yield name, _Key("files", "cannot be read as notebooks"), ""
        return
    is_told = False
    for cell in notebook["cells"]:
        is_failure = cell["outcome"] in ("different", "error", "timeout", "died")
        if is_failure and cell["xfail"] is None and not cell["excused"] and not cell["updated"]:
            is_told = True
            place = f"{name}::cell-{cell['number']}{suffix}"
            yield from ((place, key, change) for key, change in _of_cell(cell))
    if not is_told:
        yield from (
            (f"{name}::{item}", _Key("tests", "failed in a fixture or a hook"), "") for item in sorted(failed)
        )


def _of_cell(cell: Json) -> Iterator[tuple[_Key, str]]:
    match cell["outcome"]:
        case "timeout":
            yield _Key("cells", "did not come to an end in time"), ""
        case "died":
            yield _Key("cells", "ended the kernel"), ""
        case "error":
            yield _of_error(cell), ""
        case _ if cell["differences"]:
            unstable = {one["place"]: one["directive"] for one in cell["unstable"] if one["is_all"]}
            for values in cell["differences"]:
                difference = difference_from_json({**values, "picture": None})
                if difference.place in unstable:
                    yield _of_noise(unstable[difference.place]), ""
                else:
                    trace = trace_difference("", difference)
                    yield _of_difference(difference), trace.change if trace is not None else ""
        case _:
            yield _Key("cells", cell["message"].partition(";")[0]), ""


def _of_error(cell: Json) -> _Key:
    error = cell["error"]
    if error is None:
        return _Key("cells", cell["message"].partition(";")[0])
    ename, evalue = str(error["ename"]), str(error["evalue"])
    if _STORED in cell["message"]:
        return _Key("errors", "that are stored, in cells without the tag raises-exception")
    module = _MODULE.search(evalue)
    if ename.endswith(("ModuleNotFoundError", "ImportError")) and module is not None:
        name = module[1].partition(".")[0]
        return _Key("cells", f"need {name}, which is not installed", name)
    if ename.endswith("FileNotFoundError"):
        return _Key("cells", "need a file that is not there")
    if _NETWORK.search(ename):
        return _Key("cells", "need the network")
    return _Key("cells", f"raised {ename}")


def _of_noise(directive: str) -> _Key:
    name, _, value = directive.partition("=")
    # Patterns are as many as values.
    known = f", masked by {directive}" if name == "normalise" and value else ""
    return _Key("unstable outputs", f"two runs of the same code differ{known}")


def _of_difference(difference: Difference) -> _Key:
    kind = difference.mimetype or ""
    relative = _RELATIVE.search(difference.summary)
    if difference.place == "stderr":
        return _Key("outputs", "warnings and other text on stderr")
    if difference.severity is Severity.UNJUDGED:
        return _Key("outputs", "could not be compared")
    if difference.kind is not DifferenceKind.CHANGED:
        return _Key("outputs", "missing" if difference.kind is DifferenceKind.MISSING else "new")
    if kind.startswith("image/") and kind != "image/svg+xml":
        if difference.programs is not None and difference.programs[0] != difference.programs[1]:
            return _Key("pictures", "made by {}, now by {}".format(*difference.programs))
        return _Key("pictures", "with other pixels")
    if difference.severity is Severity.PRESENTATION:
        return _Key("outputs", "that say the same in another form")
    if relative is not None and float(relative[1]) <= _CLOSE:
        return _Key("numbers", "that differ by no more than 0.1 %")
    if difference.place == "error":
        return _Key("errors", "other than the stored ones")
    return _Key("outputs", "with other content")
