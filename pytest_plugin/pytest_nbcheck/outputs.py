"""What is made of a run when it has ended: files, annotations, a summary. One class or function each."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from nbcheck.errors import UsageError
from nbcheck.report.base import RunReport
from nbcheck.report.files import FileTarget, ReportTarget
from pytest_nbcheck.options import PluginOptions
from pytest_nbcheck.paths import given_path


class Output(Protocol):
    """One way to tell of a run."""

    name: str
    """What it is: ``HTML report``."""
    place: str
    """Where it is, for people; empty when there is nothing to be said of it."""

    @property
    def lines(self) -> Sequence[str]:
        """What is to be printed when it has been written."""
        ...

    def write(self, run: RunReport) -> None:
        """Tell of the run.

        Raises:
            NbcheckError: it cannot be written.
        """
        ...


class _HtmlOutput:
    name = "HTML report"
    lines = ()

    def __init__(self, config: pytest.Config, path: str) -> None:
        self._target = ReportTarget(given_path(config, path))
        check_target(self._target, "--nbcheck-html")
        self.place = os.path.relpath(self._target.start, config.invocation_params.dir)

    def write(self, run: RunReport) -> None:
        from nbcheck.report.html import HtmlFile, HtmlFolder

        reporter = HtmlFile(self._target.path.name) if self._target.is_file else HtmlFolder()
        self._target.write(reporter.render(run))


class _FileOutput:
    """One file for other programs."""

    lines = ()

    def __init__(
        self,
        config: pytest.Config,
        option: str,
        name: str,
        *,
        path: str,
        begins: re.Pattern[bytes],
        render: Callable[[RunReport], bytes],
    ) -> None:
        self.name = name
        self._render = render
        self._target = FileTarget(given_path(config, path), begins)
        check_target(self._target, option)
        self.place = os.path.relpath(self._target.path, config.invocation_params.dir)

    def write(self, run: RunReport) -> None:
        self._target.write(self._render(run))


class _Annotations:
    name = "annotations"
    place = ""

    def __init__(self, config: pytest.Config) -> None:
        self._root = _repository(config, "GITHUB_WORKSPACE")
        self.lines: Sequence[str] = ()

    def write(self, run: RunReport) -> None:
        from nbcheck.report.failures import list_failures
        from nbcheck.report.github import render_annotations

        self.lines = render_annotations(list_failures(run, self._root))


class _StepSummary:
    name = "step summary"
    lines = ()

    def __init__(self, config: pytest.Config, path: str) -> None:
        self._root = _repository(config, "GITHUB_WORKSPACE")
        self._path = Path(path)
        self.place = ""

    def write(self, run: RunReport) -> None:
        from nbcheck.report.github import MAX_SUMMARY, render_summary

        try:
            with self._path.open("ab") as file:
                text = render_summary(run, self._root, limit=MAX_SUMMARY - file.tell())
                file.write(text.encode("utf-8", "replace"))
        except OSError as error:
            # Nobody asked for it by name, so that it fails nothing.
            self.place = f"not written: {error}"


def _json_output(config: pytest.Config, path: str) -> Output:
    from nbcheck.report.json import BEGINS, render_json

    root = str(config.rootpath)
    return _FileOutput(
        config,
        "--nbcheck-json",
        "JSON report",
        path=path,
        begins=BEGINS,
        render=lambda run: render_json(run, root),
    )


def _gitlab_output(config: pytest.Config, path: str) -> Output:
    from nbcheck.report.failures import list_failures
    from nbcheck.report.gitlab import BEGINS, render_code_quality

    root = _repository(config, "CI_PROJECT_DIR")
    return _FileOutput(
        config,
        "--nbcheck-gitlab",
        "code quality report",
        path=path,
        begins=BEGINS,
        render=lambda run: render_code_quality(list_failures(run, root)),
    )


def make_outputs(config: pytest.Config, options: PluginOptions) -> list[Output]:
    """Return what a user asked for.

    Raises:
        pytest.UsageError: something else is at one of the paths, or two reports have the same one.
    """
    paths = [
        given_path(config, path) for path in (options.html, options.json, options.gitlab) if path is not None
    ]
    twice = [path for path in paths if paths.count(path) > 1]
    if twice:
        raise pytest.UsageError(f"{twice[0]} is given for more than one report; each needs a file of its own")
    outputs: list[Output] = []
    if options.html is not None:
        outputs.append(_HtmlOutput(config, options.html))
    if options.json is not None:
        outputs.append(_json_output(config, options.json))
    if options.gitlab is not None:
        outputs.append(_gitlab_output(config, options.gitlab))
    if options.summary is not None:
        outputs.append(_StepSummary(config, options.summary))
    if options.annotates:
        outputs.append(_Annotations(config))
    return outputs


def _repository(config: pytest.Config, variable: str) -> str:
    """Return the folder of the checkout, as the CI system tells it; elsewhere that of the project."""
    return os.path.abspath(os.environ.get(variable) or config.rootpath)


def check_target(target: ReportTarget | FileTarget, option: str) -> None:
    """Make sure that a report can be written.

    Raises:
        pytest.UsageError: something else is there.
    """
    try:
        target.check()
    except UsageError as error:
        raise pytest.UsageError(f"{option}: {error}") from error
