"""``--nbcheck-heartbeat``: where the lines go. When they come: tests/execution/test_heartbeat.py."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from helpers.example import Example
from helpers.fake_kernel import prints
from helpers.nb import code, notebook, stdout
from pytest_nbcheck.heartbeat import make_heartbeat

Make = Callable[..., Example]

NOTEBOOK = notebook(code("a"), code("print('out')", stdout("out\n")))
SCRIPT = {"print('out')": [prints("out\n")]}
# Less than the time between a request and its answer, however fast the machine is.
OFTEN = "--nbcheck-heartbeat=1e-9"


def signs(lines: list[str]) -> list[str]:
    return [line for line in lines if "has run for" in line]


@pytest.mark.parametrize("arguments", [[], ["-v"], ["-s"], ["--capture=sys"], ["-p", "no:capture"], ["-q"]])
def test_a_line_reaches_the_terminal(fake_example: Make, arguments: list[str]) -> None:
    example = fake_example({"sub/nb.ipynb": NOTEBOOK}, SCRIPT)
    result = example.run(OFTEN, *arguments)
    result.assert_outcomes(passed=2)
    found = signs(result.outlines)
    assert "nbcheck: sub/nb.ipynb: cell 1 of 2 has run for 0.00 s" in found
    assert "nbcheck: sub/nb.ipynb: cell 2 of 2 has run for 0.00 s" in found


def test_without_a_terminal_reporter_it_is_the_error_stream(
    fake_example: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = fake_example({"nb.ipynb": NOTEBOOK}, SCRIPT)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "__stderr__", stream)
    example.run(OFTEN, "-p", "no:terminal", "-p", "no:faulthandler")
    assert "\nnbcheck: nb.ipynb: cell 2 of 2 has run for 0.00 s\n" in stream.getvalue()


@pytest.mark.parametrize(
    ("variables", "is_terminal", "every", "comes"),
    [
        ({}, True, None, False),
        ({}, False, None, True),
        ({"CI": "true"}, True, None, True),
        ({"BUILD_NUMBER": "7"}, True, None, True),
        ({"CI": ""}, True, None, False),
        ({"CI": "true"}, False, float("inf"), False),
        ({}, True, 5.0, True),
    ],
)
def test_by_default_where_nobody_watches(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    is_terminal: bool,
    every: float | None,
    comes: bool,
) -> None:
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    config = pytester.parseconfigure()
    config.pluginmanager.getplugin("terminalreporter").isatty = is_terminal
    assert (make_heartbeat(config, every, pytester.path / "nb.ipynb", 3) is not None) is comes


def test_it_can_be_switched_off(fake_example: Make) -> None:
    example = fake_example(
        {"nb.ipynb": NOTEBOOK, "pytest.ini": "[pytest]\nnbcheck_heartbeat = none\n"}, SCRIPT
    )
    assert signs(example.run().outlines) == []


@pytest.mark.slow
def test_workers_of_xdist_write_past_their_capture(example: Make, require: Callable[[str], object]) -> None:
    require("xdist")
    cells = [code("print('out')", stdout("out\n"))] * 2
    result = example({"nb.ipynb": notebook(*cells)}).run_apart(OFTEN, "-n1")
    result.assert_outcomes(passed=2)
    assert any(line.startswith("nbcheck: nb.ipynb: cell 2 of 2 has run for ") for line in result.errlines)
