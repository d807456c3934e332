"""Measure ``nbcheck.document`` beside nbformat: reading, writing and importing, in the same run. See README.md."""

from __future__ import annotations

import argparse
import base64
import gc
import json
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]
Cell = dict[str, Any]

IMPORT = "import time; start = time.process_time(); import {module}; print(time.process_time() - start)"


def make_notebook(cells: list[Cell]) -> Notebook:
    """Put cells into a notebook of format 4.5."""
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    }
    cells = [{**cell, "id": f"cell-{index}"} for index, cell in enumerate(cells)]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}


def make_cell(output: dict[str, Any]) -> Cell:
    """Make a code cell with one output."""
    source = ["for step in range(10):\n", "    print(step)\n"]
    return {"cell_type": "code", "metadata": {}, "source": source, "execution_count": 1, "outputs": [output]}


def display(data: dict[str, Any]) -> Cell:
    """Make a code cell that displays something."""
    return make_cell({"output_type": "display_data", "metadata": {}, "data": data})


def make_text(size: int) -> list[Cell]:
    """Streams of short lines, such as a training run prints."""
    numbers = random.Random(1)
    cells = []
    while size > 0:
        lines = [
            f"step {step} loss={numbers.random():.6f} accuracy={numbers.random():.4f}\n"
            for step in range(2000)
        ]
        size -= sum(map(len, lines))
        cells.append(make_cell({"output_type": "stream", "name": "stdout", "text": lines}))
    return cells


def make_images(size: int) -> list[Cell]:
    """Figures of 300 kB."""
    numbers = random.Random(2)
    cells = []
    while size > 0:
        image = base64.b64encode(numbers.randbytes(225_000)).decode()
        size -= len(image)
        cells.append(display({"image/png": image, "text/plain": ["<Figure size 640x480 with 1 Axes>"]}))
    return cells


def make_plots(size: int) -> list[Cell]:
    """Figures as plotly stores them: few keys, long lists of numbers."""
    numbers = random.Random(3)
    cells = []
    while size > 0:
        traces = [
            {
                "type": "scatter",
                "name": f"trace {trace}",
                "x": list(range(5000)),
                "y": [numbers.gauss(0, 1) for _ in range(5000)],
                "marker": {"color": "#636efa", "size": 4},
            }
            for trace in range(4)
        ]
        figure = {"data": traces, "layout": {"title": {"text": "a"}, "xaxis": {"range": [0, 5000]}}}
        size -= len(json.dumps(figure))
        cells.append(display({"application/vnd.plotly.v1+json": figure}))
    return cells


def make_mixed(size: int) -> list[Cell]:
    """A third of each."""
    cells = make_text(size // 3) + make_images(size // 3) + make_plots(size // 3)
    random.Random(4).shuffle(cells)
    return cells


KINDS = {"text": make_text, "images": make_images, "mixed": make_mixed, "plotly": make_plots}


def make_small() -> list[Cell]:
    """An ordinary notebook of 20 kB."""
    table = "<table>\n" + "<tr><td>1.25</td><td>2.50</td></tr>\n" * 13 + "</table>"
    cells = []
    for number in range(12):
        cells.append(
            {"cell_type": "markdown", "metadata": {}, "source": [f"## Step {number}\n", "\n", "Text.\n" * 8]}
        )
        lines = [f"hello {line}\n" for line in range(5)]
        cells.append(make_cell({"output_type": "stream", "name": "stdout", "text": lines}))
        result = {"text/plain": [f"{number}"], "text/html": table.splitlines(True)}
        cells.append(
            make_cell({"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": result})
        )
    return cells


def measure(rounds: int, *functions: Callable[[], object]) -> list[float]:
    """Run functions in turns and return the least CPU seconds of each.

    They take turns so that a slow minute of the machine falls on all of them, and the least is what the work needs
    where nothing else disturbs.
    """
    least = [float("inf")] * len(functions)
    for _ in range(rounds):
        for index, function in enumerate(functions):
            gc.collect()
            start = time.process_time()
            function()
            least[index] = min(least[index], time.process_time() - start)
    return least


def measure_imports(rounds: int) -> list[float]:
    """Return the least CPU seconds that importing nbformat and nbcheck.document takes in a new interpreter."""
    modules = ("nbformat", "nbcheck.document")
    least = dict.fromkeys(modules, float("inf"))
    for _ in range(rounds):
        for module in modules:
            command = [sys.executable, "-c", IMPORT.format(module=module)]
            seconds = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            least[module] = min(least[module], seconds)
    return list(least.values())


def print_row(what: str, theirs: float, mine: float) -> None:
    """Print one row of the table."""
    print(f"| {what} | {theirs * 1000:.1f} | {mine * 1000:.1f} | {theirs / mine:.1f} |", flush=True)


def main() -> None:
    """Parse the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="*", default=[10, 50], help="sizes (default: 10 50)")
    parser.add_argument("--notebooks", type=int, default=1000, help="small notebooks (default: 1000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default: 5)")
    arguments = parser.parse_args()
    imports = measure_imports(arguments.rounds)

    import nbformat

    from nbcheck import document

    logging.disable()
    print("| what | nbformat, CPU ms | nbcheck, CPU ms | times as fast |\n|---|--:|--:|--:|")
    print_row("import", *imports)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notebook.ipynb"
        for megabytes in arguments.megabytes:
            for kind, make in KINDS.items():
                path.write_text(json.dumps(make_notebook(make(megabytes * 1_000_000)), indent=1), "utf-8")
                reading = measure(
                    arguments.rounds, lambda: nbformat.read(path, 4), lambda: document.read(path, 4)
                )
                print_row(f"read and validate {megabytes} MB, {kind}", *reading)
                theirs, mine = nbformat.read(path, 4), document.read(path, 4)
                if nbformat.writes(theirs) != document.writes(mine):
                    raise SystemExit("the two write different bytes")
                writing = measure(
                    arguments.rounds,
                    lambda notebook=theirs: nbformat.writes(notebook),
                    lambda notebook=mine: document.writes(notebook),
                )
                print_row(f"write {megabytes} MB, {kind}", *writing)
                del theirs, mine
        path.write_text(json.dumps(make_notebook(make_small()), indent=1), "utf-8")
        times = range(arguments.notebooks)
        small, ours = measure(
            arguments.rounds,
            lambda: [nbformat.read(path, 4) for _ in times],
            lambda: [document.read(path, 4) for _ in times],
        )
        size = f"{path.stat().st_size / 1000:.0f} kB"
        print_row(f"read {len(times)} notebooks of {size}", small, ours)
        [documents] = measure(arguments.rounds, lambda: [document.read_document(path) for _ in times])
        print_row("the same with `read_document`", small, documents)


if __name__ == "__main__":
    main()
