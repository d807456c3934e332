"""What commands know of a notebook before it runs: what pytest would, were it started in its project."""

from __future__ import annotations

import os
from pathlib import Path

from nbcheck.compare.base import CompareOptions
from nbcheck.document.text import read_any_document
from nbcheck.execution.config import NOTHING, load_configuration
from nbcheck.execution.directives import Directives
from nbcheck.execution.extensions import installed_extensions
from nbcheck.execution.options import RunOptions, find_roots
from nbcheck.execution.plan import NotebookPlan, plan_notebook


def read_plan(path: Path, kernel: str | None = None) -> NotebookPlan:
    """Read a notebook, and what is said of it in the file and in its project's configuration.

    Args:
        path: of the notebook.
        kernel: name of the kernelspec that is to run it, if anybody cares.

    Raises:
        NbcheckError: it cannot be read, or what is said makes no sense.
    """
    return plan_notebook(read_any_document(path), run_options(path, kernel), [_configured(path)])


def run_options(path: Path, kernel: str | None = None) -> RunOptions:
    """Return the options that a notebook is run with; ``kernel`` is as for :func:`read_plan`."""
    folder = Path(os.path.abspath(path)).parent
    compare = CompareOptions(
        roots=find_roots(folder, _project(path) or folder),
        # A conftest.py, which only pytest reads, may have more.
        extensions=installed_extensions(are_all_known=False),
    )
    return RunOptions(kernel=kernel, compare=compare)


def _project(path: Path) -> Path | None:
    """Return the nearest folder above a notebook with a pyproject.toml; pytest takes it for its root."""
    absolute = Path(os.path.abspath(path))
    return next((folder for folder in absolute.parents if (folder / "pyproject.toml").is_file()), None)


def _configured(path: Path) -> Directives:
    project = _project(path)
    if project is None:
        return NOTHING.directives_for(path.as_posix())
    relative = Path(os.path.abspath(path)).relative_to(project)
    return load_configuration(project / "pyproject.toml").directives_for(relative.as_posix())
