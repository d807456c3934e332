"""Measure what it costs to change one output in a large notebook file, beside reading and writing it with nbformat.

Run it with an interpreter that has nbcheck and its test extra; files lie in ``.bench/preserve``. See README.md.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent.parent / ".bench" / "preserve"


# The files


def make_outputs(kind: str, numbers: random.Random) -> list[dict[str, Any]]:
    """Outputs of one cell."""
    stream = {
        "name": "stdout",
        "output_type": "stream",
        "text": [f'step {step} loss {numbers.random():.6f} "a" \\ b\n' for step in range(400)],
    }
    if kind == "text":
        return [stream]
    size = 300_000 if kind == "image" else 60_000
    picture = {
        "data": {
            "image/png": base64.b64encode(numbers.randbytes(size)).decode(),
            "text/plain": ["<Figure size 640x480 with 1 Axes>"],
        },
        "metadata": {},
        "output_type": "display_data",
    }
    if kind == "image":
        return [picture]
    if kind == "json":
        lines = [{"x": list(range(20_000)), "y": [numbers.random() for _ in range(20_000)]}]
        data = {"application/vnd.plotly.v1+json": {"data": lines, "layout": {}}, "text/plain": ["Figure"]}
        return [{"data": data, "metadata": {}, "output_type": "display_data"}]
    rows = [f"<tr><td>{row}</td><td>{numbers.random():.4f}</td></tr>\n" for row in range(300)]
    table = {
        "data": {"text/html": ["<table>\n", *rows, "</table>"], "text/plain": ["rows"]},
        "execution_count": 1,
        "metadata": {},
        "output_type": "execute_result",
    }
    return [stream, picture, table]


def make_file(kind: str, megabytes: int) -> Path:
    """Write a notebook as Jupyter formats it, once."""
    path = BENCH / f"{kind}-{megabytes}.ipynb"
    if path.exists():
        return path
    numbers = random.Random(1)
    cells: list[dict[str, Any]] = []
    size = 0
    while size < megabytes * 1_000_000:
        cell = {
            "cell_type": "code",
            "execution_count": 1,
            "id": f"cell-{len(cells)}",
            "metadata": {},
            "outputs": make_outputs(kind, numbers),
            "source": ["a = 1\n", "a"],
        }
        cells.append(cell)
        size += len(json.dumps(cell, indent=1))
    tree = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(tree, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


# The ways, each in a process of its own


def change(output: dict[str, Any]) -> dict[str, Any]:
    """The output with one of its lines changed."""
    holder, key = (output, "text") if "text" in output else (output["data"], "text/plain")
    text = holder[key]
    holder[key] = "0.0 " + (text if isinstance(text, str) else "".join(text))
    return output


def run_bytes(path: Path) -> Iterator[None]:
    """Edit the bytes of the file, parse only the cell."""
    from nbcheck.document import edit_bytes, edits, save_document

    index, output = prepare(path)
    yield
    raw = path.read_bytes()
    save_document(path, raw, edit_bytes(raw, [edits.ReplaceOutput(index, 0, output)], path))


def run_document(path: Path) -> Iterator[None]:
    """Read the notebook, edit it, save it."""
    from nbcheck.document import edit_document, edits, read_document, save_document

    index, output = prepare(path)
    yield
    document = read_document(path)
    new = edit_document(document, [edits.ReplaceOutput(index, 0, output)])
    save_document(path, document.raw, new)


def run_edit(path: Path) -> Iterator[None]:
    """Edit a notebook that was read before; only the edit is measured."""
    from nbcheck.document import edit_document, edits, read_document

    index, output = prepare(path)
    document = read_document(path)
    yield
    edit_document(document, [edits.ReplaceOutput(index, 0, output)])


def run_canonical(path: Path) -> Iterator[None]:
    """Read the notebook with nbcheck, change the tree, write it with the canonical writer."""
    from nbcheck.document import read_document, write_notebook

    index, output = prepare(path)
    yield
    notebook = read_document(path).notebook
    notebook.cells[index].outputs[0] = output
    write_notebook(notebook, path)


def run_nbformat(path: Path) -> Iterator[None]:
    """Read with nbformat, change the tree, write with nbformat."""
    import nbformat

    index, output = prepare(path)
    nbformat.validate(nbformat.v4.new_notebook())
    yield
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[index].outputs[0] = nbformat.from_dict(output)
    nbformat.write(notebook, path)


WAYS: dict[str, Callable[[Path], Iterator[None]]] = {
    "read bytes, edit_bytes, save": run_bytes,
    "read_document, edit_document, save": run_document,
    "edit_document alone": run_edit,
    "read_document, write_notebook": run_canonical,
    "nbformat.read, nbformat.write": run_nbformat,
}


def prepare(path: Path) -> tuple[int, dict[str, Any]]:
    """Cell in the middle of the file and the new first output of it; left by the parent, so that nothing is parsed."""
    index, output = json.loads(path.with_suffix(".edit").read_text("utf-8"))
    return index, output


def memory(field: str) -> int:
    """VmRSS or VmHWM of this process in bytes."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition(f"{field}:")[2].split()[0]) * 1024


def measure(way: str, path: Path) -> None:
    """Run one way in this process and print what it took, as JSON."""
    # What a disk takes to sync is not what is asked here.
    os.fsync = lambda descriptor: None
    steps = WAYS[way](path)
    next(steps)
    before = memory("VmRSS")
    # Only what follows may set the peak.
    Path("/proc/self/clear_refs").write_text("5")
    wall, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    next(steps, None)
    wall, now = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    print(json.dumps({"wall": wall, "cpu": cpu, "memory": memory("VmHWM") - before, "read": before}))


# The parent


def sample(way: str, source: Path) -> dict[str, float]:
    """Run one way in a new process on a fresh copy of the file, and see that it left the change and nothing odd."""
    path = BENCH / "work.ipynb"
    path.write_bytes(source.read_bytes())
    cells = json.loads(path.read_bytes())["cells"]
    index = len(cells) // 2
    path.with_suffix(".edit").write_text(json.dumps([index, change(cells[index]["outputs"][0])]), "utf-8")
    done = subprocess.run(
        [sys.executable, __file__, "--way", way, str(path)], check=True, capture_output=True, text=True
    )
    if way != "edit_document alone":
        cells[index]["outputs"][0] = json.loads(path.read_bytes())["cells"][index]["outputs"][0]
        if json.loads(path.read_bytes())["cells"] != cells or path.read_bytes() == source.read_bytes():
            raise SystemExit(f"{way} did not do what it should")
    return dict(json.loads(done.stdout))


def main() -> None:
    """Parse the command line, measure, print a table for each file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=50, help="size of the files (default: 50)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("path", nargs="?", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        measure(arguments.way, arguments.path)
        return
    BENCH.mkdir(parents=True, exist_ok=True)
    for kind in ("mixed", "text", "image", "json"):
        source = make_file(kind, arguments.megabytes)
        samples: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        # The ways take turns, so that a slow minute of the machine falls on all of them.
        for _ in range(arguments.rounds):
            for way, runs in samples.items():
                runs.append(sample(way, source))
        size = source.stat().st_size
        print(f"### {kind}, {size / 1e6:.0f} MB\n")
        print("| way | wall s (min) | CPU s (min) | peak memory / file size |\n|---|--:|--:|--:|")
        for way, runs in samples.items():
            wall, cpu, peak = ([run[name] for run in runs] for name in ("wall", "cpu", "memory"))
            print(
                f"| {way} | {statistics.median(wall):.3f} ({min(wall):.3f}) "
                f"| {statistics.median(cpu):.3f} ({min(cpu):.3f}) | {statistics.median(peak) / size:.2f} |"
            )
        print(flush=True)


if __name__ == "__main__":
    main()
