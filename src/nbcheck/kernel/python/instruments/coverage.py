"""Coverage of the modules that a notebook imports, by coverage.py, which measures the process that runs the tests.

The user's namespace shows nothing of it. What is measured is written to a file of its own, which the owner adds to
what it has measured itself.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from IPython import get_ipython

from nbcheck.protocol.hosting import CONTEXT

if TYPE_CHECKING:
    from coverage import Coverage

_SILENT = (
    "already-imported",
    "dynamic-conflict",
    "module-not-imported",
    "module-not-measured",
    "no-ctracer",
    "no-data-collected",
    "no-sysmon",
    "no-sysmon-context",
)
"""Warnings that would be told in a notebook's stderr, and that coverage.py gives where the tests run, if they hold."""


def install(settings: Mapping[str, str]) -> Callable[[], None]:
    """Begin to measure.

    Args:
        settings: ``config``, a configuration as coverage.py hands it to subprocesses; ``folder``, to which the paths in
            it are relative; ``suffix`` of the data file, to which the process id is added.

    Returns:
        What saves the data.
    """
    from coverage import Coverage

    notebook_folder = os.getcwd()
    os.chdir(settings["folder"])
    try:
        measured = Coverage(
            config_file=f":data:{settings['config']}", data_suffix=f"{settings['suffix']}.{os.getpid()}"
        )
        said = measured.get_option("run:disable_warnings")
        measured.set_option("run:disable_warnings", [*(said if isinstance(said, list) else ()), *_SILENT])
        if "multiprocessing" in str(measured.get_option("run:concurrency")):
            # Its children look for their configuration, and write, where they are started: beside the notebook.
            os.environ["COVERAGE_FILE"] = os.path.abspath(str(measured.get_option("run:data_file")))
        measured.start()
    finally:
        os.chdir(notebook_folder)
    get_ipython().events.register("pre_run_cell", _Cells(measured).begin)
    # Handlers of user code are called before this one, and may run code that counts; coverage.py's own, which closes
    # the file, after it.
    atexit.register(measured.save)
    return measured.save


class _Cells:
    """What is to be done before each cell."""

    def __init__(self, measured: Coverage) -> None:
        self._measured = measured
        self._context = ""
        self._tracer = sys.gettrace()

    def begin(self, info: object) -> None:
        # A debugger that is left takes the trace function away with it.
        if sys.gettrace() is None:
            sys.settrace(self._tracer)
        context = get_ipython().get_parent()["metadata"].get(CONTEXT, "")
        if context != self._context:
            self._context = context
            self._measured.switch_context(context)
