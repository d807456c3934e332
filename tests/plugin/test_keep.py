"""``--nbcheck-keep``: which kernels outlive the session, and what is said of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from jupyter_client import BlockingKernelClient

from helpers.example import Example, section
from helpers.fake_kernel import Dies, Raises
from helpers.kernels import TIMEOUT, descendants, wait_gone
from helpers.nb import code, notebook, stdout

Make = Callable[..., Example]

TITLE = "nbcheck: kernels that live on"
END = "Each ends when nobody has been connected for an hour; all of them with: kill 4711"
FAILING = notebook(code("bad"), code("b"))


@pytest.mark.parametrize("arguments", [[], ["-q"], ["-x"], ["--nbcheck-items=notebook"]])
def test_the_kernels_of_failed_notebooks_live_on(fake_example: Make, arguments: list[str]) -> None:
    files = {"a.ipynb": notebook(code("a")), "b.ipynb": FAILING}
    example = fake_example(files, {"bad": [Raises("E")]})
    ran = example.run("--nbcheck-keep", *arguments)
    assert section(ran, TITLE)[:2] == ["b.ipynb: jupyter console --existing /connection.json", END]
    assert [(kernel.is_kept, kernel.is_closed) for kernel in example.fakes.started] == [
        (False, True),
        (True, False),
    ]


def test_a_kernel_that_died_and_one_that_failed_as_expected_do_not(fake_example: Make) -> None:
    expected = code("bad", **{"nbcheck": {"xfail": "known"}})
    files = {"a.ipynb": notebook(code("die")), "b.ipynb": notebook(expected)}
    example = fake_example(files, {"die": [Dies(3)], "bad": [Raises("E")]})
    ran = example.run("--nbcheck-keep")
    ran.assert_outcomes(failed=1, xfailed=1)
    assert section(ran, TITLE) == []


def test_the_kernel_of_the_last_run_counts(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FAILING}, {"bad": [Raises("E")]})
    ran = example.run("--nbcheck-keep", "--reruns=1")
    assert [kernel.is_kept for kernel in example.fakes.started] == [False, True]
    assert len(section(ran, TITLE)) == 2


def test_no_more_than_ten_are_kept(fake_example: Make) -> None:
    files = {f"{number}.ipynb": FAILING for number in range(12)}
    example = fake_example(files, {"bad": [Raises("E")]})
    lines = section(example.run("--nbcheck-keep"), TITLE)
    assert sum(kernel.is_kept for kernel in example.fakes.started) == 10
    assert lines[-1] == "2 more notebooks failed; their kernels have ended."


def test_without_the_option_none_lives_on(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FAILING}, {"bad": [Raises("E")]})
    example.run()
    assert [kernel.is_closed for kernel in example.fakes.started] == [True]


@pytest.mark.slow
def test_a_kernel_that_lives_on_has_its_variables(example: Make) -> None:
    cells = [code("x = 41", count=1), code("print(x)", stdout("100\n"))]
    project = example({"nb.ipynb": notebook(*cells), "pkg.py": "", "good.ipynb": notebook(code("1"))})
    ran = project.run_apart("--nbcheck-keep", "-q", "-n1", "--cov=pkg", "--cov-report=")
    kept, how = section(ran, TITLE)[:2]
    host = int(how.rpartition(" ")[2])
    family = descendants(host) | {host}
    try:
        assert len(family) == 2
        client = BlockingKernelClient(connection_file=kept.rpartition(" ")[2])
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=TIMEOUT)
        printed: list[str] = []
        client.execute_interactive(
            "print(x + 1)",
            timeout=TIMEOUT,
            output_hook=lambda message: printed.append(message["content"].get("text", "")),
        )
        client.stop_channels()
    finally:
        os.kill(host, signal.SIGTERM)
    assert "42\n" in printed
    assert wait_gone(family) == set()
