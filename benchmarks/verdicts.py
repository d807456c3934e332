"""Count wrong verdicts of nbcheck, nbval and pytest-notebook on the labelled corpus of ``tests/data/compare``.

Each pair that is labelled for the default options becomes a cell: its stored outputs are those expected, and it puts
out exactly the actual ones. Every kind of pair is a notebook. See README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from page import replace_section
from run import BENCH, HERE, PYTHON, make_environment

sys.path.insert(0, str(HERE.parent / "tests"))
from helpers.corpus import Output, Pair, load_pairs
from nbcheck.compare import compare_outputs

FOLDER = BENCH / "verdicts"
TESTERS = ("nbcheck", "nbval", "pytest-notebook")
PYTEST = {
    "nbcheck": ("-p", "pytest_nbcheck.plugin", "--nbcheck"),
    "nbval": ("-p", "nbval.plugin", "--nbval", "--nbval-current-env"),
}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
Cell = dict[str, Any]


@dataclass(frozen=True)
class Score:
    """Verdicts of a tester on some pairs."""

    false_alarms: int
    """Pairs of noise that failed."""
    misses: int
    """Changes that passed."""

    def __str__(self) -> str:
        return f"{self.false_alarms} / {self.misses}"


def without_result(pair: Pair) -> bool:
    """Whether the result has to become a display: IPython adds the text of an object to each result that has none."""
    results = [one for one in (*pair.expected, *pair.actual) if one["output_type"] == "execute_result"]
    return any("text/plain" not in one["data"] for one in results)


def as_display(output: Output) -> Output:
    """Make a display of a result; other outputs stay."""
    if output["output_type"] != "execute_result":
        return output
    return {"output_type": "display_data", "data": output["data"], "metadata": output["metadata"]}


def can_be_sent(pair: Pair) -> bool:
    """Whether a kernel can put it out: no message holds NaN, kernels write it as text or null."""
    try:
        json.dumps(pair.actual, allow_nan=False)
    except ValueError:
        return False
    return True


def prepare(outputs: Iterable[Output], pair: Pair, count: int) -> list[Output]:
    """Give outputs the execution count of their cell."""
    ready = [as_display(output) for output in outputs] if without_result(pair) else outputs
    return [
        output | {"execution_count": count} if output["output_type"] == "execute_result" else output
        for output in ready
    ]


def make_cell(source: str, count: int, outputs: list[Output], tags: Sequence[str] = ()) -> Cell:
    """A code cell that was run."""
    return {
        "cell_type": "code",
        "id": f"cell-{count}",
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source,
        "execution_count": count,
        "outputs": outputs,
    }


def write_notebook(folder: Path, pairs: Sequence[Pair]) -> str:
    """Write a notebook with a cell for each pair, and beside it what the cells put out; return its name."""
    cells = [make_cell("from put_outputs import put", 1, [])]
    actual = []
    for count, pair in enumerate(pairs, start=2):
        stored, fresh = prepare(pair.expected, pair, count), prepare(pair.actual, pair, count)
        # Every tester stops at an error that no tag allows; here it is part of what is compared.
        raises = any(output["output_type"] == "error" for output in (*stored, *fresh))
        cells.append(make_cell(f"put({len(actual)})", count, stored, ["raises-exception"] * raises))
        actual.append(fresh)
    (folder / "actual.json").write_text(json.dumps(actual), "utf-8")
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernelspec, "language_info": LANGUAGE}
    tree = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path = folder / f"{pairs[0].kind}.ipynb"
    path.write_text(json.dumps(tree, indent=1), "utf-8")
    return path.name


def run(arguments: Sequence[str], folder: Path) -> str:
    """Run the Python with the testers in a folder, whatever its exit code, and return what it prints."""
    environ = os.environ | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "IPYTHONDIR": str(BENCH / "ipython"),
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = [str(PYTHON), *arguments]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    (folder / f"{arguments[-1]}.log").write_text(done.stdout + done.stderr, "utf-8")
    return done.stdout


def judge_items(tester: str, folder: Path, pairs: Sequence[Pair]) -> list[bool]:
    """Run a tester that has an item for each cell; say whether it fails the cell of each pair.

    Raises:
        SystemExit: it did not judge every cell.
    """
    report = folder / f"{pairs[0].kind}.xml"
    options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    run(["-m", "pytest", *PYTEST[tester], *options, write_notebook(folder, pairs)], folder)
    cases = list(ET.parse(report).getroot().iter("testcase"))
    failed = [case.find("failure") is not None or case.find("error") is not None for case in cases]
    skipped = any(case.find("skipped") is not None for case in cases)
    if skipped or len(failed) != len(pairs) + 1 or failed[0]:
        raise SystemExit(f"{tester} did not judge every cell of {report}")
    return failed[1:]


def judge_notebook(folder: Path, pairs: Sequence[Pair]) -> list[bool]:
    """Run pytest-notebook, which judges whole notebooks; say whether the cell of each pair differs.

    A notebook that it refuses is cut in halves, until a pair alone is refused: that one fails.
    """
    printed = run([str(HERE / "run_pytest_notebook.py"), write_notebook(folder, pairs)], folder)
    if printed:
        changed = json.loads(printed.splitlines()[-1])
        return [number in changed for number in range(1, len(pairs) + 1)]
    if len(pairs) == 1:
        return [True]
    middle = len(pairs) // 2
    return judge_notebook(folder, pairs[:middle]) + judge_notebook(folder, pairs[middle:])


def judge(tester: str, pairs: Sequence[Pair]) -> list[bool]:
    """Run a tester on the pairs of a kind; say whether it fails each of them."""
    folder = FOLDER / tester / pairs[0].kind
    folder.mkdir(parents=True)
    shutil.copy(HERE / "put_outputs.py", folder)
    # Without a configuration of its own pytest would take that of the repository.
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="ascii")
    return judge_items(tester, folder, pairs) if tester in PYTEST else judge_notebook(folder, pairs)


def score(pairs: Sequence[Pair], failed: Sequence[bool]) -> Score:
    """Count what is wrong."""
    verdicts = list(zip(pairs, failed, strict=True))
    return Score(
        sum(fails for pair, fails in verdicts if not pair.is_change),
        sum(not fails for pair, fails in verdicts if pair.is_change),
    )


def format_table(kinds: dict[str, Sequence[Pair]], failed: dict[str, dict[str, list[bool]]]) -> str:
    """Lay out the scores by kind as a Markdown table."""
    lines = [
        "| kind | noise | changes | " + " | ".join(TESTERS) + " |",
        "|---|--:|--:|" + "--:|" * len(TESTERS),
    ]
    pairs = [pair for group in kinds.values() for pair in group]
    everything = {tester: [one for kind in kinds for one in failed[tester][kind]] for tester in TESTERS}
    rows = [(kind, group, {name: failed[name][kind] for name in TESTERS}) for kind, group in kinds.items()]
    for title, group, fails in [*rows, ("**all**", pairs, everything)]:
        changes = sum(pair.is_change for pair in group)
        scores = (str(score(group, fails[tester])) for tester in TESTERS)
        lines.append(f"| {title} | {len(group) - changes} | {changes} | {' | '.join(scores)} |")
    return "\n".join(lines)


def check_ours(kinds: dict[str, Sequence[Pair]], failed: dict[str, list[bool]]) -> None:
    """Say where the notebook and the pair it was made of get two verdicts: then the cell does not put out the pair."""
    for kind, pairs in kinds.items():
        for pair, fails in zip(pairs, failed[kind], strict=True):
            if fails != bool(compare_outputs(pair.expected, pair.actual, pair.options)):
                print(f"{pair}: another verdict in a notebook", file=sys.stderr)


def main() -> None:
    """Parse the command line, run every tester on every kind, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", action="append", help="only this one; may be repeated")
    parser.add_argument("--wrong", action="store_true", help="list the wrong verdicts")
    parser.add_argument("--write", action="store_true", help="put the table into docs/comparison.md")
    arguments = parser.parse_args()

    make_environment()
    pairs = [pair for pair in load_pairs() if not pair.spelled and can_be_sent(pair)]
    kinds = {kind: list(group) for kind, group in groupby(pairs, key=lambda pair: pair.kind)}
    kinds = {kind: group for kind, group in kinds.items() if kind in (arguments.kind or kinds)}
    shutil.rmtree(FOLDER, ignore_errors=True)
    failed = {tester: {kind: judge(tester, group) for kind, group in kinds.items()} for tester in TESTERS}
    check_ours(kinds, failed["nbcheck"])
    table = format_table(kinds, failed)
    print(table)
    if arguments.write:
        replace_section("verdicts", table)
    if arguments.wrong:
        for tester, verdicts in failed.items():
            for kind, group in kinds.items():
                for pair, fails in zip(group, verdicts[kind], strict=True):
                    if fails != pair.is_change:
                        print(f"- {tester}: {'miss' if pair.is_change else 'false alarm'}: {pair}")


if __name__ == "__main__":
    main()
