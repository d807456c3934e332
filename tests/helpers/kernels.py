"""Talk to a real kernel in a line or two."""

from __future__ import annotations

import json
import os
import select
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbcheck.errors import KernelDied
from nbcheck.manager.client import KernelClient
from nbcheck.protocol.content import ExecuteReply, Status, Stream
from nbcheck.protocol.kernelspec import KernelSpec, parse_kernelspec
from nbcheck.protocol.message import Message

TIMEOUT = 60.0
"""Seconds after which a kernel that does not answer fails a test: far beyond what a loaded machine needs."""


@dataclass
class Ran:
    """What came of one execute_request."""

    reply: ExecuteReply | None = None
    messages: list[Message] = field(default_factory=list)
    """Outputs in order: everything of iopub except status and execute_input."""

    @property
    def stdout(self) -> str:
        return self.text("stdout")

    @property
    def stderr(self) -> str:
        return self.text("stderr")

    def text(self, name: str) -> str:
        contents = [message.content for message in self.messages]
        return "".join(
            content.text for content in contents if isinstance(content, Stream) and content.name == name
        )

    @property
    def types(self) -> list[str]:
        return [message.msg_type for message in self.messages]


def run(client: KernelClient, code: str, **options: Any) -> Ran:
    """Execute code and wait for its reply and its idle."""
    return wait_for(client, client.execute(code, **options))


def wait_for(client: KernelClient, msg_id: str) -> Ran:
    """Collect what belongs to a request until its reply and its idle are here."""
    ran = Ran()
    is_idle = False
    deadline = time.monotonic() + TIMEOUT
    while ran.reply is None or not is_idle:
        message = client.next_message(deadline)
        assert message is not None, f"no reply or no idle within {TIMEOUT:g} s"
        if message.parent_id != msg_id:
            continue
        if isinstance(message.content, ExecuteReply):
            ran.reply = message.content
        elif isinstance(message.content, Status):
            is_idle = message.content.execution_state == "idle"
        elif message.channel == "iopub" and message.msg_type != "execute_input":
            ran.messages.append(message)
    return ran


def until_dead(client: KernelClient) -> tuple[list[Message], KernelDied]:
    """Take messages until the kernel's death is told; return them and how it died."""
    messages = []
    deadline = time.monotonic() + TIMEOUT
    try:
        while message := client.next_message(deadline):
            messages.append(message)
    except KernelDied as died:
        return messages, died
    raise AssertionError(f"not dead within {TIMEOUT:g} s")


def ipykernel_spec(**members: Any) -> KernelSpec:
    """A kernelspec of ipykernel in this interpreter."""
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    content = {"argv": argv, "display_name": "ipykernel", "language": "python", **members}
    return parse_kernelspec(json.dumps(content).encode(), "python3", None)


def descendants(pid: int) -> set[int]:
    """Every process below one, by /proc."""
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            continue
        found |= set(map(int, children))
        waiting += map(int, children)
    return found


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state != b"Z"


def wait_gone(pids: set[int], timeout: float = 10.0) -> set[int]:
    """Wait until processes are gone; return those that are not."""
    fds = {}
    for pid in pids:
        try:
            fds[pid] = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + timeout
    left = set()
    for pid, fd in fds.items():
        ready, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
        if not ready and is_running(pid):
            left.add(pid)
        os.close(fd)
    return left
