"""Kernels that outlive the process that started them, and how they end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client import BlockingKernelClient

from helpers.kernels import TIMEOUT, descendants, ipykernel_spec, is_running, run, wait_gone
from nbcheck.manager.host import open_host
from nbcheck.manager.manager import Kernel, start_kernel

pytestmark = pytest.mark.slow

HOUR = 3600.0


def connect(connection_file: str) -> BlockingKernelClient:
    client = BlockingKernelClient(connection_file=connection_file)
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=TIMEOUT)
    return client


def value_of(client: BlockingKernelClient, expression: str) -> str:
    reply = client.execute_interactive(
        "", user_expressions={"it": expression}, timeout=TIMEOUT, output_hook=lambda _message: None
    )
    text: str = reply["content"]["user_expressions"]["it"]["data"]["text/plain"]
    return text


class Kept:
    """A host that has lost its owner, with kernels that were kept."""

    def __init__(self, *idle_limits: float, foreign: bool = False) -> None:
        host = open_host()
        self.folder = Path(host.folder)
        self.files: list[str] = []
        self.executors: list[int] = []
        other = start_kernel(host)
        for number, limit in enumerate(idle_limits):
            kernel = start_kernel(host, ipykernel_spec() if foreign else None)
            run(kernel.client, f"x = {number}")
            kernel.keep(idle_limit=limit)
            self._note(kernel)
        self.processes = descendants(host.pid) | {host.pid}
        self.host_pid = host.pid
        host.close()
        # What was not kept has ended, the template included.
        assert other.pid is not None
        assert wait_gone({other.pid}) == set()

    def _note(self, kernel: Kernel) -> None:
        assert kernel.connection_file is not None
        assert kernel.pid is not None
        self.files.append(kernel.connection_file)
        self.executors.append(kernel.pid)

    def end(self) -> None:
        """Kill what a test that failed has left."""
        for pid in self.processes:
            if is_running(pid):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def kept() -> Iterator[list[Kept]]:
    made: list[Kept] = []
    yield made
    for each in made:
        each.end()


def test_any_client_finds_the_kernel_and_ends_it(kept: list[Kept]) -> None:
    kept.append(Kept(HOUR, HOUR))
    assert len([pid for pid in kept[0].processes if is_running(pid)]) == 3
    assert kept[0].folder.stat().st_mode & 0o777 == 0o700
    clients = [connect(file) for file in kept[0].files]
    assert [value_of(client, "x") for client in clients] == ["0", "1"]
    clients[0].shutdown()
    assert wait_gone({kept[0].executors[0]}) == set()
    assert value_of(clients[1], "x") == "1"
    clients[1].shutdown()
    for client in clients:
        client.stop_channels()
    assert wait_gone(kept[0].processes) == set()
    assert not kept[0].folder.exists()


@pytest.mark.parametrize("foreign", [False, True], ids=["own", "foreign"])
def test_sigterm_to_the_host_ends_all(kept: list[Kept], foreign: bool) -> None:
    kept.append(Kept(HOUR, foreign=foreign))
    client = connect(kept[0].files[0])
    assert value_of(client, "x") == "0"
    client.stop_channels()
    os.kill(kept[0].host_pid, signal.SIGTERM)
    assert wait_gone(kept[0].processes) == set()
    assert not kept[0].folder.exists()


def test_a_kernel_that_is_left_alone_ends(kept: list[Kept]) -> None:
    kept.append(Kept(0.0, HOUR))
    assert wait_gone({kept[0].executors[0]}) == set()
    client = connect(kept[0].files[1])
    assert value_of(client, "x") == "1"
    client.shutdown()
    client.stop_channels()
    assert wait_gone(kept[0].processes) == set()
