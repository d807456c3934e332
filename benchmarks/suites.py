"""Write the notebooks that the benchmarks run, with outputs recorded by nbclient and ipykernel.

Run by ``run.py`` in the environment it made; the layout is ``FOLDER/<suite>/*.ipynb``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import nbclient
import nbformat


def write_tiny(count: int) -> Iterator[tuple[str, list[str]]]:
    """Many small notebooks: starting kernels decides."""
    for number in range(count):
        yield (
            f"tiny_{number:03}",
            [
                f"price = {number + 3}\namount = 7",
                "print('price', price, 'amount', amount)",
                "price * amount",
                "def discount(total, percent=10):\n    return total * (100 - percent) / 100",
                "{'total': price * amount, 'reduced': discount(price * amount)}",
            ],
        )


def write_cells(count: int) -> Iterator[tuple[str, list[str]]]:
    """One notebook of many small cells: the cost of a cell decides."""
    kinds = ("n = {0}", "print('line', {0})", "n * {0}", "print(n % 9)")
    # IPython warns on stderr when its cache of results is full, at a thousand: the third kind stays below that.
    yield "cells", [kinds[number % len(kinds)].format(number) for number in range(count)]


def record(path: Path, sources: list[str]) -> None:
    """Execute the sources with ipykernel and store notebook and outputs at ``path``."""
    v4 = nbformat.v4
    cells = [v4.new_code_cell(source, id=f"cell-{index}") for index, source in enumerate(sources)]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbclient.NotebookClient(notebook, timeout=600).execute()
    nbformat.write(notebook, path)


def main() -> None:
    """Write each suite that is not there in the asked size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--notebooks", type=int, required=True, help="notebooks of suite tiny")
    parser.add_argument("--cells", type=int, required=True, help="cells of suite cells")
    arguments = parser.parse_args()
    suites = {
        f"tiny-{arguments.notebooks}": write_tiny(arguments.notebooks),
        f"cells-{arguments.cells}": write_cells(arguments.cells),
    }
    for name, notebooks in suites.items():
        folder = arguments.folder / name
        if folder.exists():
            continue
        # Under another name until it is whole, so that an interrupted run leaves no half suite behind.
        unfinished = arguments.folder / f"{name}.unfinished"
        unfinished.mkdir(parents=True, exist_ok=True)
        for stem, sources in notebooks:
            record(unfinished / f"{stem}.ipynb", sources)
        unfinished.rename(folder)


if __name__ == "__main__":
    main()
