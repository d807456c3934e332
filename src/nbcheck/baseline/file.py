"""The file of a baseline: one line for each known failure, sorted, so that git shows what comes and goes.

docs/baseline.md documents it; whoever changes its layout raises :data:`FORMAT`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

import msgspec

from nbcheck.baseline.known import Known
from nbcheck.document.files import replace_file
from nbcheck.errors import DocumentError, UsageError

FORMAT = 1
"""Layout of the file. One of another layout is not read."""
NAME = "nbcheck-baseline.json"
"""What the file is called unless somebody says otherwise."""
_DEFAULTS = {one.name: one.default for one in fields(Known) if one.default is not MISSING}


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a project knows of."""

    notebooks: Mapping[str, tuple[Known, ...]] = field(default_factory=dict)
    """By path from the project's folder, with the set of parameters if there is one: ``nb.ipynb[alpha=0.1]``."""

    @property
    def count(self) -> int:
        """How many entries there are."""
        return sum(map(len, self.notebooks.values()))

    def of(self, notebook: str) -> tuple[Known, ...]:
        """Return the entries of a notebook."""
        return self.notebooks.get(notebook, ())

    def without(self, gone: Mapping[str, Iterable[Known]], learnt: Mapping[str, Iterable[Known]]) -> Baseline:
        """Return what is left when some entries are gone.

        Args:
            gone: by notebook.
            learnt: what is known instead of some that are gone, likewise.
        """
        left = {}
        for name, entries in self.notebooks.items():
            dropped = {*gone.get(name, ())}
            kept = [entry for entry in entries if entry not in dropped]
            left[name] = tuple(dict.fromkeys([*kept, *learnt.get(name, ())]))
        return Baseline({name: entries for name, entries in left.items() if entries})


def read_baseline(path: Path) -> Baseline:
    """Read a file.

    Raises:
        UsageError: it is not there, or no baseline that this version reads.
    """
    try:
        tree = json.loads(path.read_bytes())
        found = tree.get("format") if isinstance(tree, dict) else None
        if found != FORMAT:
            raise ValueError(f"its format is {found!r}, and this version of nbcheck reads format {FORMAT}")
        return Baseline(msgspec.convert(tree["notebooks"], dict[str, tuple[Known, ...]]))
    except FileNotFoundError:
        raise UsageError(
            f"{path}: there is no such baseline; write it with --nbcheck-write-baseline={path.name}, "
            "or take 'baseline' out of [tool.nbcheck]"
        ) from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, msgspec.ValidationError) as error:
        raise UsageError(f"{path}: no baseline that can be read: {error}") from error


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a file, all or nothing.

    Raises:
        UsageError: it cannot be written.
    """
    notebooks = []
    for name, entries in sorted(baseline.notebooks.items()):
        lines = ",\n".join(f"   {_line(entry)}" for entry in entries)
        notebooks.append(f"  {json.dumps(name)}: [\n{lines}\n  ]")
    inner = ",\n".join(notebooks)
    text = f'{{\n "format": {FORMAT},\n "notebooks": {{\n{inner}\n }}\n}}\n'
    try:
        replace_file(path, text.encode("utf-8", "backslashreplace"))
    except DocumentError as error:
        raise UsageError(str(error)) from error


def _line(entry: Known) -> str:
    values: dict[str, Any] = msgspec.to_builtins(entry)  # Any: JSON
    told = {
        name: value for name, value in values.items() if name not in _DEFAULTS or value != _DEFAULTS[name]
    }
    return json.dumps(told)
