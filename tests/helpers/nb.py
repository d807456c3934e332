"""Short ways to write notebooks in tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbcheck.document import Document, parse_document

Cell = dict[str, Any]
OutputDict = dict[str, Any]


def stdout(text: str) -> OutputDict:
    return {"output_type": "stream", "name": "stdout", "text": text}


def stderr(text: str) -> OutputDict:
    return {"output_type": "stream", "name": "stderr", "text": text}


def display(text: str) -> OutputDict:
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def result(text: str, count: int = 1) -> OutputDict:
    return {
        "output_type": "execute_result",
        "execution_count": count,
        "data": {"text/plain": text},
        "metadata": {},
    }


def error(ename: str, evalue: str = "") -> OutputDict:
    return {"output_type": "error", "ename": ename, "evalue": evalue, "traceback": []}


def code(source: str, *outputs: OutputDict, count: int | None = None, **metadata: Any) -> Cell:
    """A code cell; with outputs it has been run, without it needs a count to have been."""
    return {
        "cell_type": "code",
        "source": source.splitlines(keepends=True),
        "metadata": metadata,
        "outputs": list(outputs),
        "execution_count": 1 if outputs and count is None else count,
    }


def markdown(source: str) -> Cell:
    return {"cell_type": "markdown", "source": source.splitlines(keepends=True), "metadata": {}}


def notebook(*cells: Cell, **metadata: Any) -> bytes:
    """The bytes of a notebook file, formatted as Jupyter does."""
    numbered = [cell | {"id": f"c{index}"} for index, cell in enumerate(cells)]
    tree = {"cells": numbered, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(tree, indent=1).encode() + b"\n"


def document(*cells: Cell, path: str = "nb.ipynb", **metadata: Any) -> Document:
    return parse_document(notebook(*cells, **metadata), Path(path))
