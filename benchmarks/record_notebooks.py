"""Record notebooks in place with nbclient and ipykernel, each in its own folder, as JupyterLab would leave them.

Run by ``public_notebooks.py`` in the environment that is measured. For each path of the command line it prints a JSON
object: ``path`` and ``trouble``, which is empty when the notebook ran as its author saved it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbclient
import nbformat

KERNELSPEC = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def error_names(cell: nbformat.NotebookNode) -> set[str]:
    """The exceptions that the outputs of a cell tell of."""
    return {output.ename for output in cell.get("outputs", ()) if output.output_type == "error"}


def record(path: Path) -> str:
    """Run a notebook and store it with its outputs; say what is wrong with it, if anything is."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["kernelspec"] = KERNELSPEC
    stored = [error_names(cell) for cell in notebook.cells]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            # What no code makes would stay otherwise: nbclient does not run cells that are empty.
            cell.outputs, cell.execution_count = [], None
    resources = {"metadata": {"path": str(path.parent)}}
    client = nbclient.NotebookClient(
        notebook, kernel_name="python3", allow_errors=True, timeout=120, resources=resources
    )
    try:
        client.execute()
    except (nbclient.exceptions.CellTimeoutError, nbclient.exceptions.DeadKernelError) as error:
        return type(error).__name__
    nbformat.write(notebook, path)
    for expected, cell in zip(stored, notebook.cells, strict=True):
        if unexpected := error_names(cell) - expected:
            return f"{min(unexpected)} that the author did not store"
    return ""


for name in sys.argv[1:]:
    print(json.dumps({"path": name, "trouble": record(Path(name))}), flush=True)
