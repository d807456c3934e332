"""Options: declared here, and resolved here from command line and configuration file, nowhere else.

This module is imported whenever pytest starts, so it imports nothing of nbcheck before a notebook is collected.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from nbcheck.execution.directives import Directives
    from nbcheck.execution.options import RunOptions

PEER_STARTS = (
    "nbcheck_peer_nbval",
    "nbcheck_peer_nbval_lax",
    "nbcheck_peer_nbmake",
    "nbcheck_peer_nb_test_files",
)
"""Names under which pytest keeps the flags that ask for notebooks of testers that are not there."""

_MODES = ("semantic", "exact", "run")
_ITEMS = ("cell", "notebook")
_ANNOTATIONS = ("auto", "github", "none")
_OTHER_ANNOTATOR = "pytest_github_actions_annotate_failures"
_TWICE, _NO_TWICE = "--nbcheck-twice", "--nbcheck-no-twice"
_UPDATES = ("new", "changed", "all")
_NO_LIMIT = "none"
_SHARD = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})")
SEED = 0
"""Of everything that ``--nbcheck-deterministic`` seeds. Any number would do; 0 is what kernels' hash seed is anyway."""


@dataclass(frozen=True, slots=True)
class PluginOptions:
    """What the user asked for, checked; what was left open is None or the default of the field."""

    mode: str = "semantic"
    """``semantic``, ``exact`` or ``run``."""
    items: str = "cell"
    """One item per ``cell`` or per ``notebook``."""
    kernel: str | None = None
    """Name of a kernelspec, or ``notebook``."""
    cell_timeout: float | None = None
    """Seconds for each cell; infinity for no limit."""
    timeout: float | None = None
    """Seconds for all cells of a notebook; infinity for no limit."""
    startup_timeout: float | None = None
    """Seconds for a kernel to answer after its start."""
    is_cold: bool = False
    """Start a new interpreter for each notebook, also where a warm one could be forked."""
    max_memory: int | None = None
    """Bytes that a notebook's processes may use together; None for no limit."""
    is_deterministic: bool = False
    """Fix the seeds of random numbers and of hashes."""
    refuses_network: bool = False
    """Refuse connections from kernels to other machines."""
    is_affected_only: bool = False
    """Leave out notebooks of which nothing has changed since they passed."""
    affected_variables: tuple[str, ...] = ()
    """Patterns for variables of the environment that count for that."""

    nbval_cells_from: int = 0
    """Number of a notebook's first cell in nbval's names, ``nb.ipynb::Cell 0``."""
    parameters: Mapping[str, Any] = field(default_factory=dict)  # Any: whatever JSON holds
    """Values of parameters by name, for all notebooks."""
    keeps_kernels: bool = False
    """Leave the kernels of failed notebooks running."""
    flaky_check: str = ""
    """Whether notebooks whose outputs differ are run a second time: ``always`` or ``never``; empty for as they say."""
    update: str = ""
    """Which outputs are written into the notebooks at the end: ``new``, ``changed`` or ``all``; empty for none."""
    written_baseline: str | None = None
    """File for the failures of this run, which the project is to know of, relative to where pytest was started."""
    html: str | None = None
    """File or folder for a report, relative to where pytest was started."""
    json: str | None = None
    """File for a report that programs read, likewise."""
    cov_cells: str | None = None
    """File for the lines of cells that were run, relative to where pytest was started."""
    gitlab: str | None = None
    """File for a code quality report of GitLab, likewise."""
    annotates: bool = False
    """Whether failures are told as workflow commands of GitHub Actions."""
    summary: str | None = None
    """File that GitHub Actions shows as the summary of the step; the run is added to it."""
    heartbeat: float | None = None
    """Seconds between two signs of life of a notebook; infinity for none."""
    shard: tuple[int, int] | None = None
    """Number, from 1, of the part of the notebooks to be run, and how many parts there are."""
    durations: str | None = None
    """JSON report of an earlier run, or a folder of them, relative to where pytest was started."""
    run_only_by: str = ""
    """Flag of another tester by which nothing is compared; empty when there is none."""
    honours_allow_errors: bool = False
    """Whether ``execution.allow_errors`` in a notebook's metadata holds."""
    ignored: frozenset[str] = frozenset()
    """Kinds of outputs that are not compared."""
    replacements: tuple[tuple[str, str], ...] = ()
    """Regular expressions and what takes the place of what matches, in the order of application."""
    notices: tuple[str, ...] = field(default=(), compare=False)
    """What a user of another tester's flags should know, a line each."""
    on_line: frozenset[str] = field(default=frozenset(), compare=False)
    """Names of the options that stood on the command line: these win over what a project's file says."""

    @property
    def wants_records(self) -> bool:
        """Whether anybody wants to know more of the run than pytest's own reports say."""
        files = (self.html, self.json, self.gitlab, self.summary)
        return self.annotates or any(file is not None for file in files)

    def command_line_directives(self) -> Directives:
        """Return those options of the command line that say what a directive may say, too."""
        from nbcheck.compare.base import CompareMode
        from nbcheck.execution.directives import Found

        values = {
            "mode": CompareMode(self.mode),
            "cell-timeout": _limit(self.cell_timeout, None),
            "timeout": _limit(self.timeout, None),
            "max-memory": self.max_memory,
        }
        found = {
            name: Found(value, f"--nbcheck-{name}")
            for name, value in values.items()
            if f"nbcheck-{name}" in self.on_line
        }
        if self.run_only_by:
            found.setdefault("mode", Found(CompareMode.RUN, self.run_only_by))
        return found

    def to_run_options(self, roots: tuple[str, ...]) -> RunOptions:
        """Return the options as the library takes them.

        Args:
            roots: folders whose spelling in outputs is noise.
        """
        from nbcheck.compare.base import CompareMode, CompareOptions
        from nbcheck.execution.options import DEFAULT_CELL_TIMEOUT, DEFAULT_STARTUP_TIMEOUT, RunOptions

        return RunOptions(
            cell_timeout=_limit(self.cell_timeout, DEFAULT_CELL_TIMEOUT),
            notebook_timeout=_limit(self.timeout, None),
            startup_timeout=self.startup_timeout or DEFAULT_STARTUP_TIMEOUT,
            kernel=self.kernel,
            is_cold=self.is_cold,
            max_memory=self.max_memory,
            instruments=self._instruments(),
            environment={"PYTHONHASHSEED": str(SEED)} if self.is_deterministic else {},
            honours_allow_errors=self.honours_allow_errors,
            parameters=self.parameters,
            compare=CompareOptions(
                mode=CompareMode(self.mode),
                roots=roots,
                ignored=self.ignored,
                replacements=self.replacements,
            ),
        )

    def _instruments(self) -> dict[str, int | str]:
        instruments: dict[str, int | str] = {}
        if self.is_deterministic:
            instruments["seeds"] = SEED
        if self.refuses_network:
            instruments["network"] = "--nbcheck-no-network"
        return instruments


@dataclass(frozen=True, slots=True)
class _Option:
    """An option of the command line that the configuration file can set, too."""

    name: str
    metavar: str
    help: str

    @property
    def dest(self) -> str:
        return self.name.replace("-", "_")

    @property
    def flag(self) -> str:
        return f"--{self.name}"


_OPTIONS = (
    _Option(
        "nbcheck-mode", "MODE", "how outputs are compared: semantic (default), exact, or run for not at all"
    ),
    _Option("nbcheck-items", "WHAT", "one test per cell (default) or per notebook"),
    _Option(
        "nbcheck-kernel",
        "NAME",
        "kernelspec that runs the notebooks, or 'notebook' for the one each of them names; "
        "by default Python notebooks run in the kernel that comes with nbcheck",
    ),
    _Option("nbcheck-cell-timeout", "SECONDS", "time for each cell (default: 600; none: no limit)"),
    _Option("nbcheck-timeout", "SECONDS", "time for all cells of a notebook (default: none)"),
    _Option("nbcheck-kernel-startup-timeout", "SECONDS", "time for a kernel to answer (default: 60)"),
    _Option(
        "nbcheck-nbval-cells-from",
        "N",
        "number of a notebook's first cell in nbval's node ids: 0 (default), as in its releases, or 1",
    ),
    _Option("nbcheck-html", "PATH", "write a report: one file if PATH ends in .html, else a folder of pages"),
    _Option("nbcheck-json", "PATH", "write a report for other programs: one JSON file"),
    _Option(
        "nbcheck-cov-cells",
        "PATH",
        "write which lines of the cells themselves were run, as LCOV with the lines of the notebooks' files",
    ),
    _Option("nbcheck-gitlab", "PATH", "write a code quality report of GitLab: one JSON file"),
    _Option(
        "nbcheck-annotations",
        "WHERE",
        "tell failures and a summary to GitHub Actions: auto (default: if run by it), github, none",
    ),
    _Option(
        "nbcheck-heartbeat",
        "SECONDS",
        "say so often which cell of a notebook runs (default: 60 in CI and where there is no terminal, else none)",
    ),
    _Option(
        "nbcheck-shard", "N/COUNT", "run one of COUNT parts of the notebooks, for CI jobs side by side: 2/5"
    ),
    _Option(
        "nbcheck-durations",
        "PATH",
        "split for --nbcheck-shard by how long notebooks took: a file of --nbcheck-json, or a folder of such files",
    ),
    _Option(
        "nbcheck-max-memory",
        "SIZE",
        "memory, such as 2G or 512M, for the kernel of a notebook with all processes that it starts "
        "(default: none)",
    ),
)

_FLAGS = {
    "nbcheck-cold": "start a new interpreter for each notebook; by default, on Linux, one that has imported IPython "
    "is forked",
    "nbcheck-deterministic": "begin each notebook with the same seeds: of hashes, random, numpy.random and torch",
    "nbcheck-affected": "leave out notebooks of which nothing that they use has changed since they passed",
    "nbcheck-no-network": "refuse connections from the Python code of notebooks to other machines",
}
"""Options that take no value, with their help."""

_KEEP_HELP = (
    "leave the kernels of failed notebooks running after the session, for an hour or as long as somebody is connected, "
    "and say how to connect"
)


_PARAMETER_HELP = (
    "run the notebooks once, with this value assigned after the cell tagged 'parameters'; "
    "may be given several times"
)
_TWICE_HELP = (
    "run notebooks whose outputs differ a second time, however long they take, and say which differences are unstable; "
    "by default only what is quick"
)
_NO_TWICE_HELP = "run no notebook a second time"
_UPDATE_HELP = (
    "write outputs into the notebooks: new (of cells that were never run), changed (that differ from the stored "
    "ones), or all of both"
)
_BASELINE_HELP = "write the failures of this run into a file, of which they are known and do not count"
_IN_CI_HELP = "let --nbcheck-update write although this is a CI job (the variable CI is true or 1)"


def add_options(parser: pytest.Parser) -> None:
    """Declare all options."""
    group = parser.getgroup("nbcheck", "Jupyter notebooks as tests (nbcheck)")
    group.addoption(
        "--nbcheck",
        action="store_true",
        default=False,
        help="collect Jupyter notebooks, run them, and compare their outputs with the stored ones",
    )
    for option in _OPTIONS:
        group.addoption(option.flag, metavar=option.metavar, default=None, help=option.help)
        parser.addini(option.dest, f"{option.help}; same as {option.flag}", default=None)
    group.addoption(
        "--nbcheck-parameter", metavar="NAME=VALUE", action="append", default=[], help=_PARAMETER_HELP
    )
    group.addoption(_TWICE, action="store_true", default=False, help=_TWICE_HELP)
    group.addoption(_NO_TWICE, action="store_true", default=False, help=_NO_TWICE_HELP)
    group.addoption("--nbcheck-keep", action="store_true", default=False, help=_KEEP_HELP)
    # Not in the configuration file: a run that writes is always asked for.
    group.addoption("--nbcheck-update", metavar="WHAT", default=None, help=_UPDATE_HELP)
    group.addoption("--nbcheck-write-baseline", metavar="PATH", default=None, help=_BASELINE_HELP)
    group.addoption("--nbcheck-update-in-ci", action="store_true", default=False, help=_IN_CI_HELP)
    for name, text in _FLAGS.items():
        group.addoption(f"--{name}", action="store_true", default=False, help=text)
        parser.addini(name.replace("-", "_"), f"{text}; same as --{name}", type="bool", default=False)
    parser.addini(
        "nbcheck_affected_variables",
        "names or patterns of environment variables that notebooks depend on, for --nbcheck-affected",
        type="args",
        default=[],
    )


class _Said:
    """What command line and configuration file say of the options that have values, read as what they mean."""

    def __init__(self, config: pytest.Config) -> None:
        """Gather it; the command line wins.

        Args:
            config: pytest's.
        """
        self.problems: list[str] = []
        """What is wrong, a line each."""
        self._config = config
        self._values: dict[str, str] = {}
        self._places: dict[str, str] = {}
        for option in _OPTIONS:
            given, in_file = config.getoption(option.dest), config.getini(option.dest)
            value = given if given is not None else in_file or None
            if value is not None:
                self.take(option.name, str(value), option.flag if given is not None else option.dest)
        self.on_line = frozenset(name for name, place in self._places.items() if place.startswith("--"))

    def take(self, name: str, value: str, place: str) -> None:
        """Take a value, unless a nearer place has said one."""
        if name not in self._values:
            self._values[name], self._places[name] = value, place

    def text(self, name: str) -> str | None:
        """Return a value as it is."""
        return self._values.get(name)

    def is_on(self, name: str) -> bool:
        """Return an option that is on or off."""
        dest = name.replace("-", "_")
        return bool(self._config.getoption(dest) or self._config.getini(dest))

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """Return one of several words; the first is the default, and stands for what is none of them."""
        value = self._values.get(name, allowed[0])
        if value in allowed:
            return value
        self._complain(name, f"is not one of {', '.join(allowed)}")
        return allowed[0]

    def seconds(self, name: str, *, has_no_limit: bool = True) -> float | None:
        """Return a time, infinity for no limit."""
        value = self._values.get(name)
        if value is None:
            return None
        number = math.inf if has_no_limit and value == _NO_LIMIT else _positive(value)
        if number is None:
            also = f", or {_NO_LIMIT} for no limit" if has_no_limit else ""
            self._complain(name, f"is not a number of seconds above 0{also}")
        return number

    def size(self, name: str) -> int | None:
        """Return an amount of memory in bytes; None for no limit."""
        value = self._values.get(name, _NO_LIMIT)
        if value == _NO_LIMIT:
            return None
        from nbcheck.execution.size import read_size

        try:
            return read_size(value)
        except ValueError:
            self._complain(
                name,
                "is not a size such as 2G, 512M or a number of bytes, of 64M or more, "
                f"or {_NO_LIMIT} for no limit",
            )
            return None

    def shard(self, name: str) -> tuple[int, int] | None:
        """Return the number of a part, and how many parts there are."""
        value = self._values.get(name)
        if value is None:
            return None
        match = _SHARD.fullmatch(value)
        number, count = (int(match[1]), int(match[2])) if match else (1, 0)
        if number > count:
            self._complain(name, "is not a part such as 2/5, the second of five")
        return number, count

    def _complain(self, name: str, what: str) -> None:
        self.problems.append(f"{self._places[name]}: {self._values[name]!r} {what}")


def resolve_options(config: pytest.Config) -> PluginOptions:
    """Combine and check what command line and configuration file say; the command line wins.

    Raises:
        pytest.UsageError: values are wrong; it names all of them.
    """
    from pytest_nbcheck.migrate.adopt import adopt

    said = _Said(config)
    adopted = adopt(config)
    said.problems += adopted.problems
    for name, (value, place) in adopted.values.items():
        said.take(name, value, place)
    where = said.choice("nbcheck-annotations", _ANNOTATIONS)
    is_on_github = where == "github" or (where == "auto" and os.environ.get("GITHUB_ACTIONS") == "true")
    update = config.getoption("nbcheck_update") or ""
    said.problems += _update_problems(update, is_allowed_in_ci=config.getoption("nbcheck_update_in_ci"))
    options = PluginOptions(
        mode=said.choice("nbcheck-mode", _MODES),
        items=said.choice("nbcheck-items", _ITEMS),
        kernel=said.text("nbcheck-kernel"),
        cell_timeout=said.seconds("nbcheck-cell-timeout"),
        timeout=said.seconds("nbcheck-timeout"),
        startup_timeout=said.seconds("nbcheck-kernel-startup-timeout", has_no_limit=False),
        is_cold=said.is_on("nbcheck-cold"),
        nbval_cells_from=int(said.choice("nbcheck-nbval-cells-from", ("0", "1"))),
        keeps_kernels=config.getoption("nbcheck_keep"),
        flaky_check=_flaky_check(config, said.problems),
        update=update,
        written_baseline=config.getoption("nbcheck_write_baseline"),
        html=said.text("nbcheck-html"),
        json=said.text("nbcheck-json"),
        cov_cells=said.text("nbcheck-cov-cells"),
        gitlab=said.text("nbcheck-gitlab"),
        # Another plugin that annotates whatever fails would do so a second time, of ten that are shown.
        annotates=is_on_github
        and (where == "github" or not config.pluginmanager.hasplugin(_OTHER_ANNOTATOR)),
        summary=(os.environ.get("GITHUB_STEP_SUMMARY") or None) if is_on_github else None,
        heartbeat=said.seconds("nbcheck-heartbeat"),
        shard=said.shard("nbcheck-shard"),
        durations=said.text("nbcheck-durations"),
        run_only_by=adopted.run_only_by,
        honours_allow_errors=adopted.honours_allow_errors,
        ignored=adopted.ignored,
        replacements=adopted.replacements,
        notices=tuple(adopted.notices),
        on_line=said.on_line,
        max_memory=said.size("nbcheck-max-memory"),
        parameters=_read_parameters(config.getoption("nbcheck_parameter"), said.problems),
        is_deterministic=said.is_on("nbcheck-deterministic"),
        refuses_network=said.is_on("nbcheck-no-network"),
        is_affected_only=said.is_on("nbcheck-affected"),
        affected_variables=tuple(config.getini("nbcheck_affected_variables")),
    )
    if said.problems:
        raise pytest.UsageError("\n".join(said.problems))
    return options


# Any: parameters are whatever JSON holds
def _read_parameters(given: list[str], problems: list[str]) -> dict[str, Any]:
    if not given:
        return {}
    from nbcheck.execution.parameters import read_parameter

    values: dict[str, Any] = {}
    for text in given:
        try:
            name, value = read_parameter(text)
        except ValueError:
            problems.append(f"--nbcheck-parameter: {text!r} is not a name and a value, such as alpha=0.3")
        else:
            values[name] = value
    return values


def _flaky_check(config: pytest.Config, problems: list[str]) -> str:
    is_wanted, is_unwanted = config.getoption("nbcheck_twice"), config.getoption("nbcheck_no_twice")
    if is_wanted and is_unwanted:
        problems.append(f"{_TWICE} and {_NO_TWICE} exclude each other")
    why_not = _why_not_twice(config)
    if is_wanted and why_not:
        problems.append(f"{_TWICE}: not with {why_not}")
    return "always" if is_wanted else "never" if is_unwanted or why_not else ""


def _why_not_twice(config: pytest.Config) -> str:
    """Return the option because of which no notebook of this run is run a second time; empty when there is none."""
    option = config.option
    asked = {
        "-x or --maxfail": option.maxfail,
        "--reruns": getattr(option, "reruns", None),
        "--pdb": option.usepdb,
        "--trace": option.trace,
        "--nbcheck-keep": option.nbcheck_keep,
    }
    return next((name for name, is_on in asked.items() if is_on), "")


def is_ci_job() -> bool:
    """Whether this is a job of a CI system, where nobody looks at what is written."""
    return os.environ.get("CI", "").lower() in ("true", "1")


def _update_problems(update: str, *, is_allowed_in_ci: bool) -> list[str]:
    if not update:
        return []
    if update not in _UPDATES:
        return [f"--nbcheck-update: {update!r} is not one of {', '.join(_UPDATES)}"]
    if is_ci_job() and not is_allowed_in_ci:
        return [
            "--nbcheck-update: not in a CI job (the variable CI is set), where nobody looks at what is written; "
            "add --nbcheck-update-in-ci if it is meant"
        ]
    return []


def _positive(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < math.inf else None


def _limit(seconds: float | None, default: float | None) -> float | None:
    if seconds is None:
        return default
    return None if seconds == math.inf else seconds
