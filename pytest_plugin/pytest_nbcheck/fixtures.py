"""The fixture ``notebook``, for tests in Python of what a notebook defines. It needs no ``--nbcheck``.

This module is imported whenever pytest starts, so it imports nothing of nbcheck before a test uses the fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_nbcheck.options import resolve_options

if TYPE_CHECKING:
    from nbcheck.execution.kernels import Kernels
    from nbcheck.testing import Notebook

NotebookOpener = Callable[..., "Notebook"]
"""Takes the path of a notebook, relative to the test's folder, and the options of ``open_notebook``."""


@pytest.fixture(scope="session")
def _nbcheck_kernels() -> Iterator[Kernels]:
    """Where kernels come from: one process serves those of all tests."""
    from nbcheck.execution.kernels import Kernels

    kernels = Kernels()
    yield kernels
    kernels.close()


@pytest.fixture
def notebook(request: pytest.FixtureRequest, _nbcheck_kernels: Kernels) -> Iterator[NotebookOpener]:
    """Open notebooks, each with a kernel of its own, which ends with the test.

    ``nb = notebook("analysis.ipynb")``; docs/testing.md tells what ``nb`` can do.
    """
    from nbcheck.errors import NbcheckError
    from nbcheck.execution.options import find_roots
    from nbcheck.testing import open_notebook

    folder = request.path.parent
    options = resolve_options(request.config).to_run_options(find_roots(folder, request.config.rootpath))

    with ExitStack() as stack:

        def open_beside_test(
            path: str | Path,
            *,
            kernel: str | None = None,
            timeout: float | None = None,
            cwd: str | Path | None = None,
            parameters: Mapping[str, Any] | None = None,  # Any: whatever JSON holds
        ) -> Notebook:
            __tracebackhide__ = True
            opening = open_notebook(
                folder / path,
                kernel=kernel,
                timeout=timeout,
                cwd=cwd,
                parameters=parameters,
                options=options,
                kernels=_nbcheck_kernels,
            )
            try:
                return stack.enter_context(opening)
            except NbcheckError as error:  # where it comes from in nbcheck is nothing to the user
                raise error.with_traceback(None) from None

        yield open_beside_test
