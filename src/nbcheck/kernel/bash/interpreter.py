"""Bash behind the :class:`~nbcheck.kernel.interpreter.Interpreter` protocol.

A cell is in error when its last command was, as with other bash kernels: ``ExitStatus`` with the status. Bash itself
ends with ``exit`` or under ``set -e``; then the kernel leaves, and says with which status.
"""

from __future__ import annotations

import fnmatch
import re
import signal
import sys
from shlex import quote
from typing import Any

from nbcheck.errors import describe_exit
from nbcheck.kernel.bash.shell import Bash, End, check_syntax
from nbcheck.kernel.interpreter import Host
from nbcheck.kernel.link import Configuration
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
    LanguageInfo,
)
from nbcheck.protocol.message import PROTOCOL_VERSION

_SESSION = 1
_TAIL_LENGTH = 10
_WORD_BEFORE = re.compile(r"[^\s;&|<>()\"'`=]*\Z")
_WORD_AFTER = re.compile(r"[^\s;&|<>()\"'`=]*")


def prepare() -> BashInterpreter:
    """Return an interpreter without a shell."""
    return BashInterpreter()


class BashInterpreter:
    """Runs bash as a terminal does, without the terminal."""

    def __init__(self) -> None:
        """Begin without a shell."""
        self._count = 1
        self._history: list[tuple[int, str]] = []

    def bind(self, configuration: Configuration, host: Host) -> None:
        """Start the shell."""
        self._host = host
        try:
            self._bash = Bash()
        except FileNotFoundError:
            sys.exit("there is no program 'bash' on PATH, which the bash kernel needs")
        self._version, self._banner = self._ask_version()

    def _ask_version(self) -> tuple[str, str]:
        version = self._bash.query('echo "$BASH_VERSION"').answer.strip()
        return version.partition("(")[0], f"GNU bash, version {version}"

    def kernel_info(self) -> KernelInfoReply:
        """Say what the kernel is."""
        return KernelInfoReply(
            status="ok",
            protocol_version=PROTOCOL_VERSION,
            implementation="nbcheck-bash",
            implementation_version=self._version,
            language_info=LanguageInfo(
                name="bash",
                version=self._version,
                mimetype="text/x-sh",
                file_extension=".sh",
                codemirror_mode="shell",
            ),
            banner=self._banner,
            help_links=[{"text": "Bash Reference", "url": "https://www.gnu.org/software/bash/manual/"}],
        )

    # ---- execute

    async def execute(self, request: ExecuteRequest) -> ExecuteReply:
        """Run a cell."""
        count = self._count
        if not request.silent:
            self._host.publish("execute_input", {"code": request.code, "execution_count": count})
            if request.store_history:
                self._history.append((count, request.code))
                self._count += 1
        try:
            end = self._bash.run(request.code, self._host.user_code)
        except KeyboardInterrupt:
            return self._fail(request, count, "KeyboardInterrupt", "")
        if end.is_dead:
            return self._leave(request, count, end)
        if end.status:
            return self._fail(request, count, "ExitStatus", _describe_status(end.status))
        return ExecuteReply(status="ok", execution_count=count)

    def _leave(self, request: ExecuteRequest, count: int, end: End) -> ExecuteReply:
        self._host.leave()
        if end.status:
            return self._fail(request, count, "BashEnded", f"bash ended with {describe_exit(end.status)}")
        # What quit() is in Python.
        payload: list[dict[str, Any]] = [{"source": "ask_exit", "keepkernel": False}]
        return ExecuteReply(status="ok", execution_count=count, payload=payload)

    def _fail(self, request: ExecuteRequest, count: int, ename: str, evalue: str) -> ExecuteReply:
        error = {"ename": ename, "evalue": evalue, "traceback": []}
        if not request.silent:
            self._host.publish("error", error)
        return ExecuteReply(status="error", execution_count=count, ename=ename, evalue=evalue, traceback=[])

    # ---- the other requests

    def complete(self, request: CompleteRequest) -> CompleteReply:
        """Complete a variable after a dollar sign, a command where one may stand, a file anywhere."""
        before = request.code[: request.cursor_pos]
        match = _WORD_BEFORE.search(before)
        word = match[0] if match else ""
        start = request.cursor_pos - len(word)
        matches = self._matches(before[:start], word) if word else []
        return CompleteReply(
            status="ok", matches=matches, cursor_start=start, cursor_end=request.cursor_pos, metadata={}
        )

    def _matches(self, before: str, word: str) -> list[str]:
        name = re.search(r"\$\{?(\w*)\Z", word)
        if name:
            prefix = word[: name.start(1)]
            return [prefix + found for found in self._compgen("-v", name[1])]
        is_command = re.search(r"(\A|[\n;&|({`])\s*\Z", before) is not None and "/" not in word
        found = self._compgen("-abckA function" if is_command else "-f", word)
        folders = set(self._compgen("-d", word))
        return sorted({f"{item}/" if item in folders else item for item in [*found, *folders]})

    def _compgen(self, actions: str, word: str) -> list[str]:
        answer = self._bash.query(f"compgen {actions} -- {quote(word)}").answer
        return list(dict.fromkeys(line for line in answer.split("\n") if line))

    def inspect(self, request: InspectRequest) -> InspectReply:
        """Say what the word at the cursor is: a function with its source, a builtin with its help."""
        before, after = request.code[: request.cursor_pos], request.code[request.cursor_pos :]
        start, end = _WORD_BEFORE.search(before), _WORD_AFTER.match(after)
        word = (start[0] if start else "") + (end[0] if end else "")
        if not word:
            return InspectReply(status="ok", found=False)
        name = quote(word)
        text = self._bash.query(f"type -a -- {name} && help -m -- {name}").answer
        return InspectReply(status="ok", found=bool(text), data={"text/plain": text} if text else {})

    def is_complete(self, request: IsCompleteRequest) -> IsCompleteReply:
        """Say whether code is ready to be run."""
        return IsCompleteReply(status=check_syntax(request.code))

    def history(self, request: HistoryRequest) -> HistoryReply:
        """Return earlier inputs; there are those of this kernel only."""
        found = self._history
        if request.hist_access_type == "search":
            pattern = request.pattern if isinstance(request.pattern, str) else "*"
            found = [entry for entry in found if fnmatch.fnmatchcase(entry[1], pattern)]
            if request.unique is True:
                found = [(count, code) for code, count in {code: count for count, code in found}.items()]
        if request.hist_access_type == "range":
            start = request.start if isinstance(request.start, int) else 1
            stop = request.stop if isinstance(request.stop, int) else self._count
            found = [entry for entry in found if start <= entry[0] < stop]
        else:
            length = request.n if isinstance(request.n, int) else _TAIL_LENGTH
            found = found[-length:] if length > 0 else []
        return HistoryReply(
            status="ok",
            history=[
                (_SESSION, count, (code, None) if request.output else code) for count, code in sorted(found)
            ],
        )

    def comm_info(self, request: CommInfoRequest) -> CommInfoReply:
        """There are no comms."""
        return CommInfoReply(status="ok", comms={})

    def handle_comm(self, message: CommOpen | CommMsg | CommClose) -> None:
        """Do nothing: there are no comms."""

    def shutdown(self) -> None:
        """End the shell."""
        self._bash.close()


def _describe_status(status: int) -> str:
    """Return an exit status as text, with the signal that bash stands in it for."""
    try:
        return f"{status} ({signal.Signals(status - 128).name})"
    except ValueError:
        return str(status)
