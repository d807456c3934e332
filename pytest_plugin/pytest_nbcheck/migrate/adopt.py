"""What another tester's flags and settings come to here."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_nbcheck.migrate.flags import FLAGS, SETTINGS, given


@dataclass(slots=True)
class Adopted:
    """What was said, in our terms."""

    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Values of options of ours, by name without dashes, each with who said it."""
    run_only_by: str = ""
    """The flag by which nothing is compared; empty when there is none."""
    honours_allow_errors: bool = False
    """Whether ``execution.allow_errors`` in a notebook's metadata holds."""
    ignored: frozenset[str] = frozenset()
    """Kinds of outputs that are not compared."""
    replacements: tuple[tuple[str, str], ...] = ()
    """Regular expressions and what takes the place of what matches."""
    notices: list[str] = field(default_factory=list)
    """What a user should know, a line each."""
    problems: list[str] = field(default_factory=list)
    """What cannot be followed."""


_SAME = {
    "--nbval-kernel-name": "nbcheck-kernel",
    "--nbval-cell-timeout": "nbcheck-cell-timeout",
    "--nbval-kernel-startup-timeout": "nbcheck-kernel-startup-timeout",
    "--nbmake-timeout": "nbcheck-cell-timeout",
    "--nbmake-kernel": "nbcheck-kernel",
    "--nb-exec-timeout": "nbcheck-cell-timeout",
    "nb_exec_timeout": "nbcheck-cell-timeout",
}
"""What has an option of ours with the same meaning, by the option's name."""

_NOT_WRITTEN = "no notebook is written; save it in Jupyter when a change is meant"
_ERRORS_COMPARED = "it is not needed: a cell that raises the stored error passes"
_NO_COVERAGE = "coverage of what notebooks import is not measured"
_VAIN = {
    "--nbdime": "it is not needed: a failure shows what changed",
    "--overwrite": _NOT_WRITTEN,
    "--nb-force-regen": _NOT_WRITTEN,
    "--nb-exec-errors": _ERRORS_COMPARED,
    "--nb-coverage": _NO_COVERAGE,
    "nb_force_regen": _NOT_WRITTEN,
    "nb_exec_allow_errors": _ERRORS_COMPARED,
    "nb_coverage": _NO_COVERAGE,
    "nb_file_fnmatch": "every .ipynb is collected; leave some out with pytest's --ignore-glob",
    "nb_diff_normalize": "noise is left out by rules of nbcheck's own; see its directive 'normalise'",
    "nb_diff_use_nbdime_config": "nbdime's configuration is not read; see the directive 'ignore-output'",
}
"""What is accepted and does nothing, and why."""

_FOLDER = "notebooks are run in their own folder; let a cell change it with os.chdir()"
_REFUSED = {
    "--nb-exec-cwd": _FOLDER,
    "nb_exec_cwd": _FOLDER,
    "nb_exec_env": "set the variables before pytest is started; kernels inherit them",
}
"""What would change results if it were passed over, and what to do."""

_SANITIZE = ("--nbval-sanitize-with", "--sanitize-with")


def adopt(config: pytest.Config) -> Adopted:
    """Translate what was said in other testers' words and declared by :func:`declare_unknown`."""
    flags = given(config)
    said: dict[str, Any] = {**flags, **_settings(config)}
    adopted = Adopted()
    is_ours = bool(config.getoption("nbcheck"))
    starting = [flag for flag in FLAGS if flag.starts and flag.name in flags]
    if starting and not is_ours:
        first = starting[0]
        adopted.notices.append(f"{first.name}: {first.peer} is not there, nbcheck runs the notebooks")
    for name, value in said.items():
        if name in _SAME:
            adopted.values.setdefault(_SAME[name], (str(value), name))
        if name in _VAIN:
            adopted.notices.append(f"{name} has no effect: {_VAIN[name]}")
        if name in _REFUSED:
            adopted.problems.append(f"{name} cannot be followed: {_REFUSED[name]}")
    run_only = ["--nbval-lax", "--nbmake-find-import-errors"]
    if not is_ours and "--nbval" not in flags:
        # Who gives --nbcheck as well wants to see outputs compared.
        run_only.append("--nbmake")
        adopted.honours_allow_errors = "--nbmake" in flags
    adopted.run_only_by = next((name for name in run_only if name in flags), "")
    _adopt_files(flags, config.invocation_params.dir, adopted)
    _adopt_paths(said, adopted)
    return adopted


def _settings(config: pytest.Config) -> dict[str, Any]:  # Any: as pytest reads them
    """Return pytest-notebook's settings, whoever declared them."""
    found = {}
    for name in SETTINGS:
        try:
            value = config.getini(name)
        except ValueError:  # nobody declared it
            continue
        # Its own default is an object that says that there is none.
        if value and isinstance(value, str | list | bool):
            found[name] = value
    return found


def _adopt_files(flags: Mapping[str, Any], folder: Path, adopted: Adopted) -> None:
    names = [flags[name] for name in _SANITIZE if name in flags]
    if not names:
        return
    from nbcheck.errors import UsageError
    from nbcheck.execution.sanitise import load_sanitize_file

    name = str(names[0])
    try:
        read = load_sanitize_file(folder / name, name)
    except UsageError as error:
        adopted.problems += str(error).splitlines()
        return
    adopted.replacements += read.replacements
    if read.passed_over:
        adopted.notices.append(
            f"{name}: {read.passed_over} of its patterns has no effect, as in nbval: "
            "'regex: ' and 'replace: ' must begin two lines, one right after the other"
        )


def _adopt_paths(said: Mapping[str, Any], adopted: Adopted) -> None:
    section: dict[str, Any] = {}
    if "nb_diff_ignore" in said:
        section["diff_ignore"] = said["nb_diff_ignore"]
    if "nb_diff_replace" in said:
        section["diff_replace"] = [_split(line) for line in said["nb_diff_replace"]]
    if not section:
        return
    from nbcheck.execution.directives import check_replacement
    from nbcheck.execution.foreign_markers import read_path_rules

    read = read_path_rules({"nbreg": section}, is_notebook=True)
    prefix = "notebook metadata nbreg."
    adopted.problems += [f"nb_{problem.removeprefix(prefix)}" for problem in read.problems]
    for rule in read.rules:
        if rule.cell_index is not None:
            adopted.problems.append(
                f"nb_diff_ignore, nb_diff_replace: a path to cell {rule.cell_index} holds for every notebook; "
                "say it in the metadata of the one that is meant"
            )
        adopted.ignored |= frozenset(rule.ignored)
        if rule.replacement is not None:
            problem = _complaint(check_replacement, *rule.replacement)
            adopted.problems += [f"nb_diff_replace: {rule.replacement[0]!r}: {problem}"] if problem else []
            adopted.replacements += (rule.replacement,)


def _split(line: str) -> list[str]:
    """Take a line of nb_diff_replace apart as pytest-notebook does: like a shell, but backslashes stay."""
    try:
        parts = shlex.split(line, posix=False)
    except ValueError:
        return [line]
    return [
        part[1:-1] if len(part) > 1 and part[0] == part[-1] and part[0] in "\"'" else part for part in parts
    ]


def _complaint(check: Callable[[str, str], None], pattern: str, replacement: str) -> str:
    try:
        check(pattern, replacement)
    except ValueError as error:
        return str(error)
    return ""
