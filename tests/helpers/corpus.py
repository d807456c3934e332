"""The labelled corpus: pairs of outputs, each noise or a change, of which ``tests/data/compare`` is made.

``<kind>/cases.json`` is a list of cases with ``title``, ``verdict`` (noise or change), ``expected``, ``actual`` and
maybe ``options``. What the two values are depends on the kind, see :func:`as_outputs`. The kind ``libraries`` holds
what real libraries put out: in a fresh kernel, in one where every cell ran three times, and with another number or
label.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbcheck.compare import CompareMode, CompareOptions

Output = dict[str, Any]

FOLDER = Path(__file__).parents[1] / "data" / "compare"

_MIMETYPES = {
    "html": "text/html",
    "javascript": "application/javascript",
    "latex": "text/latex",
    "markdown": "text/markdown",
    "numbers": "text/plain",
    "plain": "text/plain",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, eq=False)
class Pair:
    """One labelled pair."""

    kind: str
    """The folder."""
    title: str
    """What it is about."""
    is_change: bool
    """Whether a tester has to fail."""
    expected: list[Output]
    """Stored outputs of a cell."""
    actual: list[Output]
    """What the cell just put out."""
    spelled: dict[str, Any] = field(default_factory=dict)
    """The options it is labelled for, as the file has them; empty for the default ones."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}"

    @property
    def options(self) -> CompareOptions:
        """The options it is labelled for."""
        return as_options(self.spelled)


def load_pairs() -> list[Pair]:
    """Read the corpus, in the order of its files."""
    return [
        Pair(
            path.parent.name,
            case["title"],
            case["verdict"] == "change",
            as_outputs(path.parent.name, case["expected"]),
            as_outputs(path.parent.name, case["actual"]),
            case.get("options", {}),
        )
        for path in sorted(FOLDER.glob("*/cases.json"))
        for case in json.loads(path.read_text("utf-8"))
    ]


def as_outputs(kind: str, value: Any) -> list[Output]:
    """Make outputs of what a case of this kind holds."""
    if kind in ("outputs", "libraries"):
        return list(value)
    if kind == "stream":
        return [{"output_type": "stream", "name": "stdout", "text": value}]
    if kind == "error":
        return [
            {"output_type": "error", "ename": value[0], "evalue": value[1], "traceback": [str(id(value))]}
        ]
    data = {_MIMETYPES[kind]: value} if kind in _MIMETYPES else value
    return [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}]


def as_options(spelled: dict[str, Any]) -> CompareOptions:
    """Make options of what a case holds."""
    values = dict(spelled)
    for name in ("disabled_normalisers", "enabled_normalisers", "ignored"):
        values[name] = frozenset(values.get(name, ()))
    values["roots"] = tuple(values.get("roots", ()))
    values["mode"] = CompareMode(values.get("mode", "semantic"))
    return CompareOptions(**values)
