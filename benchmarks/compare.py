"""Measure comparing one large output beside difflib, deepdiff and nbdime, in the same run. See README.md."""

from __future__ import annotations

import argparse
import base64
import copy
import difflib
import gc
import importlib
import io
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from deepdiff import DeepDiff
from PIL import Image

from nbcheck.compare import CompareOptions, compare_outputs

Output = dict[str, Any]
Rival = Callable[[Any, Any], object]


@dataclass(frozen=True)
class Case:
    """One pair of outputs."""

    name: str
    """What differs in what."""
    goal: float
    """CPU seconds that it may take."""
    mimetype: str
    """Of the value; ``stdout`` for a stream."""
    expected: Any
    """The stored value."""
    actual: Any
    """The fresh one."""
    is_equal: bool = False
    """Whether they are equal under the default options."""

    def outputs(self) -> tuple[list[Output], list[Output]]:
        """Put the values into outputs; the stored one is what a file gives, no object is on both sides."""
        return self.wrap(self.expected), self.wrap(copy.deepcopy(self.actual))

    def wrap(self, value: Any) -> list[Output]:
        """Put a value into outputs of a cell."""
        if self.mimetype == "stdout":
            return [{"output_type": "stream", "name": "stdout", "text": value}]
        return [{"output_type": "display_data", "metadata": {}, "data": {self.mimetype: value}}]


def make_lines(count: int) -> list[str]:
    """Lines such as a training run prints."""
    numbers = random.Random(1)
    return [
        f"step {step} loss={numbers.random():.6f} accuracy={numbers.random():.4f}" for step in range(count)
    ]


def make_cases() -> Iterator[Case]:
    """Yield the pairs that the goals are set for."""
    lines = make_lines(20_000)
    few = list(lines)
    for place in range(1_000, 20_000, 4_000):
        few[place] = few[place].replace("loss=0", "loss=1")
    yield Case("20,000 lines, 5 differ", 0.1, "stdout", "\n".join(lines), "\n".join(few))
    yield Case("20,000 lines, equal", 0.001, "stdout", "\n".join(lines), "\n".join(lines), is_equal=True)
    lines = make_lines(5_000)
    other = [line.replace("loss=0", "loss=1") for line in lines]
    yield Case("5,000 lines, all differ", 0.2, "stdout", "\n".join(lines), "\n".join(other))
    yield make_json()
    yield make_table()
    yield make_image()
    numbers = random.Random(4)
    floats = [numbers.uniform(-10, 10) for _ in range(20_000)]
    texts = ["\n".join(repr(value * factor) for value in floats) for factor in (1, 1 + 1e-12)]
    yield Case("20,000 floats within tolerance", 0.02, "text/plain", *texts, is_equal=True)


def make_json() -> Case:
    """A tree of 100,000 nodes, records as a service returns them."""
    numbers = random.Random(2)
    records = [
        {"id": number, "name": f"item {number}", "price": numbers.random(), "tags": ["a", "b"]}
        for number in range(14_285)
    ]
    other = copy.deepcopy(records)
    for place in (100, 5_000, 9_000, 14_000):
        other[place]["price"] += 1
    return Case("100,000 nodes of JSON, 4 differ", 1.0, "application/json", records, other)


def make_table() -> Case:
    """A table as pandas writes it."""
    numbers = random.Random(3)
    rows = [[f"{numbers.random():.6f}" for _ in range(4)] for _ in range(10_000)]
    other = copy.deepcopy(rows)
    for place in (10, 5_000, 9_990):
        other[place][2] = "7.000000"
    head = (
        '<table border="1" class="dataframe">\n  <thead>\n    <tr style="text-align: right;">\n      <th></th>\n'
        + "".join(f"      <th>{name}</th>\n" for name in "abcd")
        + "    </tr>\n  </thead>\n  <tbody>\n"
    )
    texts = []
    for table in (rows, other):
        body = "".join(
            f"    <tr>\n      <th>{number}</th>\n"
            + "".join(f"      <td>{cell}</td>\n" for cell in row)
            + "    </tr>\n"
            for number, row in enumerate(table)
        )
        texts.append(f"<div>\n{head}{body}  </tbody>\n</table>\n</div>")
    return Case("table of 10,000 rows, 3 differ", 0.3, "text/html", texts[0], texts[1])


def make_image() -> Case:
    """Screenshots of flat areas, lines and a gradient, with a changed corner."""
    picture = Image.linear_gradient("L").resize((1920, 1080)).convert("RGB")
    other = picture.copy()
    other.paste((255, 0, 0), (1800, 1000, 1900, 1050))
    texts = []
    for image in (picture, other):
        encoded = io.BytesIO()
        image.save(encoded, "PNG")
        texts.append(base64.b64encode(encoded.getvalue()).decode())
    return Case("picture of 1920 x 1080, a corner differs", 0.15, "image/png", texts[0], texts[1])


def diff_lines(expected: Any, actual: Any) -> object:
    """What a comparison written in an afternoon would do."""
    return list(difflib.unified_diff(expected.split("\n"), actual.split("\n")))


def rivals(case: Case) -> dict[str, Rival]:
    """Return what else can compare the values of a case: nothing but nbdime looks at pictures, by their base64."""
    found: dict[str, Rival] = {}
    if isinstance(case.expected, str) and not case.mimetype.startswith("image/"):
        found["difflib"] = diff_lines
    elif not isinstance(case.expected, str):
        found["deepdiff"] = DeepDiff
    try:
        diffing = importlib.import_module("nbdime.diffing.notebooks")
    except ImportError:
        return found
    found["nbdime"] = lambda expected, actual: diffing.diff_notebooks(
        *(_as_notebook(case, value) for value in (expected, actual))
    )
    return found


def _as_notebook(case: Case, value: Any) -> Any:
    """Put a value into the notebook that nbdime wants."""
    from nbformat import from_dict

    outputs = case.wrap(value)
    cell = {"cell_type": "code", "source": "x", "metadata": {}, "execution_count": 1, "outputs": outputs}
    return from_dict({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def measure(rounds: int, function: Callable[[], object]) -> float:
    """Return the least CPU seconds of some rounds."""
    least = float("inf")
    for _ in range(rounds):
        gc.collect()
        start = time.process_time()
        function()
        least = min(least, time.process_time() - start)
    return least


def main() -> None:
    """Parse the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds of nbcheck (default: 5); others get one"
    )
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    arguments = parser.parse_args()
    options = CompareOptions()
    print("| outputs | goal, ms | nbcheck, CPU ms | difflib | deepdiff | nbdime |\n|---|--:|--:|--:|--:|--:|")
    for case in make_cases():
        if arguments.only not in case.name:
            continue
        expected, actual = case.outputs()
        if bool(compare_outputs(expected, actual, options)) == case.is_equal:
            raise SystemExit(f"{case.name}: wrong verdict")
        mine = measure(arguments.rounds, lambda pair=(expected, actual): compare_outputs(*pair, options))
        row = [case.name, f"{case.goal * 1000:g}", f"{mine * 1000:.1f}"]
        others = rivals(case)
        for name in ("difflib", "deepdiff", "nbdime"):
            rival = others.get(name)
            if rival is None:
                row.append("")
                continue
            values = (case.expected, copy.deepcopy(case.actual))
            row.append(f"{measure(1, lambda rival=rival, values=values: rival(*values)) * 1000:,.0f}")
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
