"""Count the lines that git shows after an output was accepted, for nbcheck and for other ways to store fresh outputs.

One notebook is written in the formatting habits of several programs. It shows what a module beside it makes; the
module is changed so that one output differs, or none, or that a cell fails. Each tool updates each file in a
repository of its own. See README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from page import replace_section
from run import BENCH, HERE, PYTEST, PYTHON, make_environment

sys.path.insert(0, str(HERE.parent / "tests"))
from helpers.formats import CRLF, JUPYTER, ONE_LINE, Format

FOLDER = BENCH / "updating"
TIMES = "times in the metadata of cells"
OTHER = "other metadata of cells"
COUNTS = "execution counts of cells with equal outputs"
LANGUAGE = "`language_info`"
METADATA = "other metadata of the notebook"
IDS = "a later version of the format, with new ids"
ORDER = "order of keys"
LAYOUT = "indentation, escapes, line ends, end of the file"
EXTRAS = (TIMES, OTHER, COUNTS, LANGUAGE, METADATA, IDS, ORDER, LAYOUT)
"""What may be written besides an accepted output."""
Tree = dict[str, Any]

SHOP = '''\
import io

import values
from PIL import Image, ImageDraw


class Table:
    """Shows itself as a table of pandas does."""

    def __init__(self, rows):
        self.rows = list(rows.items())

    def __repr__(self):
        return "\\n".join(["        count €", *(f"{name:6} {count:6}" for name, count in self.rows)])

    def _repr_html_(self):
        rows = (f"    <tr>\\n      <th>{name}</th>\\n      <td>{count}</td>\\n    </tr>" for name, count in self.rows)
        return "\\n".join(['<table border="1" class="dataframe">', "  <tbody>", *rows, "  </tbody>", "</table>"])


def draw():
    picture = Image.new("RGB", (96, 64), "white")
    ImageDraw.Draw(picture).rectangle((16, 8, 80, 56), fill=values.COLOUR)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
'''
SOURCES = (
    "import shop\nimport values\nfrom IPython.display import Image, display",
    "print('Café sales')\nprint('week 1:', 1032.25)\nprint('week 2:', values.TOTAL)\nprint('end')",
    "shop.Table(values.STOCK)",
    "display(Image(shop.draw()))",
    "sorted(values.STOCK)",
    "print('café open:', True)\nprint('until:', 18)",
)
VALUES: Tree = {"TOTAL": 1204.5, "STOCK": {"Crème": 12, "Bread": 40, "Wine": 7}, "COLOUR": "steelblue"}
CASES: dict[str, Tree] = {
    "text": {"TOTAL": 1198.0},
    "table": {"STOCK": VALUES["STOCK"] | {"Bread": 38}},
    "picture": {"COLOUR": "darkorange"},
    "nothing": {},
}
"""What is changed in the module after the notebook was stored."""
ERROR: Tree = {"STOCK": None}
"""The cell with the table fails, after which three others would show something."""


def leave_alone(tree: Tree) -> Tree:
    """As ipykernel and nbformat made it: format 4.5, cells run in their order."""
    return tree


def run_out_of_order(tree: Tree) -> Tree:
    """Number the cells as somebody leaves them who ran them one by one."""
    code = [cell for cell in tree["cells"] if cell["cell_type"] == "code"]
    for cell, number in zip(code, (3, 12, 9, 10, 4, 7), strict=True):
        for node in (cell, *cell["outputs"]):
            if "execution_count" in node:
                node["execution_count"] = number
    return tree


def make_old(tree: Tree, minor: int) -> Tree:
    """An earlier minor number of the format, in which cells have no ids."""
    for cell in tree["cells"]:
        del cell["id"]
    return tree | {"nbformat_minor": minor}


def order(node: Any, orders: Sequence[Sequence[str]]) -> Any:
    """Order the keys of objects at any depth: by the first of the orders whose first name is among the keys."""
    if isinstance(node, list):
        return [order(item, orders) for item in node]
    if not isinstance(node, dict):
        return node
    names = next((names for names in orders if names[0] in node), ())
    keys = [*(name for name in names if name in node), *(name for name in node if name not in names)]
    return {key: order(node[key], orders) for key in keys}


def as_vs_code_1_60(tree: Tree) -> Tree:
    """VS Code 1.60: keys as its serializer came by them, and the number of the format once more."""
    tree = make_old(tree, 2)
    tree["metadata"]["orig_nbformat"] = 4
    ordered: Tree = order(
        tree,
        [
            ("cells", "metadata", "nbformat", "nbformat_minor"),
            ("cell_type", "execution_count", "source", "outputs", "metadata"),
            ("output_type", "name", "text", "data", "metadata", "execution_count"),
        ],
    )
    return ordered


def as_nteract(tree: Tree) -> Tree:
    """nteract, on which Fabric and Synapse are built: a key of its own, and another order."""
    tree = make_old(tree, 4)
    tree["metadata"]["nteract"] = {"version": "0.28.0"}
    ordered: Tree = order(
        tree,
        [
            ("cells", "metadata", "nbformat", "nbformat_minor"),
            ("cell_type", "source", "outputs", "execution_count", "metadata"),
            ("output_type", "execution_count", "name", "text", "data", "metadata"),
            ("text/plain", "text/html"),
        ],
    )
    return ordered


def as_colab(tree: Tree) -> Tree:
    """Colab: format 4.0, ids in the metadata, and of the kernel nothing but its names."""
    tree = make_old(tree, 0)
    for number, cell in enumerate(tree["cells"]):
        cell["metadata"] = {"id": f"a1b2c3d4e5{number:02}"}
        if cell.get("outputs"):
            cell["metadata"] |= {
                "colab": {"base_uri": "https://localhost:8080/"},
                "outputId": f"01234567-89ab-4cde-8f01-2345678900{number:02}",
            }
    tree["metadata"] = {
        "colab": {"provenance": []},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    }
    ordered: Tree = order(
        tree,
        [
            ("nbformat", "nbformat_minor", "metadata", "cells"),
            ("cell_type", "source", "metadata", "execution_count", "outputs"),
            ("output_type", "name", "text", "data", "metadata", "execution_count"),
            ("text/plain", "text/html"),
        ],
    )
    return ordered


@dataclass(frozen=True)
class Habit:
    """How a program writes notebooks."""

    name: str
    """As the table calls it."""
    layout: Format
    """Indentation, line ends, escapes."""
    shape: Callable[[Tree], Tree] = leave_alone
    """What else is peculiar to its files; may change what it is given."""

    @property
    def file(self) -> str:
        """Name of the notebook."""
        return f"{re.sub(r'[^a-z0-9]+', '-', self.name.lower()).strip('-')}.ipynb"

    def write(self, tree: Tree) -> bytes:
        """The file of a notebook that ipykernel and nbformat made."""
        return self.layout.write(self.shape(json.loads(json.dumps(tree))))


WEB = replace(JUPYTER, indent="  ", sort=False, end="")
PLAIN = Habit("Jupyter", JUPYTER)
COLAB = Habit("Colab", WEB, as_colab)
HABITS = (
    PLAIN,
    Habit("Jupyter, cells run out of order", JUPYTER, run_out_of_order),
    Habit("Jupyter, CRLF", CRLF),
    # As Jupyter, but for the number that new notebooks get.
    Habit("VS Code", JUPYTER, partial(make_old, minor=2)),
    Habit("VS Code 1.60", replace(JUPYTER, sort=False, end=""), as_vs_code_1_60),
    COLAB,
    Habit("nteract", WEB, as_nteract),
    # Of what json.load has read, and of what nbformat has, in which texts are not split.
    Habit("`json.dump(..., indent=1)`", replace(JUPYTER, ascii=True, end="")),
    Habit("`json.dump(...)`", replace(ONE_LINE, ascii=True, lines=False)),
)

TOOLS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "nbcheck": lambda name: (
        *PYTEST,
        *("-p", "pytest_nbcheck.plugin", "--nbcheck", "--nbcheck-update=changed"),
        name,
    ),
    "pytest-notebook": lambda name: (
        *PYTEST,
        *("-p", "pytest_notebook.plugin", "--nb-test-files", "--nb-force-regen"),
        name,
    ),
    "nbmake": lambda name: (*PYTEST, "-p", "nbmake.pytest_plugin", "--nbmake", "--overwrite", name),
    "nbconvert": lambda name: ("-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", name),
    "nbconvert, no times": lambda name: (
        *("-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"),
        *("--ExecutePreprocessor.record_timing=False", name),
    ),
    "papermill": lambda name: ("-m", "papermill", "--no-progress-bar", name, name),
}
"""Arguments of Python that update a notebook, by tool."""
ALWAYS_FAILS = ("pytest-notebook",)
"""Those that fail although they have written the fresh outputs: the next run is the test."""
PACKAGES = ("nbmake", "pytest-notebook", "nbconvert", "papermill", "nbclient", "nbformat", "ipykernel")


@dataclass(frozen=True)
class Updated:
    """What a tool made of one file."""

    lines: int
    """That git shows, added and removed ones."""
    code: int
    """Exit code."""
    before: bytes
    after: bytes


def make_environ() -> dict[str, str]:
    """Nobody's configuration, and no job of CI, in which nbcheck would refuse."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environ.pop("CI", None)
    return environ | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "IPYTHONDIR": str(BENCH / "ipython"),
        "JUPYTER_NO_CONFIG": "1",
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, whatever its exit code."""
    return subprocess.run(
        command,
        cwd=folder,
        env=make_environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def write_modules(folder: Path, changes: Tree) -> None:
    """Write what the notebook imports."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.py").write_text(SHOP, "utf-8")
    lines = (f"{name} = {value!r}\n" for name, value in (VALUES | changes).items())
    (folder / "values.py").write_text("".join(lines), "utf-8")


def record(name: str, changes: Tree) -> Tree:
    """Run the notebook with ipykernel, as Jupyter stores it.

    Raises:
        SystemExit: a cell failed.
    """
    folder = FOLDER / "recorded" / name
    write_modules(folder, changes)
    cells: list[Tree] = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Café\n\nThe last weeks."}
    ]
    for number, source in enumerate(SOURCES, start=1):
        cell = {"cell_type": "code", "id": f"cell-{number}", "metadata": {}, "source": source}
        cells.append(cell | {"execution_count": None, "outputs": []})
    kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    tree = {"cells": cells, "metadata": {"kernelspec": kernelspec}, "nbformat": 4, "nbformat_minor": 5}
    path = folder / "notebook.ipynb"
    path.write_text(json.dumps(tree), "utf-8")
    done = run([str(PYTHON), *TOOLS["nbconvert, no times"](path.name)], folder)
    if done.returncode:
        raise SystemExit(f"{path} could not be recorded:\n{done.stdout}")
    recorded: Tree = json.loads(path.read_text("utf-8"))
    return recorded


def count_lines(folder: Path, name: str) -> int:
    """Added and removed lines of a file that is in the index of its repository."""
    printed = run(["git", "diff", "--numstat", "--", name], folder).stdout
    return sum(map(int, printed.split("\t")[:2])) if printed else 0


def run_tool(tool: str, habit: Habit, folder: Path) -> int:
    """Let a tool update the file of a habit; what it prints is kept beside it."""
    done = run([str(PYTHON), *TOOLS[tool](habit.file)], folder)
    (folder / habit.file).with_suffix(".log").write_text(done.stdout, "utf-8")
    return done.returncode


def write_ideal(tree: Tree, habit: Habit, folder: Path) -> int:
    """Write the file as it would be if nothing but the changed output differed."""
    (folder / habit.file).write_bytes(habit.write(tree))
    return 0


Act = Callable[[Habit, Path], int]
"""Updates the file of a habit in a folder; returns an exit code."""


def measure(habit: Habit, folder: Path, act: Act) -> Updated:
    """Update a file and see what git shows of it since it was last added."""
    path = folder / habit.file
    before = path.read_bytes()
    code = act(habit, folder)
    return Updated(count_lines(folder, path.name), code, before, path.read_bytes())


def update(habits: Sequence[Habit], stored: Tree, changes: Tree, folder: Path, act: Act) -> list[Updated]:
    """Update the notebook in every habit, in a new repository."""
    write_modules(folder, changes)
    # Without a configuration of its own pytest would take that of the repository around.
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="ascii")
    for habit in habits:
        (folder / habit.file).write_bytes(habit.write(stored))
    run(["git", "init", "--quiet"], folder).check_returncode()
    run(["git", "add", "."], folder).check_returncode()
    return [measure(habit, folder, act) for habit in habits]


def update_again(habit: Habit, folder: Path, act: Act) -> Updated:
    """Update a file once more, after what was written first is in the repository."""
    run(["git", "add", habit.file], folder).check_returncode()
    return measure(habit, folder, act)


def read_outputs(raw: bytes) -> list[list[Tree]]:
    """The outputs of all code cells, apart from their numbers and from how texts are split."""
    tree = json.loads(JUPYTER.write(json.loads(raw)))
    return [
        [
            {key: value for key, value in output.items() if key != "execution_count"}
            for output in cell["outputs"]
        ]
        for cell in tree["cells"]
        if cell["cell_type"] == "code"
    ]


def check(tool: str, habit: Habit, case: str, one: Updated, meant: bytes) -> None:
    """Make sure that few lines are not those of a tool that did nothing.

    Raises:
        SystemExit: the file does not hold the fresh outputs, or the tool says that something else failed.
    """
    fails = tool in ALWAYS_FAILS and one.lines > 0
    if read_outputs(one.after) != read_outputs(meant) or one.code != int(fails):
        raise SystemExit(f"{tool}, {habit.name}, {case}: exit code {one.code}, or not the fresh outputs")


def check_failed(tool: str, folder: Path, one: Updated) -> None:
    """Make sure that a tool failed for what it was meant to fail for.

    Raises:
        SystemExit: it did not.
    """
    log = (folder / PLAIN.file).with_suffix(".log").read_text("utf-8")
    if not one.code or "'NoneType' object has no attribute 'items'" not in log:
        raise SystemExit(f"{tool} did not fail as it should, see {folder}")


def walk(before: Any, after: Any) -> Iterator[tuple[Tree, Tree]]:
    """Yield each object of two trees that stands at the same place in both."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield before, after
        for key in before.keys() & after.keys():
            yield from walk(before[key], after[key])
    elif isinstance(before, list) and isinstance(after, list):
        for pair in zip(before, after, strict=False):
            yield from walk(*pair)


def reorders(before: Tree, after: Tree) -> bool:
    """Whether keys that are in both objects stand in another order."""
    return [key for key in before if key in after] != [key for key in after if key in before]


def find_extras(habit: Habit, one: Updated) -> set[str]:
    """Name what a tool wrote besides the accepted output."""
    before, after = json.loads(one.before), json.loads(one.after)
    cells = list(zip(before["cells"], after["cells"], strict=True))
    code = [pair for pair in cells if pair[0]["cell_type"] == "code"]
    outputs = zip(read_outputs(one.before), read_outputs(one.after), strict=True)
    added = {name for old, new in cells for name in new["metadata"].keys() - old["metadata"].keys()}
    old_metadata, new_metadata = before["metadata"], after["metadata"]
    changed = {
        name
        for name in old_metadata.keys() | new_metadata.keys()
        if old_metadata.get(name) != new_metadata.get(name)
    }
    found = {
        TIMES: added & {"execution", "papermill"},
        OTHER: added - {"execution", "papermill"},
        # A cell whose result was accepted has the count of that result.
        COUNTS: any(
            stored == fresh and old["execution_count"] != new["execution_count"]
            for (old, new), (stored, fresh) in zip(code, outputs, strict=True)
        ),
        LANGUAGE: "language_info" in changed,
        METADATA: changed - {"language_info"},
        IDS: before["nbformat_minor"] != after["nbformat_minor"],
        ORDER: any(reorders(*pair) for pair in walk(before, after)),
        LAYOUT: habit.layout.write(after) != one.after,
    }
    return {extra for extra, is_there in found.items() if is_there}


Results = dict[tuple[str, str], list[Updated]]
"""By tool and case, one for each habit."""


def format_lines(results: Results) -> str:
    """Lay out the counted lines."""
    tools = ["ideal", *TOOLS]
    lines = [f"| written by | its lines | {' | '.join(tools)} |", "|---|--:|" + "--:|" * len(tools)]
    for number, habit in enumerate(HABITS):
        length = len(results["ideal", "text"][number].before.splitlines())
        counts = (" / ".join(str(results[tool, case][number].lines) for case in CASES) for tool in tools)
        lines.append(f"| {habit.name} | {length} | {' | '.join(counts)} |")
    return "\n".join(lines)


def format_extras(results: Results) -> str:
    """Lay out in how many files something was written besides the output."""
    found = {
        tool: [
            set().union(*(find_extras(habit, results[tool, case][number]) for case in CASES))
            for number, habit in enumerate(HABITS)
        ]
        for tool in TOOLS
    }
    lines = [
        f"| written in how many of {len(HABITS)} files | {' | '.join(TOOLS)} |",
        "|---|" + "--:|" * len(TOOLS),
    ]
    for extra in EXTRAS:
        counts = [sum(extra in extras for extras in found[tool]) for tool in TOOLS]
        lines.append(f"| {extra} | {' | '.join(str(count or '') for count in counts)} |")
    return "\n".join(lines)


def describe_failure(one: Updated) -> str:
    """What became of the file in which a cell failed."""
    if not one.lines:
        return "0"
    before, after = json.loads(one.before), json.loads(one.after)
    with_outputs = [sum(map(bool, read_outputs(raw))) for raw in (one.before, one.after)]
    added = len(after["cells"]) - len(before["cells"])
    emptied = f"{one.lines}, {with_outputs[0] - with_outputs[1]} cells emptied"
    return f"{emptied}, {added} new" if added else emptied


def format_others(results: Results, again: dict[str, Updated], failed: dict[str, Updated]) -> str:
    """Lay out the cases in which nothing is to be accepted, and exit codes."""
    codes = {
        tool: (results[tool, "text"][0].code, results[tool, "nothing"][0].code, failed[tool].code)
        for tool in TOOLS
    }
    rows = {
        f"{COLAB.name}'s file run once more: lines": [str(again[tool].lines) for tool in TOOLS],
        "a cell fails: lines": [describe_failure(failed[tool]) for tool in TOOLS],
        "exit code: changed / nothing / failed": [" / ".join(map(str, codes[tool])) for tool in TOOLS],
    }
    lines = [f"| | {' | '.join(TOOLS)} |", "|---|" + "--:|" * len(TOOLS)]
    return "\n".join([*lines, *(f"| {title} | {' | '.join(cells)} |" for title, cells in rows.items())])


def format_versions() -> str:
    """Say what was measured."""
    program = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    versions = run([str(PYTHON), "-c", program, "pytest-nbcheck", *PACKAGES], FOLDER).stdout.split()
    git = run(["git", "--version"], FOLDER).stdout.split()[2]
    names = ("nbcheck", *PACKAGES, "git")
    measured = ", ".join(f"{name} {version}" for name, version in zip(names, [*versions, git], strict=True))
    return textwrap.fill(f"Measured: {measured}.", 120)


def main() -> None:
    """Parse the command line, record, update with every tool, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/comparison.md")
    parser.add_argument("--jobs", type=int, default=1, help="tools at a time (default: 1)")
    arguments = parser.parse_args()

    make_environment()
    shutil.rmtree(FOLDER, ignore_errors=True)
    meant = {case: record(case, changes) for case, changes in CASES.items()}
    stored = meant["nothing"]
    acts: dict[str, Act] = {tool: partial(run_tool, tool) for tool in TOOLS}
    with ThreadPoolExecutor(arguments.jobs) as pool:
        jobs = {
            (tool, case): pool.submit(update, HABITS, stored, changes, FOLDER / tool / case, act)
            for tool, act in acts.items()
            for case, changes in CASES.items()
        }
        errors = {
            tool: pool.submit(update, [PLAIN], stored, ERROR, FOLDER / tool / "error", act)
            for tool, act in acts.items()
        }
        results: Results = {}
        for (tool, case), job in jobs.items():
            results[tool, case] = job.result()
            print(tool, case, [one.lines for one in results[tool, case]], file=sys.stderr, flush=True)
            for habit, one in zip(HABITS, results[tool, case], strict=True):
                check(tool, habit, case, one, habit.write(meant[case]))
        failed = {tool: job.result()[0] for tool, job in errors.items()}
    for tool, one in failed.items():
        check_failed(tool, FOLDER / tool / "error", one)
    again = {tool: update_again(COLAB, FOLDER / tool / "nothing", act) for tool, act in acts.items()}
    for case, tree in meant.items():
        act = partial(write_ideal, tree)
        results["ideal", case] = update(HABITS, stored, {}, FOLDER / "ideal" / case, act)
    sections = {
        "accepted lines": f"{format_lines(results)}\n\n{format_versions()}",
        "written besides": format_extras(results),
        "nothing to accept": format_others(results, again, failed),
    }
    for name, text in sections.items():
        print(text, end="\n\n")
        if arguments.write:
            replace_section(name, text)


if __name__ == "__main__":
    main()
