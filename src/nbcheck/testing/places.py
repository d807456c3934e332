"""Where code of a notebook stands, for people: file, line, cell."""

from __future__ import annotations

import os
from collections.abc import Sequence

from nbcheck.execution.plan import NotebookPlan, PlannedCell

Frame = tuple[str, int | None, str, str, int | None]
"""File, line, name of the function, source of the line, execution count of the cell; as the agent tells it."""


class Places:
    """Translates frames of a traceback into lines of the notebook's file."""

    def __init__(self, plan: NotebookPlan) -> None:
        """Begin; no cell was run yet.

        Args:
            plan: of the notebook.
        """
        self.name = os.path.relpath(plan.path)
        """The file, as the user should see it."""
        self._plan = plan
        self._ran: dict[int, PlannedCell] = {}

    def note_run(self, cell: PlannedCell, execution_count: int | None) -> None:
        """Note under which count a cell was run."""
        if execution_count is not None:
            self._ran[execution_count] = cell

    def of_cell(self, cell: PlannedCell, line: int = 1) -> str:
        """Describe a cell, or a line of it."""
        return f"{self.name}:{self._plan.document.source_line(cell.cell_index, line)}, cell {cell.number}"

    def describe(self, frames: Sequence[Frame]) -> list[str]:
        """Return two lines for each frame, as Python writes them."""
        lines = []
        for file, line, function, source, count in frames:
            cell = self._cell_of(line, source, count)
            if cell is not None and line is not None:
                where = self._plan.document.source_line(cell.cell_index, line)
                inside = "" if function in ("<module>", "<cell line>") else f", in {function}"
                lines.append(f'  File "{self.name}", line {where}{inside} (cell {cell.number}, line {line})')
            elif count is not None:
                lines.append(f"  Injected code, line {line}, in {function}")
            else:
                lines.append(f'  File "{file}", line {line}, in {function}')
            if source:
                lines.append(f"    {source.strip()}")
        return lines

    def _cell_of(self, line: int | None, source: str, count: int | None) -> PlannedCell | None:
        cell = self._ran.get(count) if count is not None else None
        if cell is None or line is None:
            return None
        # What was injected before a cell has the same count. Of a magic, the frame shows what IPython made of it.
        written = cell.source.splitlines()[line - 1 : line]
        is_there = bool(written) and (written[0].strip() == source.strip() or "get_ipython()" in source)
        return cell if is_there else None
