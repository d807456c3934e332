"""pdb in a kernel."""

from __future__ import annotations

import pdb

from IPython.core import debugger


def install_debugger() -> None:
    """Let ``pdb``, ``breakpoint()`` and ``%debug`` use IPython's debugger, which can be interrupted.

    It asks with ``input()``, and so the front-end. The plain one would wait on a terminal that is not there.
    """
    # setattr, because these are classes and functions to mypy and no variables.
    for module, name, value in (
        (debugger, "Pdb", debugger.InterruptiblePdb),
        (pdb, "Pdb", debugger.InterruptiblePdb),
        (pdb, "set_trace", debugger.set_trace),
    ):
        setattr(module, name, value)
