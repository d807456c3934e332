"""The Python interpreter: IPython's shell behind the :class:`~nbcheck.kernel.interpreter.Interpreter` protocol."""

# mypy: allow-untyped-calls
# IPython has type annotations in parts only, and other ones in each version.

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from IPython.core.async_helpers import _asyncio_runner
from IPython.core.interactiveshell import ExecutionResult
from traitlets.config.loader import Config, DeferredConfigString

from nbcheck.kernel.interpreter import Host, class_name, describe_value
from nbcheck.kernel.link import Configuration
from nbcheck.kernel.python import questions
from nbcheck.kernel.python.comms import install_comms
from nbcheck.kernel.python.cstdio import CStdio
from nbcheck.kernel.python.debugger import install_debugger
from nbcheck.kernel.python.instruments.registry import install_instruments
from nbcheck.kernel.python.kernel import Kernel
from nbcheck.kernel.python.nbformat import install_nbformat
from nbcheck.kernel.python.stdin import Stdin
from nbcheck.kernel.python.zmqshell import ZMQInteractiveShell
from nbcheck.protocol.content import (
    CommClose,
    CommInfoReply,
    CommInfoRequest,
    CommMsg,
    CommOpen,
    CompleteReply,
    CompleteRequest,
    ExecuteReply,
    ExecuteRequest,
    HistoryReply,
    HistoryRequest,
    InspectReply,
    InspectRequest,
    IsCompleteReply,
    IsCompleteRequest,
    KernelInfoReply,
)


def prepare() -> PythonInterpreter:
    """Build a shell that belongs to no kernel yet."""
    return PythonInterpreter()


class PythonInterpreter:
    """Runs Python as IPython does."""

    def __init__(self) -> None:
        """Build the shell.

        Neither IPython's configuration files nor the startup files of a profile are read: what a notebook does
        must not depend on whose home directory it runs in.
        """
        self._kernel = Kernel(msgspec.to_builtins(questions.LANGUAGE_INFO))
        self.shell: ZMQInteractiveShell = ZMQInteractiveShell.instance(
            kernel=self._kernel, config=_make_config(), user_ns={}
        )
        self._kernel.shell = self.shell
        self._cstdio = CStdio()
        self._takes = inspect.signature(self.shell.run_cell).parameters.keys() & {"cell_id", "cell_meta"}
        install_debugger()
        install_nbformat()

    def bind(self, configuration: Configuration, host: Host) -> None:
        """Become this kernel's."""
        self._host = host
        self._kernel.host = host
        self._kernel.comm_manager = self._comms = install_comms(self._kernel)
        self._stdin = Stdin(host)
        self._stdin.install()
        # As in an interactive interpreter: modules beside the notebook can be imported, and it has no arguments.
        sys.path.insert(0, "")
        sys.argv = [""]
        shell = self.shell
        shell.config.IPKernelApp.connection_file = configuration.connection_file
        shell.set_environment()
        shell.starting_dir = os.getcwd()
        history = shell.history_manager
        if history.enabled:
            history.db.close()
        history.init_db()
        history.new_session()
        history.dir_hist[:] = [Path.cwd()]
        if configuration.arguments:
            arguments = _read_arguments(configuration.arguments)
            for configurable in shell.configurables:
                configurable.update_config(arguments)
        self._finishes = install_instruments(configuration.instruments)

    # ---- execute

    async def execute(self, request: ExecuteRequest) -> ExecuteReply:
        """Run a cell."""
        shell = self.shell
        if not request.silent:
            self._host.publish(
                "execute_input", {"code": request.code, "execution_count": shell.execution_count}
            )
        self._stdin.is_allowed = request.allow_stdin
        shell.last_traceback = []
        shell.failed_commands = []
        shell.formatter_error = None
        error: BaseException | None
        try:
            error = await self._run(request)
        except BaseException as raised:
            # Before or after the cell itself, where IPython handles it: while transforming it, or in a hook.
            error = raised
            shell.showtraceback()
        expressions: dict[str, Any] = {}  # Any: mimebundles
        if error is None and request.user_expressions:
            with self._host.user_code():
                expressions = shell.user_expressions(request.user_expressions)
        self._cstdio.flush()
        payload = shell.payload_manager.read_payload()
        shell.payload_manager.clear_payload()
        if shell.failed_commands:
            self._host.reply_metadata["failed_commands"] = shell.failed_commands
        if shell.exit_now:
            self._host.leave()
        count = shell.execution_count - 1
        if error is not None:
            return ExecuteReply(
                status="error",
                execution_count=count,
                ename=class_name(type(error)),
                evalue=describe_value(error),
                traceback=shell.last_traceback,
            )
        return ExecuteReply(status="ok", execution_count=count, payload=payload, user_expressions=expressions)

    async def _run(self, request: ExecuteRequest) -> BaseException | None:
        """Run the code and return the exception that ended it."""
        shell, code = self.shell, request.code
        options = {
            "store_history": request.store_history and not request.silent,
            "silent": request.silent,
            **self._cell_options(),
        }
        failure: object = None  # of sys.exc_info()
        with self._host.user_code():
            try:
                transformed = shell.transform_cell(code)
            except Exception:
                transformed, failure = code, sys.exc_info()
        is_async = shell.loop_runner is _asyncio_runner and shell.should_run_async(
            code, transformed_cell=transformed, preprocessing_exc_tuple=failure
        )
        if is_async:
            result = await self._run_async(code, transformed, options)
        else:
            if failure is None:
                shell.remember_transformed(code, transformed)
            with self._host.user_code():
                result = shell.run_cell(code, **options)
        # Not with `or`: an exception may be false.
        errors: tuple[BaseException | None, ...] = (
            result.error_before_exec,
            result.error_in_exec,
            shell.formatter_error,
        )
        return next((error for error in errors if error is not None), None)

    async def _run_async(self, code: str, transformed: str, options: dict[str, Any]) -> ExecutionResult:
        """Run a cell with ``await`` in it on the loop that is running."""
        shell = self.shell
        result: ExecutionResult | None = None
        try:
            result = await self._host.await_user_code(
                shell.run_cell_async(
                    code, transformed_cell=transformed, preprocessing_exc_tuple=None, **options
                )
            )
            return result
        finally:
            # run_cell does this for others; inline figures are sent here.
            with self._host.user_code():
                shell.events.trigger("post_execute")
                if not options["silent"]:
                    shell.events.trigger("post_run_cell", result)

    def _cell_options(self) -> dict[str, Any]:
        if not self._takes:
            return {}
        metadata = self._host.request.metadata
        values = {"cell_id": metadata.get("cellId"), "cell_meta": metadata}
        return {name: values[name] for name in self._takes}

    # ---- the other requests

    def kernel_info(self) -> KernelInfoReply:
        """Say what the kernel is."""
        return questions.kernel_info(self.shell)

    def complete(self, request: CompleteRequest) -> CompleteReply:
        """Complete what stands before the cursor."""
        return questions.complete(self.shell, request)

    def inspect(self, request: InspectRequest) -> InspectReply:
        """Describe what stands at the cursor."""
        return questions.inspect(self.shell, request)

    def is_complete(self, request: IsCompleteRequest) -> IsCompleteReply:
        """Say whether code is ready to be run."""
        return questions.is_complete(self.shell, request)

    def history(self, request: HistoryRequest) -> HistoryReply:
        """Return earlier inputs."""
        return questions.history(self.shell, request)

    def comm_info(self, request: CommInfoRequest) -> CommInfoReply:
        """Return the open comms."""
        name = request.target_name
        return CommInfoReply(comms=self._comms.info(name if isinstance(name, str) else None))

    def handle_comm(self, message: CommOpen | CommMsg | CommClose) -> None:
        """Hand a comm message to its comm; what that raises is logged."""
        request = self._host.request
        getattr(self._comms, request.msg_type)(None, "", request.message)

    def shutdown(self) -> None:
        """Finish the instruments; IPython has its own atexit handler."""
        for finish in self._finishes:
            finish()


def _make_config() -> Config:
    config = Config()
    # In memory, and so without a thread that writes it: the history file is the front's.
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.enable_tip = False
    # tqdm and others take a shell with this section for a notebook.
    config.IPKernelApp.connection_file = ""
    return config


def _read_arguments(arguments: Sequence[str]) -> Config:
    """Read ``--Class.trait=value``; whatever else is there is not for us."""
    config = Config()
    for argument in arguments:
        name, _, value = argument.removeprefix("--").partition("=")
        class_name, _, trait = name.partition(".")
        # HistoryManager: the history stays in memory.
        if argument.startswith("--") and trait.isidentifier() and class_name != "HistoryManager":
            config[class_name][trait] = DeferredConfigString(value)
    return config
