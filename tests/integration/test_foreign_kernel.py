"""Our manager on somebody else's kernel: ipykernel, unchanged."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.kernels import descendants, ipykernel_spec, run, until_dead, wait_gone
from nbcheck.errors import KernelDied, KernelError, KernelStartTimeout
from nbcheck.manager.host import Host, open_host
from nbcheck.manager.manager import Kernel, start_kernel

pytest.importorskip("ipykernel")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with open_host() as host:
        yield host


@pytest.fixture(scope="module")
def kernel(host: Host) -> Iterator[Kernel]:
    with start_kernel(host, ipykernel_spec()) as kernel:
        yield kernel


def test_it_runs_code(kernel: Kernel) -> None:
    ran = run(kernel.client, "print('out')\n6 * 7")
    assert ran.stdout == "out\n"
    assert ran.types == ["stream", "execute_result"]
    assert ran.reply is not None
    assert ran.reply.status == "ok"


def test_it_runs_over_ipc_without_a_word_on_encryption(kernel: Kernel) -> None:
    assert kernel.client.connection.transport == "ipc"


def test_nothing_is_lost_when_we_read_late(kernel: Kernel) -> None:
    msg_id = kernel.client.execute("from IPython.display import display\nfor i in range(5000): display(i)")
    count = 0
    while True:
        message = kernel.client.next_message(time.monotonic() + 60)
        assert message is not None
        count += message.msg_type == "display_data"
        if message.parent_id == msg_id and getattr(message.content, "execution_state", "") == "idle":
            break
    assert count == 5000


def test_it_is_interrupted(kernel: Kernel) -> None:
    msg_id = kernel.client.execute("print('begun', flush=True)\nimport time\ntime.sleep(60)")
    while True:
        message = kernel.client.next_message(time.monotonic() + 60)
        assert message is not None
        if message.parent_id == msg_id and message.msg_type == "stream":
            kernel.interrupt()
        if message.parent_id == msg_id and message.msg_type == "execute_reply":
            assert message.content.ename == "KeyboardInterrupt"
            break


def test_its_environment_and_folder_are_set(host: Host, tmp_path: Path) -> None:
    spec = ipykernel_spec(env={"FROM_SPEC": "${BASE}-more"})
    with start_kernel(host, spec, cwd=tmp_path, env={**os.environ, "BASE": "base"}) as kernel:
        ran = run(kernel.client, "import os; print(os.getcwd(), os.environ['FROM_SPEC'])")
    assert ran.stdout == f"{tmp_path} base-more\n"


@pytest.mark.parametrize(
    ("code", "cause"),
    [("import os; os._exit(3)", "exit code 3"), ("import os; os.abort()", "signal SIGABRT")],
)
def test_its_death_is_told_with_the_cause(host: Host, code: str, cause: str) -> None:
    with start_kernel(host, ipykernel_spec()) as kernel:
        kernel.client.execute(code)
        _messages, died = until_dead(kernel.client)
    assert died.cause == cause


def test_a_kernel_that_ends_at_once_shows_what_it_printed(host: Host) -> None:
    spec = ipykernel_spec(argv=[sys.executable, "-c", "import sys; print('no such thing'); sys.exit(4)"])
    with pytest.raises(KernelDied) as caught:
        start_kernel(host, spec)
    assert str(caught.value) == "kernel 'python3' died with exit code 4; it printed:\nno such thing"


def test_a_kernel_that_never_answers_is_ended(host: Host) -> None:
    spec = ipykernel_spec(argv=[sys.executable, "-c", "import time; time.sleep(60)"])
    before = descendants(host.pid)
    with pytest.raises(KernelStartTimeout) as caught:
        start_kernel(host, spec, timeout=0.2)
    assert str(caught.value) == "kernel 'python3' did not answer within 0.2 s of its start"
    assert wait_gone(descendants(host.pid) - before) == set()


def test_a_program_that_does_not_exist_is_one_error(host: Host) -> None:
    spec = ipykernel_spec(argv=["/no/such/program", "{connection_file}"])
    with pytest.raises(KernelError) as caught:
        start_kernel(host, spec)
    assert str(caught.value) == (
        "kernelspec 'python3' cannot be used: there is no program '/no/such/program'; "
        "install that kernel anew, or choose another with --nbcheck-kernel NAME"
    )


def test_closing_leaves_nothing(tmp_path: Path) -> None:
    with open_host() as host:
        folder = Path(host.folder)
        kernel = start_kernel(host, ipykernel_spec())
        run(kernel.client, "import subprocess; subprocess.Popen(['sleep', '600'])")
        processes = descendants(host.pid)
        assert len(processes) >= 2
        kernel.close()
        assert kernel.wait_stopped()
        assert wait_gone(processes) == set()
        assert folder.is_dir()
    assert not folder.exists()
