"""Every error class of nbcheck.

The tree::

    NbcheckError
    ├── DocumentError              a notebook file that cannot be read or written, or is not a notebook
    ├── ProtocolError
    │   ├── LocalProtocolError     we broke the rules of the Jupyter protocol
    │   └── RemoteProtocolError    the peer did
    ├── KernelError
    │   ├── KernelNotFound         no kernelspec of that name
    │   ├── KernelspecError        a kernelspec that cannot be used
    │   ├── KernelStartTimeout     the kernel did not answer in time
    │   └── KernelDied             the kernel's process ended
    │       └── KernelMemoryExceeded   it was ended because it used more memory than it may
    ├── NotebookError              code that a test ran in a notebook raised an exception
    ├── NotebookTimeout            code that a test ran in a notebook did not finish in time
    ├── CompareError               a comparer or normaliser could not do its work
    └── UsageError                 an option, a directive or a configuration value is wrong

Constructors take facts and ``__str__`` composes what happened, where, and the next step. ``slug`` is the
anchor of the error in docs/messages.md, where cause and remedy are explained at length.
"""

from __future__ import annotations

import math
import signal
from collections.abc import Sequence
from pathlib import Path


class NbcheckError(Exception):
    """Root of all errors that nbcheck raises on purpose."""

    slug = "error"


class DocumentError(NbcheckError):
    """A file cannot be read as a notebook, or a notebook cannot be edited or written."""

    slug = "document"

    def __init__(
        self,
        problem: str,
        *,
        path: Path | str | None = None,
        line: int | None = None,
        column: int | None = None,
        pointer: str | None = None,
        remedy: str | None = None,
    ) -> None:
        """Keep the facts.

        Args:
            problem: what was found and what was expected, without a full stop.
            path: the file; None for text that came from no file.
            line: 1-based line in the file.
            column: 1-based column in that line, in characters.
            pointer: JSON pointer (RFC 6901) of the faulty value.
            remedy: what to do next, without a full stop.
        """
        super().__init__(problem)
        self.problem = problem
        self.path = path
        self.line = line
        self.column = column
        self.pointer = pointer
        self.remedy = remedy

    def __str__(self) -> str:
        place = str(self.path) if self.path is not None else "notebook"
        if self.line is not None:
            place += f", line {self.line}"
            if self.column is not None:
                place += f", column {self.column}"
        if self.pointer:
            place += f" ({self.pointer})"
        return f"{place}: {self.problem}" + (f"; {self.remedy}" if self.remedy else "")


class ProtocolError(NbcheckError):
    """A message does not follow the Jupyter messaging protocol."""

    slug = "protocol"


class LocalProtocolError(ProtocolError):
    """We were about to break the protocol: a bug in nbcheck or in code that uses it."""

    slug = "protocol-local"


class RemoteProtocolError(ProtocolError):
    """The peer broke the protocol; what it sent is dropped."""

    slug = "protocol-remote"


class KernelError(NbcheckError):
    """A kernel could not do its work."""

    slug = "kernel"


class KernelNotFound(KernelError):
    """No kernelspec of that name is installed."""

    slug = "kernel-not-found"

    def __init__(self, name: str, known: Sequence[str] = (), searched: Sequence[Path] = ()) -> None:
        """Keep the facts.

        Args:
            name: the kernelspec's name that was asked for.
            known: names that are installed, sorted.
            searched: directories that were searched, first one first.
        """
        super().__init__(name)
        self.name = name
        self.known = tuple(known)
        self.searched = tuple(searched)

    def __str__(self) -> str:
        known = ", ".join(self.known) or "none"
        return (
            f"no kernelspec named {self.name!r} (installed: {known}); "
            "install that kernel, or choose another with --nbcheck-kernel NAME"
        )


class KernelspecError(KernelError):
    """A kernelspec is installed, but its kernel.json is not what Jupyter specifies."""

    slug = "kernelspec"

    def __init__(self, name: str, problems: Sequence[str], path: Path | None = None) -> None:
        """Keep the facts: the kernelspec's name, all that is wrong with it, and its kernel.json."""
        super().__init__(name, tuple(problems))
        self.name = name
        self.problems = tuple(problems)
        self.path = path

    def __str__(self) -> str:
        place = f" ({self.path})" if self.path is not None else ""
        return (
            f"kernelspec {self.name!r}{place} cannot be used: {'; '.join(self.problems)}; "
            "install that kernel anew, or choose another with --nbcheck-kernel NAME"
        )


class KernelStartTimeout(KernelError):
    """The kernel's process runs but did not answer kernel_info in time."""

    slug = "kernel-start-timeout"

    def __init__(self, name: str, seconds: float, output: str = "") -> None:
        """Keep the facts: kernel name, the seconds waited, what the process printed until then."""
        super().__init__(name, seconds)
        self.name = name
        self.seconds = seconds
        self.output = output

    def __str__(self) -> str:
        said = f"; it printed:\n{self.output.rstrip()}" if self.output.strip() else ""
        return f"kernel {self.name!r} did not answer within {self.seconds:g} s of its start{said}"


class KernelDied(KernelError):
    """The kernel's process ended while it was needed."""

    slug = "kernel-died"

    def __init__(self, name: str, returncode: int | None, output: str = "") -> None:
        """Keep the facts.

        Args:
            name: kernel name.
            returncode: exit code, minus the signal number when a signal ended it, None when unknown
                (as in :class:`subprocess.Popen`).
            output: what the process wrote to its own stdout and stderr and nobody showed yet.
        """
        super().__init__(name, returncode)
        self.name = name
        self.returncode = returncode
        self.output = output

    @property
    def cause(self) -> str:
        """How it ended, in words: ``exit code 3``, ``signal SIGSEGV``."""
        return describe_exit(self.returncode)

    @property
    def summary(self) -> str:
        """What happened, as the end of a sentence on the kernel: ``died with exit code 3``."""
        return f"died with {self.cause}"

    @property
    def remedy(self) -> str:
        """What to do next; empty when that depends."""
        return ""

    def __str__(self) -> str:
        said = f"; it printed:\n{self.output.rstrip()}" if self.output.strip() else ""
        return f"kernel {self.name!r} {self.summary}{said}"


class KernelMemoryExceeded(KernelDied):
    """The kernel, with all processes that it started, used more memory than it may, and was ended."""

    slug = "kernel-memory-exceeded"

    def __init__(self, name: str, returncode: int | None, output: str = "", *, used: int, limit: int) -> None:
        """Keep the facts: those of :class:`KernelDied`, the bytes in use when it was ended, the bytes allowed."""
        super().__init__(name, returncode, output)
        self.used = used
        self.limit = limit

    @property
    def summary(self) -> str:
        """What happened, as the end of a sentence on the kernel."""
        return describe_excess(self.used, self.limit)

    @property
    def remedy(self) -> str:
        """What to do next."""
        return "raise --nbcheck-max-memory or its directive max-memory, or hold less in memory at a time"


class NotebookError(NbcheckError):
    """Code that a test ran in a notebook raised an exception.

    It is raised itself where the exception cannot be made in the test; else it is the exception's ``__cause__``.
    """

    slug = "notebook"

    def __init__(self, ename: str, evalue: str, traceback: str = "") -> None:
        """Keep the facts.

        Args:
            ename: name of the exception's class.
            evalue: its message.
            traceback: what the notebook was doing, several lines.
        """
        super().__init__(ename, evalue)
        self.ename = ename
        self.evalue = evalue
        self.traceback = traceback

    def __str__(self) -> str:
        told = f"{self.ename}: {self.evalue}" if self.evalue else self.ename
        return f"{told}\n{self.traceback}" if self.traceback else told


class NotebookTimeout(NbcheckError, TimeoutError):
    """Code that a test ran in a notebook was stopped after its time; the text says what, and after how long."""

    slug = "notebook-timeout"


class CompareError(NbcheckError):
    """A comparer or a normaliser failed; the outputs count as different."""

    slug = "compare"


class UsageError(NbcheckError):
    """An option, directive or configuration value is wrong; the text names it and what is allowed."""

    slug = "usage"


def describe_exit(returncode: int | None) -> str:
    """Say how a process ended.

    Args:
        returncode: exit code; minus the signal number for a signal; None when unknown.

    Returns:
        ``exit code 3``, ``signal SIGKILL (often: out of memory)``, ``unknown exit status``.
    """
    if returncode is None:
        return "unknown exit status"
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = str(-returncode)
    # The kernel's OOM killer is by far the commonest sender of SIGKILL that a notebook's author meets.
    return f"signal {name}" + (" (often: out of memory)" if name == "SIGKILL" else "")


def describe_excess(used: int, limit: int) -> str:
    """Say that a kernel used more memory than it may.

    Args:
        used: bytes in use.
        limit: bytes allowed.

    Returns:
        The end of a sentence on the kernel, with sizes as the option takes them.
    """
    # Rounded up: what was used is never shown as what is allowed.
    return f"used {spell_size(used)} of memory, more than the {spell_size(limit)} that it may, and was ended"


def spell_size(number: int) -> str:
    """Spell a number of bytes as options take it, rounded up."""
    for unit, factor in (("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)):
        if number >= factor:
            return f"{math.ceil(number / factor * 100) / 100:g}{unit}"
    return f"{number} bytes"
