"""A notebook opened by a test."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from nbcheck.document.text import read_any_document
from nbcheck.errors import UsageError
from nbcheck.execution.check import explain_unexpected
from nbcheck.execution.kernels import Kernels, start_for
from nbcheck.execution.options import RunOptions
from nbcheck.execution.parameters import apply_parameters
from nbcheck.execution.plan import NotebookPlan, PlannedCell, plan_notebook
from nbcheck.manager.manager import Kernel
from nbcheck.testing.cells import Cell, cell_tags, find_cell
from nbcheck.testing.link import Link
from nbcheck.testing.places import Places
from nbcheck.testing.reference import Reference

Address = int | str
"""Of a code cell: its number, from 1, or from the end if negative; ``cell-3``; its tag; its name; nbformat's id."""


class Notebook:
    """A notebook with a kernel of its own. No cell runs before a test asks for it."""

    def __init__(self, plan: NotebookPlan, kernel: Kernel, folder: Path, timeout: float | None) -> None:
        """Take the parts; :func:`open_notebook` makes them.

        Args:
            plan: of the notebook.
            kernel: started.
            folder: empty, for what goes between test and kernel.
            timeout: seconds for what is no cell: calls, injected code; None for no limit.
        """
        self.path = plan.path
        """The file."""
        self._plan = plan
        self._places = Places(plan)
        self._link = Link(kernel, self._places, folder, timeout)
        self._cells = [Cell(cell, cell_tags(plan, cell), self._places.name) for cell in plan.cells]
        self._is_set_up = False
        self._ran_to = 0  # number of the last cell of the notebook's own order that was run
        self._around: dict[tuple[int, str], list[str]] = {}

    def __repr__(self) -> str:
        return f"<notebook {self._places.name}>"

    # ---- cells

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Its code cells, in file order."""
        return tuple(self._cells)

    def cell(self, address: Address) -> Cell:
        """Return a cell.

        Raises:
            UsageError: there is no such cell, or several.
        """
        return self._cells[find_cell(self._plan, address).number - 1]

    def run(self, *cells: Address, start: Address | None = None, to: Address | None = None) -> None:
        """Run cells.

        - ``nb.run()`` runs what was not run yet, in order, to the end of the notebook;
        - ``nb.run(to="model")`` likewise, up to and with that cell, and nothing if it was run before;
        - ``nb.run(start="load", to="clean")`` runs these cells and those between, also once more;
        - ``nb.run("plot")``, ``nb.run(3, 1)`` run just these, in this order, also once more.

        Cells that directives or tags say to skip are skipped, unless they are named.

        Raises:
            Exception: whatever a cell raises, unless it is tagged raises-exception.
            NotebookTimeout: a cell did not finish in its time.
            KernelError: the kernel died, or could not run a cell to its end.
            UsageError: there is no such cell.
        """
        __tracebackhide__ = True
        if cells and (start is not None or to is not None):
            raise UsageError("nb.run(): name cells, or say where to start and to end, not both")
        if cells:
            for cell in [find_cell(self._plan, address) for address in cells]:
                self._run_cell(cell)
            return
        first = self._ran_to + 1 if start is None else find_cell(self._plan, start).number
        last = len(self._cells) if to is None else find_cell(self._plan, to).number
        if start is not None and first > last:
            raise UsageError(f"nb.run(): cell {first}, where to start, comes after cell {last}")
        for cell in self._plan.cells[first - 1 : last]:
            if not cell.skipped_by:
                self._run_cell(cell)
            self._ran_to = max(self._ran_to, cell.number)

    def _run_cell(self, cell: PlannedCell) -> None:
        __tracebackhide__ = True
        if cell.faults:
            raise UsageError(f"{self._places.of_cell(cell)}: {cell.faults[0].problem}")
        if not self._is_set_up:
            self._is_set_up = True
            for code in self._plan.setup:
                self._link.run_hidden(code.source, f"{code.what}, run before the first cell")
        self._run_around(cell, "before")
        execution, fold = self._link.run_cell(cell)
        self._places.note_run(cell, execution.execution_count)
        self._cells[cell.number - 1].take(fold, execution.error)
        # A stored error says what the author saw, not that it is meant.
        if explain_unexpected(replace(cell, expected=(), has_vain_permission=False), execution.error):
            assert execution.error is not None  # noqa: S101 - nothing else is to be explained
            self._link.raise_error(execution.error, f"cell {cell.number}")
        if execution.error is None:
            for after in cell.after:
                self._link.run_hidden(after.source, f"{after.what}, run after cell {cell.number}")
        self._run_around(cell, "after")

    def _run_around(self, cell: PlannedCell, side: str) -> None:
        __tracebackhide__ = True
        for source in self._around.get((cell.number, side), ()):
            self._link.run_hidden(source, f"code injected {side} cell {cell.number}")

    # ---- variables and functions; Any: they are of whatever type the notebook has them

    def __getitem__(self, name: str) -> Any:
        """Return a variable: a copy of its value where one can be made, else a reference to it."""
        __tracebackhide__ = True
        return self._link.apply("get_variable", (name,))

    def __setitem__(self, name: str, value: object) -> None:
        """Set a variable to a copy of a value, or to the object that a reference stands for."""
        __tracebackhide__ = True
        if not name.isidentifier():
            raise UsageError(f"{name!r} is not the name of a variable")
        self._link.apply("set_variable", (name, value))

    def __delitem__(self, name: str) -> None:
        """Delete a variable."""
        __tracebackhide__ = True
        self._link.apply("delete_variable", (name,))

    def __contains__(self, name: object) -> bool:
        """Whether the notebook has a variable of that name."""
        __tracebackhide__ = True
        return bool(self._link.apply("has_variable", (name,)))

    # Who can be indexed would be iterated, by the numbers from 0.
    __iter__ = None

    def call(self, function: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function, or anything else that can be called, which the notebook has under a name.

        Arguments are copied, references become their objects; a coroutine is awaited.

        Returns:
            A copy of what it returns where one can be made, else a reference.

        Raises:
            Exception: whatever it raises.
        """
        __tracebackhide__ = True
        return self._link.apply("call_variable", (function, args, kwargs), place=f"{function}()")

    def eval(self, expression: str) -> Any:
        """Evaluate an expression in the notebook; the result is as for :meth:`call`."""
        __tracebackhide__ = True
        return self._link.apply("evaluate", (expression,))

    def ref(self, expression: str) -> Reference:
        """Return a reference to what an expression gives, also where a copy could be made."""
        __tracebackhide__ = True
        reference: Reference = self._link.apply("evaluate", (expression,), way="reference")
        return reference

    def value(self, reference: Reference) -> Any:
        """Return a copy of the object that a reference stands for.

        Raises:
            UsageError: none can be made; it says why.
        """
        __tracebackhide__ = True
        return self._link.apply("identity", (reference,), way="value", place="nb.value()")

    # ---- code

    def inject(self, source: str, *, before: Address | None = None, after: Address | None = None) -> None:
        """Run code in the notebook that does not stand in it.

        Args:
            source: what could stand in a cell; what it prints is printed by the test.
            before: run it whenever this cell is about to run, not now.
            after: run it whenever this cell has run, not now.

        Raises:
            Exception: whatever it raises.
        """
        __tracebackhide__ = True
        sides = {"before": before, "after": after}
        wanted = {side: address for side, address in sides.items() if address is not None}
        for side, address in wanted.items():
            number = find_cell(self._plan, address).number
            self._around.setdefault((number, side), []).append(source)
        if not wanted:
            self._link.run_hidden(source, "injected code")

    @contextmanager
    def patch(self, target: str, **options: Any) -> Generator[Any]:
        """Replace an object in the notebook's kernel for a while, as :func:`unittest.mock.patch` does.

        Args:
            target: ``requests.get``; without a point a variable of the notebook.
            options: those of :func:`unittest.mock.patch`: ``new``, ``return_value``, ``side_effect`` ...

        Yields:
            A reference to what takes its place: ``get.assert_called_once()``.
        """
        __tracebackhide__ = True
        place = target if "." in target else f"__main__.{target}"
        with self._patched(mock.patch, (place,), options) as replaced:
            yield replaced

    @contextmanager
    def patch_dict(
        self, target: str | Reference, values: Mapping[str, Any] | None = None, *, clear: bool = False
    ) -> Generator[None]:
        """Change a dictionary in the notebook's kernel for a while, as :func:`unittest.mock.patch.dict` does.

        Args:
            target: ``os.environ``; without a point a variable of the notebook; or a reference.
            values: to be set.
            clear: whether what it holds is taken out first.
        """
        __tracebackhide__ = True
        place = f"__main__.{target}" if isinstance(target, str) and "." not in target else target
        with self._patched(mock.patch.dict, (place, dict(values or {})), {"clear": clear}):
            yield

    @contextmanager
    def _patched(self, patch: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Iterator[Any]:
        __tracebackhide__ = True
        patcher = self._link.apply(patch, args, options, way="reference", place=f"patch {args[0]}")
        replaced = patcher.start()
        try:
            yield replaced
        finally:
            patcher.stop()


@contextmanager
def open_notebook(
    path: str | Path,
    *,
    kernel: str | None = None,
    timeout: float | None = None,
    cwd: str | Path | None = None,
    parameters: Mapping[str, Any] | None = None,  # Any: whatever JSON holds
    options: RunOptions | None = None,
    kernels: Kernels | None = None,
) -> Generator[Notebook]:
    """Open a notebook with a kernel of its own; both are closed at the end of the ``with``.

    Args:
        path: of the notebook.
        kernel: name of the kernelspec to run it, ``notebook`` for the one it names; None as ``pytest --nbcheck`` does.
        timeout: seconds for each cell and each call; None for what ``options`` say, which is 600 by default.
        cwd: the kernel's working directory; None is the notebook's folder.
        parameters: values to be set after the cell tagged ``parameters``, by name, as papermill does.
        options: what else holds for running it.
        kernels: where its kernel comes from, if several notebooks are to share the process that serves them.

    Yields:
        The notebook.

    Raises:
        UsageError: there is no such parameter, or directives cannot be followed.
        DocumentError: the file cannot be read as a notebook.
        KernelError: the kernel cannot be started.
    """
    path = Path(path)
    options = options or RunOptions()
    options = replace(options, kernel=kernel or options.kernel, cell_timeout=timeout or options.cell_timeout)
    plan = plan_notebook(read_any_document(path), options)
    if parameters is not None:
        plan = apply_parameters(plan, parameters)
    with ExitStack() as stack:
        if kernels is None:
            kernels = Kernels()
            stack.callback(kernels.close)
        choice = kernels.choose(plan.document.notebook.metadata, options.kernel)
        started = start_for(kernels, plan, options, choice, cwd=Path(cwd or path.absolute().parent))
        stack.callback(started.close)
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="nbcheck-")))
        yield Notebook(plan, started, folder, options.cell_timeout)
