"""The link between a test and the kernel of its notebook: requests to the agent there, and what they come to."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import IO, Any, NoReturn

from nbcheck.errors import KernelDied, KernelError, NotebookError, NotebookTimeout, UsageError
from nbcheck.execution.check import Ending, Execution
from nbcheck.execution.fold import CellFold, NotebookFold
from nbcheck.execution.plan import PlannedCell, hidden_cell
from nbcheck.execution.request import CellRun
from nbcheck.manager.manager import Kernel
from nbcheck.results import CellError
from nbcheck.testing import failure
from nbcheck.testing.places import Places
from nbcheck.testing.reference import Reference

_MODULE = "_nbcheck_agent"
_AGENT = f"__import__('sys').modules['{_MODULE}']"


class _Pickler(pickle.Pickler):
    def __init__(self, file: IO[bytes], link: Link) -> None:
        super().__init__(file, 5)
        self._link = link

    def persistent_id(self, obj: object) -> int | None:
        if type(obj) is not Reference:
            return None
        if obj._nbcheck_link is not self._link:
            raise UsageError(
                f"a reference to an object of {obj._nbcheck_link.name} is of no use in {self._link.name}"
            )
        return obj._nbcheck_handle


class Link:
    """Runs code in a kernel for a test; every wait has the deadline of a cell."""

    def __init__(self, kernel: Kernel, places: Places, folder: Path, timeout: float | None) -> None:
        """Take the parts.

        Args:
            kernel: started; the link does not end it.
            places: of code in the notebook.
            folder: empty, and of this user alone; requests and answers lie there.
            timeout: seconds for a request; None for no limit.
        """
        self.name = places.name
        self.released: list[int] = []
        """Handles of objects that no reference in the test stands for any more."""
        self._kernel = kernel
        self._places = places
        self._folder = folder
        self._timeout = timeout
        self._fold = NotebookFold()
        self._has_agent = False
        self._ended = ""

    # ---- running code

    def run_cell(self, cell: PlannedCell) -> tuple[Execution, CellFold]:
        """Run a cell of the notebook, or code in the place of one, to its end; errors it raises are in the execution.

        Raises:
            KernelError: it could not be run to its end.
            NotebookTimeout: it was stopped after its time.
        """
        __tracebackhide__ = True
        return self._run(cell, self._places.of_cell(cell))

    def run_hidden(self, source: str, place: str) -> CellFold:
        """Run code that is no cell; what it prints is printed here.

        Args:
            source: the code.
            place: what it is, for people.

        Raises:
            Exception: whatever it raises.
        """
        __tracebackhide__ = True
        execution, fold = self._run_hidden(source, place)
        if execution.error is not None:
            self.raise_error(execution.error, place)
        return fold

    def _run_hidden(self, source: str, place: str) -> tuple[Execution, CellFold]:
        __tracebackhide__ = True
        execution, fold = self._run(
            hidden_cell(source, self._timeout), f"{self.name}, {place}", is_hidden=True
        )
        for output in fold.outputs():
            if output["output_type"] == "stream":
                print(output["text"], end="", file=sys.stderr if output["name"] == "stderr" else sys.stdout)
        return execution, fold

    def _run(self, cell: PlannedCell, place: str, *, is_hidden: bool = False) -> tuple[Execution, CellFold]:
        __tracebackhide__ = True
        if self._ended:
            raise KernelError(f"{place}: the kernel {self._ended}")
        run = CellRun(cell, self._kernel, self._fold, is_hidden=is_hidden)
        try:
            execution = run.run()
        except BaseException as error:
            # An interrupt of the test, or a time limit of somebody else's: the kernel may still be busy.
            self._ended = f"was ended when {type(error).__name__} stopped the test"
            self._kernel.kill()
            raise
        if execution.ending is Ending.REPLIED:
            return execution, run.fold
        detail = f"{place}: {execution.detail}"
        if execution.ending is Ending.TIMEOUT:
            raise NotebookTimeout(detail)
        if execution.ending is Ending.DIED:
            self._ended = "has died before"
            self._raise_death(place)
        raise KernelError(detail)

    def _raise_death(self, place: str) -> NoReturn:
        __tracebackhide__ = True
        try:
            while True:  # the client says it again to who asks for more
                self._kernel.client.next_message(0.0)
        except KernelDied as error:
            error.add_note(f"while this ran: {place}")
            raise error from None

    # ---- the agent

    # Any: a function of the notebook takes and returns whatever it likes
    def apply(
        self,
        function: Callable[..., Any] | str,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        way: str = "auto",
        place: str = "",
    ) -> Any:
        """Call a function in the kernel.

        Args:
            function: importable there, a reference, or the name of one of the agent's.
            args: its arguments; references among them become their objects.
            kwargs: likewise.
            way: ``auto`` for a copy of the result where one can be made, else a reference; or the one of the two.
            place: what is called, for people.

        Raises:
            Exception: whatever it raises.
            UsageError: something cannot be copied.
            KernelError: the kernel did not answer as it should.
        """
        __tracebackhide__ = True
        released, self.released = self.released, []
        what = place or _describe(function, args)
        self._write((function, args, dict(kwargs or {}), way, released), what)
        answer = self._ask(f"{_AGENT}.serve({str(self._folder)!r})", what)
        if answer["kind"] == "coroutine":
            finish = f"await {_AGENT}.finish({str(self._folder)!r}, {answer['handle']}, {way!r})"
            answer = self._ask(finish, what)
        return self._read(answer, way, what)

    def _write(self, request: tuple[Any, ...], what: str) -> None:
        __tracebackhide__ = True
        try:
            with (self._folder / "request").open("wb") as file:
                _Pickler(file, self).dump(request)
        except UsageError:
            raise
        # A __reduce__ of the test's may raise anything.
        except Exception as error:
            raise UsageError(
                f"{self.name}, {what}: a value cannot be copied into the notebook's kernel "
                f"({type(error).__name__}: {error}); define it there with nb.inject()"
            ) from error

    def _ask(self, source: str, what: str) -> dict[str, Any]:
        __tracebackhide__ = True
        if not self._has_agent:
            self._install()
        execution, _ = self._run_hidden(source, what)
        if execution.error is not None:  # what a function raised is in an answer, except for an interrupt
            failure.raise_told(execution.error, self._places, what)
        answer_file = self._folder / "answer"
        try:
            with answer_file.open("rb") as file:
                answer: dict[str, Any] = pickle.load(file)  # noqa: S301 - from our own kernel
        except FileNotFoundError as error:
            raise KernelError(f"{self.name}, {what}: the kernel gave no answer") from error
        answer_file.unlink()
        return answer

    def _install(self) -> None:
        info = self._kernel.client.kernel_info
        language = info.language_info.name if info is not None else None
        if language != "python":
            raise UsageError(
                f"{self.name}: only Python notebooks let a test call functions and read variables, "
                f"and its kernel speaks {language or 'no language that it names'}; cells can be run"
            )
        source = files("nbcheck.testing").joinpath("agent.py").read_text("utf-8")
        # No name is left in the user's namespace.
        self.run_hidden(
            f"(lambda module: (module.__dict__.update(__file__='<nbcheck agent>'), __import__('sys').modules."
            f"update({_MODULE}=module), __import__('builtins').exec(__import__('builtins').compile("
            f"{source!r}, '<nbcheck agent>', 'exec'), module.__dict__)) and None)"
            f"(__import__('types').ModuleType('{_MODULE}'))",
            "the agent",
        )
        self._has_agent = True

    def _read(self, answer: Mapping[str, Any], way: str, what: str) -> Any:
        __tracebackhide__ = True
        match answer["kind"]:
            case "value":
                try:
                    return pickle.loads(answer["data"])  # noqa: S301 - from our own kernel
                # What it imports or calls may raise anything.
                except Exception as error:
                    if way == "value":
                        why = f"it cannot be read here: {type(error).__name__}: {error}"
                        raise UsageError(f"{self.name}, {what}: no copy: {why}") from error
                    return self.apply("last_value", way="reference", place=what)
            case "reference":
                if way == "value":
                    why = answer["why"] or "code stays in the notebook"
                    raise UsageError(
                        f"{self.name}, {what}: no copy can be made of a {answer['class']}: {why}"
                    )
                return Reference(self, answer["handle"], answer["class"])
            case "unreadable":
                raise UsageError(
                    f"{self.name}, {what}: an argument cannot be read in the notebook's kernel ({answer['why']}); "
                    "its class has to be importable there as well, or be defined with nb.inject()"
                )
        failure.raise_described(answer, self._places, what)

    def raise_error(self, error: CellError, place: str) -> NoReturn:
        """Raise what code of the notebook raised, as the exception itself where it can be had."""
        __tracebackhide__ = True
        described = self._last_error()
        # IPython keeps the last exception, but not that of a magic's wrong use.
        if described is not None and failure.is_same(described, error):
            failure.raise_described(described, self._places, place)
        failure.raise_told(error, self._places, place)

    def _last_error(self) -> Mapping[str, Any] | None:
        try:
            described: Mapping[str, Any] | None = self.apply("last_error", place="the last error")
        except (KernelError, NotebookError, UsageError):
            return None
        return described


def _describe(function: Callable[..., Any] | str, args: tuple[Any, ...]) -> str:
    if isinstance(function, str) and args and isinstance(args[0], str):
        return args[0]
    if type(function) is Reference:
        return f"a call of a {function._nbcheck_class}"
    subject = f" of a {args[0]._nbcheck_class}" if args and type(args[0]) is Reference else ""
    return f"{getattr(function, '__name__', 'a method')}(){subject}"
