"""A project of a user in a temporary folder, and pytest run in it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hypothesis  # noqa: F401 - its plugin would import it anew in every inner run, which takes a second
import pytest

from helpers.fake_kernel import FakeClock, FakeKernel, Step

# pytester forgets what an inner run imported. The plugin's parts are imported here, so that every run in this
# process uses the same modules: some of them do not like to be loaded twice.
from nbcheck.manager.discovery import Choice
from nbcheck.testing import Notebook  # noqa: F401
from pytest_nbcheck import items, kernels, session  # noqa: F401

_HEADLINE = re.compile(r"[=_-]{5,} .+ [=_-]{5,}")


class FakeKernels:
    """Takes the place of :class:`pytest_nbcheck.kernels.Kernels`; all kernels play one script."""

    def __init__(self, script: Mapping[str, Sequence[Step]]) -> None:
        self.script = dict(script)
        self.later_scripts: list[dict[str, Sequence[Step]]] = []  # of the kernels after the next, one each
        self.started: list[FakeKernel] = []
        self.requested: list[str | None] = []
        self.folders: list[Path] = []
        self.timeouts: list[float] = []
        self.were_cold: list[bool] = []
        self.limits: list[int | None] = []
        self.instruments: list[Mapping[str, Any]] = []
        self.env_changes: list[dict[str, str | None]] = []
        self.note = ""
        self.closed = 0

    def choose(self, metadata: Mapping[str, Any], requested: str | None) -> Choice:
        self.requested.append(requested)
        return Choice(note=self.note)

    def start(
        self,
        choice: Choice,
        *,
        cwd: Path,
        timeout: float,
        is_cold: bool = False,
        max_memory: int | None = None,
        instruments: Mapping[str, Any] | None = None,
        env_changes: Mapping[str, str | None] | None = None,
    ) -> FakeKernel:
        self.folders.append(cwd)
        self.were_cold.append(is_cold)
        self.limits.append(max_memory)
        self.instruments.append(instruments or {})
        self.timeouts.append(timeout)
        self.env_changes.append(dict(env_changes or {}))
        self.started.append(FakeKernel(self.script, FakeClock(time.monotonic())))
        if self.later_scripts:
            self.script = self.later_scripts.pop(0)
        return self.started[-1]

    def wait_for_leaving(self) -> None:
        pass

    def close(self) -> None:
        self.closed += 1

    @property
    def executed(self) -> list[list[str]]:
        """Sources that each kernel was sent, in the order the kernels were started."""
        return [kernel.executed for kernel in self.started]


class Example:
    """Files of a project, and how pytest takes them."""

    def __init__(
        self, pytester: pytest.Pytester, files: Mapping[str, bytes | str], fakes: FakeKernels | None = None
    ) -> None:
        """Write the files.

        Args:
            pytester: pytest's.
            files: content by path, folders with slashes.
            fakes: what kernels do; None for real ones.
        """
        self.pytester = pytester
        self._fakes = fakes
        for name, content in files.items():
            self.write(name, content)

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.pytester.path

    @property
    def fakes(self) -> FakeKernels:
        """What the fake kernels were asked for."""
        assert self._fakes is not None
        return self._fakes

    def write(self, name: str, content: bytes | str) -> Path:
        """Write, or overwrite, a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run ``pytest --nbcheck`` with arguments, in this process."""
        return self.pytester.runpytest_inprocess("--nbcheck", *arguments)

    def run_apart(self, *arguments: str) -> pytest.RunResult:
        """Run ``pytest --nbcheck`` in a process of its own; fake kernels do not reach there."""
        assert self._fakes is None
        # Each process would spend a second on importing hypothesis for its summary.
        return self.pytester.runpytest_subprocess("-p", "no:hypothesispytest", "--nbcheck", *arguments)


def verdicts(result: pytest.RunResult) -> dict[str, str]:
    """Outcome by node id, of a run with ``-rA``."""
    words = ("PASSED", "FAILED", "SKIPPED", "ERROR", "XFAIL", "XPASS", "RERUN")
    found: dict[str, str] = {}
    for line in result.outlines:
        word, _, rest = line.partition(" ")
        if word in words and "::" in rest:
            found[rest.partition(" - ")[0]] = word.lower()
    return found


def section(result: pytest.RunResult, title: str) -> list[str]:
    """Lines of the section under a headline of pytest's, such as ``nbcheck`` or ``short test summary info``."""
    lines = iter(result.outlines)
    for line in lines:
        if line.strip("=_- ") == title:
            break
    found = []
    for line in lines:
        if _HEADLINE.fullmatch(line):
            break
        found.append(line)
    return found
