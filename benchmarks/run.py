"""Measure ``pytest --nbcheck`` beside nbval, nbmake and plain nbclient, on the same notebooks in the same run.

Everything it makes lies in ``.bench``: an environment with the tools, and the suites. See README.md.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCH = HERE.parent / ".bench"
PYTHON = BENCH / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
# Plugin autoload is off, or the import of each plugin would be charged to all of them.
RUNNERS: dict[str, tuple[str, ...]] = {
    "nbcheck": (*PYTEST, "-p", "pytest_nbcheck.plugin", "--nbcheck"),
    "nbval": (*PYTEST, "-p", "nbval.plugin", "--nbval", "--nbval-current-env"),
    "nbmake": (*PYTEST, "-p", "nbmake.pytest_plugin", "--nbmake"),
    "nbclient": (str(HERE / "run_nbclient.py"),),
}
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclass(frozen=True)
class Sample:
    """One timed run."""

    wall: float
    """Seconds from start to end."""
    cpu: float
    """User and system seconds of the process and everything it started."""


def make_environment() -> None:
    """Create the environment once, and bring what is installed there up to date."""
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PYTHON.parents[1])], check=True)
    install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-r", str(HERE / "requirements.txt"), "-e", str(HERE.parent)], check=True)


def reap_orphans() -> None:
    """Wait for what a run left behind, so that its CPU time is counted."""
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass


def measure(command: Sequence[str], cwd: Path, log: Path) -> Sample:
    """Run a command once.

    Raises:
        SystemExit: it failed; the end of its output is shown, because a failed run proves nothing about speed.
    """
    environment = os.environ | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "IPYTHONDIR": str(BENCH / "ipython"),
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}",
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with log.open("wb") as output:
        code = subprocess.call(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    wall = time.perf_counter() - start
    reap_orphans()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code:
        tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])
        raise SystemExit(f"exit code {code} from {' '.join(command)}\n{tail}")
    return Sample(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def format_table(suite: str, samples: dict[str, list[Sample]]) -> str:
    """Lay out medians and their ratios to nbcheck's as a Markdown table."""
    medians = {
        name: Sample(statistics.median(s.wall for s in runs), statistics.median(s.cpu for s in runs))
        for name, runs in samples.items()
    }
    base = medians.get("nbcheck")
    lines = [
        f"### {suite}",
        "",
        "| runner | wall s (min-max) | CPU s | wall / nbcheck | CPU / nbcheck |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, median in medians.items():
        ratios = f"{median.wall / base.wall:.2f} | {median.cpu / base.cpu:.2f}" if base else "- | -"
        walls = [sample.wall for sample in samples[name]]
        spread = f"({min(walls):.2f}-{max(walls):.2f})"
        lines.append(f"| {name} | {median.wall:.2f} {spread} | {median.cpu:.2f} | {ratios} |")
    return "\n".join(lines)


def main() -> None:
    """Parse the command line, make what is missing, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebooks", type=int, default=20, help="notebooks of suite tiny (default: 20)")
    parser.add_argument("--cells", type=int, default=1000, help="cells of suite cells (default: 1000)")
    parser.add_argument(
        "--rounds", type=int, default=3, help="counted rounds after one to warm up (default: 3)"
    )
    parser.add_argument("--runner", action="append", choices=RUNNERS, help="only this one; may be repeated")
    arguments = parser.parse_args()

    make_environment()
    suites = [f"tiny-{arguments.notebooks}", f"cells-{arguments.cells}"]
    sizes = ["--notebooks", str(arguments.notebooks), "--cells", str(arguments.cells)]
    subprocess.run([str(PYTHON), str(HERE / "suites.py"), str(BENCH / "suites"), *sizes], check=True)
    # Without a configuration of its own pytest would take that of the repository, which asks for further plugins.
    (BENCH / "suites" / "pytest.ini").write_text("[pytest]\n", encoding="ascii")
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for suite in suites:
        folder = BENCH / "suites" / suite
        samples: dict[str, list[Sample]] = {name: [] for name in arguments.runner or RUNNERS}
        # The runners take turns, so that a slow minute of the machine falls on all of them.
        for number in range(arguments.rounds + 1):
            for name, runs in samples.items():
                sample = measure(
                    [str(PYTHON), *RUNNERS[name], str(folder)], folder, BENCH / f"{suite}-{name}.log"
                )
                print(f"{suite} {name} round {number}: {sample.wall:.2f} s", file=sys.stderr, flush=True)
                if number > 0:
                    runs.append(sample)
        print(format_table(suite, samples), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
