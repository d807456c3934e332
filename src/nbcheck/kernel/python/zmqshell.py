"""IPython's shell, in a kernel.

Names are ipykernel's where libraries look for them: several tell a notebook from a terminal by ``zmq`` in the name of
the shell's class or module, or by ``IPKernelApp`` in its configuration.
"""

# mypy: allow-untyped-calls
# IPython has type annotations in parts only, and other ones in each version.

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import Token
from subprocess import CalledProcessError
from types import FrameType, TracebackType
from typing import Any

from IPython.core import page
from IPython.core.autocall import ZMQExitAutocall
from IPython.core.interactiveshell import InteractiveShell, InteractiveShellABC
from traitlets import Any as AnyTrait
from traitlets import CBool, Instance, Type, default

import nbcheck
from nbcheck.kernel.endpoint import leave_child
from nbcheck.kernel.interpreter import Request, class_name, describe_value
from nbcheck.kernel.python.command import run_command
from nbcheck.kernel.python.display import FaultNotingFormatter, ZMQDisplayPublisher, ZMQShellDisplayHook
from nbcheck.kernel.python.kernel import Kernel, Msg
from nbcheck.kernel.python.magics import KernelMagics

_OWN_FOLDER = os.path.dirname(nbcheck.__file__) + os.sep

# What sys.exc_info() gives while there is an exception.
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class ZMQInteractiveShell(InteractiveShell):
    """The shell of a kernel."""

    kernel = AnyTrait()
    displayhook_class = Type(ZMQShellDisplayHook)
    display_pub_class = Type(ZMQDisplayPublisher)
    exiter = Instance(ZMQExitAutocall)
    autoindent = CBool(False)
    readline_use = CBool(False)
    keepkernel_on_exit: bool | None = None

    # Any: traits, which IPython declares as "an instance or None" though they are always there.
    display_formatter: Any
    history_manager: Any
    payload_manager: Any

    last_traceback: list[str]
    """Lines of the traceback shown last in the current request."""
    failed_commands: list[Msg]
    """Each ``!command`` of the current request that did not exit with 0: ``command`` and ``code``."""
    formatter_error: BaseException | None
    """Exception of the first formatter that failed in the current request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the shell; ``kernel`` is among the keywords."""
        self.last_traceback = []
        self.formatter_error = None
        self._transformed: tuple[str, str] | None = None
        super().__init__(*args, **kwargs)

    @default("exiter")
    def _default_exiter(self) -> ZMQExitAutocall:
        return ZMQExitAutocall(self)

    # ---- parts

    def init_environment(self) -> None:
        """Do nothing yet: the environment is the kernel's, which is told later."""

    def set_environment(self) -> None:
        """Tell programs that cells start what they write to."""
        # Colours are understood by front-ends, pagers are not.
        os.environ.update(
            TERM="xterm-color",
            CLICOLOR="1",
            FORCE_COLOR="1",
            CLICOLOR_FORCE="1",
            PAGER="cat",
            GIT_PAGER="cat",
        )
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")

    def init_virtualenv(self) -> None:
        """Do nothing: a kernel runs in the environment of its interpreter, whatever VIRTUAL_ENV says."""

    def init_display_formatter(self) -> None:
        """Make the formatter."""
        self.display_formatter = FaultNotingFormatter(parent=self)
        self.configurables.append(self.display_formatter)

    def init_hooks(self) -> None:
        """Let the pager be the front-end's."""
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(self._page), 99)

    def init_magics(self) -> None:
        """Add the magics that only kernels have."""
        super().init_magics()
        self.register_magics(KernelMagics)
        self.magics_manager.register_alias("ed", "edit")

    def enable_gui(self, gui: Any = None) -> None:
        """Accept any GUI, and run no event loop for it: windows cannot be tested."""
        self.active_eventloop = gui

    # ---- payloads

    def _page(
        self, text: str | Msg, start: int = 0, screen_lines: int = 0, pager_cmd: str | None = None
    ) -> None:
        data = text if isinstance(text, dict) else {"text/plain": text}
        self._write_payload({"source": "page", "data": data, "start": max(0, start)})

    def set_next_input(self, text: str, replace: bool = False) -> None:
        """Ask the front-end to put text into a new cell below, or into this one."""
        self._write_payload({"source": "set_next_input", "text": text, "replace": replace})

    def ask_exit(self) -> None:
        """Leave, after the current request."""
        self.exit_now = not self.keepkernel_on_exit
        self._write_payload({"source": "ask_exit", "keepkernel": self.keepkernel_on_exit})

    def _write_payload(self, payload: Msg) -> None:
        self.payload_manager.write_payload(payload)

    # ---- running

    def remember_transformed(self, raw_cell: str, transformed: str) -> None:
        """Spare :meth:`run_cell` to transform this very string again."""
        self._transformed = (raw_cell, transformed)

    def transform_cell(self, raw_cell: str) -> str:
        """Turn IPython's syntax into Python."""
        known, self._transformed = self._transformed, None
        if known is not None and known[0] is raw_cell:
            return known[1]
        transformed: str = super().transform_cell(raw_cell)
        return transformed

    def should_run_async(
        self, raw_cell: str, *, transformed_cell: str | None = None, preprocessing_exc_tuple: Any = None
    ) -> bool:
        """Return whether something is awaited outside all functions."""
        # The usual cell has neither word and need not be compiled to know it.
        if transformed_cell and "await" not in transformed_cell and "async" not in transformed_cell:
            return False
        is_async: bool = super().should_run_async(
            raw_cell, transformed_cell=transformed_cell, preprocessing_exc_tuple=preprocessing_exc_tuple
        )
        return is_async

    def system(self, cmd: str) -> None:
        """Run a shell command, and print what it prints.

        Through a pseudo-terminal, as in ipykernel: what ``!ls`` prints, and how, depends on that.

        Raises:
            OSError: the command asks to be run in the background.
            CalledProcessError: it failed, and ``system_raise_on_error`` is on.
        """
        if cmd.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")
        code = run_command(self.var_expand(cmd, depth=1), _print_at_once)
        # The code is stored, not returned: the cell would show it as its result.
        self.user_ns["_exit_code"] = code
        if code:
            self.failed_commands.append({"command": cmd, "code": code})
        if code and getattr(self, "system_raise_on_error", False):
            raise CalledProcessError(code, cmd)

    system_piped = system

    @contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        # IPython would keep a copy of all that is printed, for %notebook and for ever.
        yield

    # ---- errors

    def showtraceback(self, exc_tuple: ExcInfo | None = None, *args: Any, **kwargs: Any) -> None:
        """Show an exception to the front-ends; in a forked child, ``sys.exit()`` ends the child."""
        error = sys.exc_info()[1] if exc_tuple is None else exc_tuple[1]
        if self.kernel.host.is_forked and isinstance(error, SystemExit):
            leave_child(_exit_code(error))
        _end_at_user_code(None if error is None else error.__traceback__)
        super().showtraceback(exc_tuple, *args, **kwargs)

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: Iterable[str]) -> None:
        lines = [stb] if isinstance(stb, str) else [str(line) for line in stb]
        if self.kernel.host.is_forked:
            print("\n".join(lines), file=sys.stderr)
            return
        self.kernel.publish(
            "error", {"ename": class_name(etype), "evalue": describe_value(evalue), "traceback": lines}
        )
        self.last_traceback = lines
        if self.formatter_error is None and self.display_formatter.is_active:
            self.formatter_error = evalue

    def _format_exception_for_storage(self, exception: BaseException, *args: Any, **kwargs: Any) -> Msg:
        # %notebook writes it. IPython formats the traceback once more for this, which takes longer than most cells,
        # and fails when the exception cannot be printed.
        return {
            "ename": class_name(type(exception)),
            "evalue": describe_value(exception),
            "traceback": self.last_traceback,
        }

    # ---- parents

    @property
    def parent_header(self) -> Msg:
        """The request that what is published belongs to; the name is historical."""
        return self.get_parent()

    @parent_header.setter
    def parent_header(self, parent: Msg) -> None:
        self.set_parent(parent)

    def get_parent(self) -> Msg:
        """Return the request that what is published now belongs to."""
        return self._own_kernel.get_parent()

    def set_parent(self, parent: Msg) -> None:
        """Let what is published from now on belong to another request."""
        self._own_kernel.set_parent(None, parent)

    def set_thread_parent(self, parent: Msg) -> Token[Request | None]:
        """Let what this thread publishes belong to a request; the result undoes it."""
        return self._own_kernel.pin_parent(parent)

    def reset_thread_parent(self, token: Token[Request | None]) -> None:
        """Undo :meth:`set_thread_parent`."""
        self._own_kernel.unpin_parent(token)

    @property
    def _own_kernel(self) -> Kernel:
        kernel: Kernel = self.kernel
        return kernel


InteractiveShellABC.register(ZMQInteractiveShell)


def _print_at_once(text: str) -> None:
    print(text, end="", flush=True)


def _end_at_user_code(frames: TracebackType | None) -> None:
    """Cut off the last frames when they are the kernel's: ``input()`` and interrupts end in code of ours."""
    chain = []
    while frames is not None:
        chain.append(frames)
        frames = frames.tb_next
    packages = [_package(each.tb_frame) for each in chain]
    # The handler of SIGINT stands below whatever was interrupted.
    while packages and packages[-1] == "nbcheck":
        packages.pop()
    # What we called in turn is in the standard library; a frame of anybody else's is one that the user should see.
    end = len(packages)
    for index in range(len(packages) - 1, -1, -1):
        if packages[index] == "nbcheck":
            end = index
        elif packages[index] not in sys.stdlib_module_names:
            break
    if 0 < end < len(chain):
        chain[end - 1].tb_next = None


def _package(frame: FrameType) -> str:
    # The executor itself is __main__, as is the user's code.
    if frame.f_code.co_filename.startswith(_OWN_FOLDER):
        return "nbcheck"
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _exit_code(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    print(error.code, file=sys.stderr)
    return 1
