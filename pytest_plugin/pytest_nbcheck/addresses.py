"""Other names of cells, on the command line and after ``--deselect``: rewritten before anything is collected.

pytest finds and remembers tests by their node ids, ``nb.ipynb::cell-3``. A name that an author gave, nbformat's id and
nbval's ``Cell 2`` become that, so whatever else pytest and its plugins do with a node id works.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_nbcheck.order import DESELECTED
from pytest_nbcheck.session import NotebookSession

if TYPE_CHECKING:
    from nbcheck.execution.plan import NotebookPlan

_SEPARATOR = "::"
_WHOLE = "notebook"


@dataclass(frozen=True, slots=True)
class _Address:
    """A node id that somebody wrote, of a notebook that is there."""

    written: str
    """All of it."""
    file: str
    """The file as it was written."""
    path: Path
    """Where the file is."""
    name: str
    """What stands behind it; empty for nothing."""
    parameters: str
    """What follows that in brackets, with them."""

    @property
    def is_of_whole(self) -> bool:
        """Whether it means all of the notebook: in our words, nbmake's or pytest-notebook's."""
        return self.name in ("", _WHOLE, self.path.name, f"nbregression({self.path.stem})")


class Addresses:
    """Reads the names of cells that a run was started with."""

    def __init__(self, config: pytest.Config, session: NotebookSession, nbval_from: int) -> None:
        """Begin.

        Args:
            config: pytest's.
            session: knows what a notebook is, and what is said of it.
            nbval_from: number of a notebook's first cell in nbval's names.
        """
        self._config = config
        self._session = session
        self._nbval_from = nbval_from
        self._problems: list[str] = []

    def rewrite(self) -> None:
        """Put node ids into the place of all other names.

        Raises:
            pytest.UsageError: names lead to no cell; it tells all of them.
        """
        config = self._config
        config.args[:] = [self._rewrite_argument(argument) for argument in config.args]
        deselected: list[tuple[str, str]] = []
        left: list[str] = []
        for text in config.option.deselect or ():
            address = self._read(text, (config.rootpath, config.invocation_params.dir))
            if address is None:
                left.append(text)
                continue
            file = os.path.relpath(address.path, config.rootpath)
            if address.is_of_whole:
                left.append(f"{Path(file).as_posix()}{_SEPARATOR}")
            else:
                deselected.append((file, self._item_name(address)))
        if self._problems:
            raise pytest.UsageError("\n".join(self._problems))
        config.option.deselect = left
        # An option, so that xdist hands it to its workers.
        setattr(config.option, DESELECTED, deselected)

    def _rewrite_argument(self, text: str) -> str:
        address = self._read(text, (self._config.invocation_params.dir,))
        if address is None:
            return text
        if address.is_of_whole:
            return address.file
        name = self._item_name(address)
        return f"{address.file}{_SEPARATOR}{name}" if name else address.file

    def _read(self, text: str, folders: Sequence[Path]) -> _Address | None:
        """Take a node id apart; None when it is none of a notebook, which is pytest's business."""
        file, separator, rest = text.partition(_SEPARATOR)
        if not separator or _SEPARATOR in rest.partition("[")[0]:
            return None
        path = next((path for folder in folders if (path := folder / file).is_file()), None)
        if path is None or not self._session.is_notebook(path, is_asked_for=True):
            return None
        name, bracket, parameters = rest.partition("[")
        if name == _WHOLE and bracket:
            return None  # the item of a whole notebook with one of its sets of parameters, as it is
        return _Address(text, file, path, name, f"{bracket}{parameters}")

    def _item_name(self, address: _Address) -> str:
        """Return the name of a cell's item; empty when the notebook cannot be read, which its own item will tell."""
        from nbcheck.errors import DocumentError, UsageError
        from nbcheck.execution.address import find_cell

        try:
            plan = self._plan(address.path)
        except (DocumentError, UsageError):
            return ""
        if self._session.options.items == _WHOLE:
            self._problems.append(
                f"{address.written}: with --nbcheck-items=notebook a notebook is one test; write {address.file}"
            )
            return ""
        try:
            number = find_cell(address.name, plan.cells, nbval_from=self._nbval_from)
        except LookupError as error:
            self._problems.append(f"{address.written}: {error}")
            return ""
        return f"cell-{number}{address.parameters}"

    def _plan(self, path: Path) -> NotebookPlan:
        from nbcheck.execution.options import RunOptions
        from pytest_nbcheck.items import read_plan

        return read_plan(path, RunOptions(), self._session.outer_directives(path))
