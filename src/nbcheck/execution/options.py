"""The options of a run, resolved: built at the edge and passed down."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbcheck.compare.base import CompareOptions

DEFAULT_CELL_TIMEOUT = 600.0
"""Seconds. nbmake allows 300, papermill and nbconvert have no limit, nbval 2000: long enough for what people
train in a notebook, short enough to save most of a CI job that hangs."""

DEFAULT_STARTUP_TIMEOUT = 60.0
"""Seconds, as in jupyter_client."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Everything that decides how notebooks are run and judged."""

    cell_timeout: float | None = DEFAULT_CELL_TIMEOUT
    """Seconds a cell may run, counted from the kernel's busy; None for no limit."""
    notebook_timeout: float | None = None
    """Seconds that the cells of a notebook may run altogether; None for no limit but the cells' own."""
    startup_timeout: float = DEFAULT_STARTUP_TIMEOUT
    """Seconds a kernel may take to answer for the first time."""
    kernel: str | None = None
    """Name of a kernelspec; ``notebook`` for the one each notebook names; None lets the manager choose."""
    is_cold: bool = False
    """Start a new interpreter for each notebook, also where a warm one could be forked."""
    max_memory: int | None = None
    """Bytes that a kernel may use with all that it starts; None for no limit."""
    instruments: Mapping[str, Any] = field(default_factory=dict)
    """Settings of what is put into the bundled Python kernel to watch or restrain user code, by name: JSON of whatever
    shape the instrument takes, hence Any."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Values of parameters by name, of whatever JSON holds (hence Any): notebooks are run once, with these, whatever
    sets of parameters they ask for."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that are set for kernels, whatever this process's are."""
    compare: CompareOptions = field(default_factory=CompareOptions)
    """What decides whether outputs are equal."""
    honours_allow_errors: bool = False
    """Whether the cells of a notebook whose metadata hold ``execution.allow_errors`` may raise what they like, as
    nbmake and nbclient have it."""


def find_roots(*folders: Path) -> tuple[str, ...]:
    """Return the folders whose spelling in outputs is noise: those given, home, and that for temporary files."""
    found = [*map(str, folders), os.path.expanduser("~"), tempfile.gettempdir()]
    # "/" as a home or root would make every absolute path noise.
    return tuple(dict.fromkeys(folder for folder in found if os.path.dirname(folder) != folder))
