"""Test public notebooks a moment after they were recorded, with nbcheck and with nbval, and say which cells are red.

The notebooks are those of ``public_notebooks.txt``; the repositories they are in have to lie in a folder as
``<owner>/<name>``. Each notebook is recorded by nbclient and ipykernel and then tested by both, every time in another
copy of its repository and with another home folder. A second recording tells which cells are unstable: those whose
outputs it does not repeat. See README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from page import replace_section

from nbcheck.compare import CompareOptions, compare_outputs
from nbcheck.document import read_document

HERE = Path(__file__).resolve().parent
LISTED = HERE / "public_notebooks.txt"
WORK = HERE.parent / ".bench" / "public"
LIMIT = "120"
"""Seconds a cell may take."""
# nbval has a limit of its own for the time between an output and the next, which nobody can set.
TESTERS = {
    "nbcheck": ("-p", "pytest_nbcheck.plugin", "--nbcheck", "--nbcheck-cell-timeout", LIMIT),
    "nbval": ("-p", "nbval.plugin", "--nbval", "--nbval-current-env", "--nbval-cell-timeout", LIMIT),
}
STAGES = ("first", "second", *TESTERS)


@dataclass
class Measured:
    """What came of one notebook."""

    repository: str
    """``owner/name``."""
    path: str
    """Inside the repository."""
    cells: int = 0
    """Code cells."""
    trouble: str = ""
    """Why it is left out; empty when it is not."""
    unstable: set[int] = field(default_factory=set)
    """Code cells that the second recording does not repeat, counted from 1."""
    red: dict[str, set[int]] = field(default_factory=dict)
    """Code cells that failed, by tester."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time by stage."""

    def false_alarms(self, tester: str) -> set[int]:
        """Red cells that are not unstable."""
        return self.red[tester] - self.unstable


def read_list(path: Path) -> list[Measured]:
    """Read the notebooks to measure, one ``owner/name: path`` a line."""
    pairs = (line.split(": ", 1) for line in path.read_text("utf-8").splitlines())
    return sorted((Measured(*pair) for pair in pairs), key=lambda one: one.repository.lower())


def make_environ(stage: str, python: Path) -> dict[str, str]:
    """The environment of somebody else for each stage; hash seeds are not fixed, as nobody's are."""
    home = WORK / f"home-{stage}"
    # IPython puts its caches elsewhere in a home folder that has none yet.
    (home / ".cache").mkdir(parents=True, exist_ok=True)
    environ = os.environ | {
        "HOME": str(home),
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "PYTHONHASHSEED"):
        environ.pop(name, None)
    return environ


def run(python: Path, stage: str, arguments: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the environment's Python, whatever its exit code."""
    environ = make_environ(stage, python)
    return subprocess.run(
        [str(python), *arguments],
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def report_of(tester: str, one: Measured) -> Path:
    """Where a tester's JUnit XML lies; what it printed lies beside it."""
    return WORK / "reports" / tester / one.repository / f"{one.path}.xml"


def record(python: Path, stage: str, one: Measured, *, keep: bool) -> None:
    """Record a notebook in place, unless an earlier run did and that is to be kept."""
    path = WORK / stage / one.repository / one.path
    told = WORK / "told" / stage / one.repository / f"{one.path}.json"
    if not keep or not told.exists():
        done = run(python, stage, [str(HERE / "record_notebooks.py"), path.name], path.parent)
        if done.returncode:
            raise SystemExit(f"{path} could not be recorded:\n{done.stderr}")
        for tester in TESTERS:
            report_of(tester, one).unlink(missing_ok=True)
        told.parent.mkdir(parents=True, exist_ok=True)
        told.write_text(done.stdout.splitlines()[-1], "utf-8")
    one.trouble = json.loads(told.read_text("utf-8"))["trouble"]


def test(python: Path, tester: str, one: Measured, *, keep: bool) -> None:
    """Run a tester on the first recording, unless it is another's and what it said earlier is to be kept."""
    report = report_of(tester, one)
    if not keep or tester == "nbcheck" or not report.exists():
        path = WORK / tester / one.repository / one.path
        shutil.copy(WORK / "first" / one.repository / one.path, path)
        report.parent.mkdir(parents=True, exist_ok=True)
        # Whatever the repository configures for pytest is not meant for this.
        options = ["-q", "-p", "no:cacheprovider", "-c", str(WORK / "pytest.ini"), f"--junitxml={report}"]
        done = run(python, tester, ["-m", "pytest", *TESTERS[tester], *options, path.name], path.parent)
        report.with_suffix(".log").write_text(done.stdout + done.stderr, "utf-8")
    cases = list(ET.parse(report).getroot().iter("testcase"))
    if len(cases) != one.cells:
        one.trouble = f"{tester} reports {len(cases)} of {one.cells} cells"
    one.red[tester] = {
        number
        for number, case in enumerate(cases, start=1)
        if case.find("failure") is not None or case.find("error") is not None
    }


def find_unstable(one: Measured) -> None:
    """Compare the recordings."""
    first, second = (
        [cell.outputs for cell in read_document(path).notebook.cells if cell.cell_type == "code"]
        for path in (WORK / stage / one.repository / one.path for stage in ("first", "second"))
    )
    folder = (WORK / "second" / one.repository / one.path).parent
    options = CompareOptions(roots=(str(folder), str(WORK / "home-second")))
    one.cells = len(first)
    one.unstable = {
        number
        for number, outputs in enumerate(zip(first, second, strict=True), start=1)
        if compare_outputs(*outputs, options)
    }


def measure(
    folder: Path, python: Path, repository: str, notebooks: Sequence[Measured], *, keep: bool
) -> None:
    """Measure the notebooks of one repository, one after the other: some write files that others read."""
    for stage in STAGES:
        copy = WORK / stage / repository
        if not keep or stage in TESTERS or not copy.exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(folder / repository, copy, symlinks=True)
    for one in notebooks:
        for stage in STAGES:
            if one.trouble:
                break
            start = time.monotonic()
            if stage in TESTERS:
                test(python, stage, one, keep=keep)
            else:
                record(python, stage, one, keep=keep)
            one.seconds[stage] = time.monotonic() - start
            if stage == "second" and not one.trouble:
                find_unstable(one)
        print(describe(one), file=sys.stderr, flush=True)


def describe(one: Measured) -> str:
    """One line for a person who waits."""
    if one.trouble:
        return f"{one.repository}: {one.path}: left out, {one.trouble}"
    red = ", ".join(f"{tester} {sorted(cells)}" for tester, cells in one.red.items() if cells)
    times = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in one.seconds.items())
    return f"{one.repository}: {one.path}: red {red or 'none'}; unstable {sorted(one.unstable)}; {times}"


def format_table(measured: Sequence[Measured]) -> str:
    """Lay out sums by repository, and what each tester did."""
    names = list(TESTERS)
    lines = [
        "| repository | notebooks | code cells | unstable | "
        + " | ".join(f"red: {name}" for name in names)
        + " |",
        "|---|--:|--:|--:|" + "--:|" * len(names),
    ]
    for repository, group in groupby(measured, key=lambda one: one.repository):
        lines.append(_row(repository, list(group)))
    return "\n".join([*lines, _row("all", measured)])


def _row(title: str, group: Sequence[Measured]) -> str:
    numbers = [len(group), sum(one.cells for one in group), sum(len(one.unstable) for one in group)]
    reds = []
    for tester in TESTERS:
        notebooks = sum(bool(one.red[tester]) for one in group)
        cells = sum(len(one.red[tester]) for one in group)
        alarms = sum(len(one.false_alarms(tester)) for one in group)
        reds.append(f"{notebooks} ({cells} cells, {alarms} of them stable)")
    return "| " + " | ".join([title, *map(str, numbers), *reds]) + " |"


def main() -> None:
    """Parse the command line, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the repositories lie, as <owner>/<name>")
    parser.add_argument(
        "--python",
        type=Path,
        required=True,
        help="of an environment with nbcheck, nbval and what the notebooks use",
    )
    parser.add_argument("--only", default="", help="only notebooks with this text in their line of the list")
    parser.add_argument("--write", action="store_true", help="put the table into docs/comparison.md")
    parser.add_argument("--keep", action="store_true", help="keep recordings and what others said of them")
    parser.add_argument("--jobs", type=int, default=1, help="repositories at a time (default: 1)")
    arguments = parser.parse_args()

    WORK.mkdir(parents=True, exist_ok=True)
    # Caches of an earlier run make other outputs: what Cython compiled it does not compile again.
    for home in WORK.glob("home-*"):
        shutil.rmtree(home)
    (WORK / "pytest.ini").write_text("[pytest]\n", encoding="ascii")
    measured = [one for one in read_list(LISTED) if arguments.only in f"{one.repository}: {one.path}"]
    groups = [(name, list(group)) for name, group in groupby(measured, key=lambda one: one.repository)]
    # The name stands as it is called: an environment's Python is often a link, whose target is outside of it.
    python = Path(os.path.abspath(arguments.python))
    with ThreadPoolExecutor(arguments.jobs) as pool:
        jobs = [
            pool.submit(measure, arguments.folder.resolve(), python, *group, keep=arguments.keep)
            for group in groups
        ]
        for job in jobs:
            job.result()
    table = format_table([one for one in measured if not one.trouble])
    print(table)
    if arguments.write:
        replace_section("public notebooks", table)


if __name__ == "__main__":
    main()
