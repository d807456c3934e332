"""The direction of dependencies, read from the imports in the sources. docs/design.md says why it is this one."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PURE = {"errors", "results", "compare", "document", "protocol"}
PROCESSES = PURE | {"transport", "manager"}
USE_CASES = PROCESSES | {
    "accepting",
    "affected",
    "baseline",
    "execution",
    "parallel",
    "convert",
    "report",
    "testing",
}

# unit of the package -> the other units it may import. A unit is a module or folder directly under nbcheck, or
# pytest_nbcheck. `kernel` stands on no right-hand side: it is started as a process and never imported.
MAY_IMPORT: dict[str, set[str]] = {
    # pure
    "errors": set(),
    "document": {"errors"},
    "protocol": {"errors"},
    "compare": {"errors", "document"},
    "results": {"errors", "compare", "document"},
    # I/O
    "transport": PURE,
    # processes
    "manager": PURE | {"transport"},
    "kernel": PURE | {"transport"},
    # use cases
    "affected": {"errors", "transport"},
    "execution": PROCESSES,
    "baseline": PURE | {"transport", "execution"},
    "accepting": PROCESSES | {"execution"},
    "parallel": PROCESSES | {"execution"},
    "testing": PROCESSES | {"execution"},
    "convert": PURE,
    "report": PURE | {"convert"},
    # edges
    "console": USE_CASES,
    "server": USE_CASES,
    "cli": USE_CASES | {"console", "server"},
    "pytest_nbcheck": USE_CASES,
    # public names, and `python -m nbcheck`
    "__init__": USE_CASES,
    "__main__": {"cli"},
}

# module outside the project -> the modules and packages that may import it
ONLY_IN: dict[str, tuple[str, ...]] = {
    "IPython": ("nbcheck.kernel", "nbcheck.console"),
    "PIL": ("nbcheck.compare.antialias", "nbcheck.compare.image", "nbcheck.compare.picture"),
    "comm": ("nbcheck.kernel",),
    "jupytext": ("nbcheck.document.text",),
    "deepdiff": ("nbcheck.compare",),
    "matplotlib": ("nbcheck.kernel",),
    "matplotlib_inline": ("nbcheck.kernel",),
    "_pytest": ("pytest_nbcheck",),
    "pytest": ("pytest_nbcheck",),
    "rapidfuzz": ("nbcheck.compare",),
    "zmq": ("nbcheck.transport",),
    # oracles and partners of the tests
    "ipykernel": (),
    "jupyter_client": (),
    "jupyter_core": (),
    "nbclient": (),
    "nbconvert": (),
    "nbformat": (),
}

# imported inside a function only, by whoever may import them at all: too dear for who does not need them
LATE = {"PIL", "deepdiff", "jupytext", "rapidfuzz"}

# what the pure row has no business with
IO_MODULES = {
    "asyncio",
    "multiprocessing",
    "select",
    "selectors",
    "signal",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
}
# errors.py names signals; it sends none
IO_EXCEPTIONS = {("errors", "signal")}


@dataclass(frozen=True)
class Import:
    """One imported module."""

    target: str
    """Dotted name; of ``from a import b`` it is ``a.b``."""
    line: int
    """Line of the import, from 1."""
    late: bool
    """Whether importing the module leaves it out: it stands inside a function, or is for type checkers only."""


def find_imports(source: str, module: str, *, is_package: bool = False) -> Iterator[Import]:
    """Yield every import of a module's source, wherever in the source it stands.

    Args:
        source: text of the module.
        module: its dotted name, to resolve relative imports with.
        is_package: whether it is an ``__init__.py``.
    """
    package = module if is_package else module.rpartition(".")[0]
    pending: list[tuple[ast.AST, bool]] = [(ast.parse(source), False)]
    while pending:
        node, late = pending.pop()
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parent, *filter(None, [base])])
            yield from (Import(f"{base}.{alias.name}", node.lineno, late) for alias in node.names)
        late = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_type_checkers(node)
        pending.extend((child, late) for child in ast.iter_child_nodes(node))


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def unit_of(module: str) -> str:
    """Return the unit a module of the project belongs to: ``nbcheck.compare.text`` -> ``compare``."""
    top, _, rest = module.partition(".")
    return top if top != "nbcheck" else rest.partition(".")[0] or "__init__"


def find_faults(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """Return a line for each import that leaves the allowed direction, in reading order."""
    unit = unit_of(module)
    if unit not in MAY_IMPORT:
        return [f"{module}: unit {unit!r} has no row in MAY_IMPORT"]
    faults = []
    for found in sorted(find_imports(source, module, is_package=is_package), key=lambda found: found.line):
        top = found.target.partition(".")[0]
        where = f"{module}, line {found.line}: imports {found.target}"
        if top in {"nbcheck", "pytest_nbcheck"}:
            other = unit_of(found.target)
            # `from nbcheck import __version__` names no unit
            if other in {*MAY_IMPORT, "kernel"} and other not in {unit, "__init__", *MAY_IMPORT[unit]}:
                faults.append(f"{where}; {unit} may not import {other}")
        elif top in ONLY_IN and not any(f"{module}.".startswith(f"{place}.") for place in ONLY_IN[top]):
            faults.append(f"{where}; only {', '.join(ONLY_IN[top]) or 'tests'} may")
        elif top in LATE and not found.late:
            faults.append(f"{where} at module level; import it where it is used")
        elif unit in PURE and top in IO_MODULES and (unit, top) not in IO_EXCEPTIONS:
            faults.append(f"{where}; {unit} does no I/O")
    return faults


def list_modules() -> Iterator[tuple[str, Path]]:
    """Yield (dotted name, file) of every module of the two packages."""
    for base in ("src", "pytest_plugin"):
        for path in sorted((ROOT / base).rglob("*.py")):
            parts = path.relative_to(ROOT / base).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(list_modules())


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_what_its_layer_may(module: str):
    path = MODULES[module]
    faults = find_faults(path.read_text("utf-8"), module, is_package=path.name == "__init__.py")
    assert faults == []


def test_both_packages_were_found():
    assert {"nbcheck.errors", "nbcheck.compare.base", "pytest_nbcheck"} <= MODULES.keys()


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("nbcheck.compare.x", "import zmq.asyncio", "imports zmq.asyncio; only nbcheck.transport may"),
        (
            "nbcheck.compare.x",
            "from nbcheck.manager import client",
            "imports nbcheck.manager.client; compare may not import manager",
        ),
        (
            "nbcheck.compare.x",
            "def f():\n    from ..execution import fold",
            "imports nbcheck.execution.fold; compare may not import execution",
        ),
        (
            "nbcheck.manager.x",
            "import nbcheck.kernel",
            "imports nbcheck.kernel; manager may not import kernel",
        ),
        (
            "nbcheck.execution.x",
            "from nbcheck import kernel",
            "imports nbcheck.kernel; execution may not import kernel",
        ),
        ("nbcheck.execution.x", "import pytest", "imports pytest; only pytest_nbcheck may"),
        ("nbcheck.execution.x", "import nbformat", "imports nbformat; only tests may"),
        (
            "nbcheck.report.x",
            "from nbcheck.execution.run import y",
            "imports nbcheck.execution.run.y; report may not import execution",
        ),
        ("nbcheck.server.x", "from nbcheck import cli", "imports nbcheck.cli; server may not import cli"),
        (
            "nbcheck.cli",
            "import pytest_nbcheck.plugin",
            "imports pytest_nbcheck.plugin; cli may not import pytest_nbcheck",
        ),
        (
            "nbcheck.compare.text",
            "from PIL import Image",
            "imports PIL.Image; only nbcheck.compare.antialias, nbcheck.compare.image, nbcheck.compare.picture may",
        ),
        (
            "nbcheck.compare.image",
            "from PIL import Image",
            "imports PIL.Image at module level; import it where it is used",
        ),
        ("nbcheck.protocol.x", "import socket", "imports socket; protocol does no I/O"),
        (
            "nbcheck.document",
            "from .nodes import x\nfrom ..compare import y",
            "imports nbcheck.compare.y; document may not import compare",
        ),
    ],
)
def test_a_bad_import_is_caught(module: str, source: str, fault: str):
    line = source.count("\n") + 1
    is_package = module == "nbcheck.document"
    assert find_faults(source, module, is_package=is_package) == [f"{module}, line {line}: {fault}"]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("nbcheck.compare.image", "def f():\n    from PIL import Image"),
        ("nbcheck.compare.image", "if TYPE_CHECKING:\n    from PIL import Image"),
        ("nbcheck.compare.x", "from nbcheck.compare.base import Difference"),
        ("nbcheck.execution.x", "from nbcheck import __version__"),
        ("nbcheck.transport.x", "import zmq"),
        ("nbcheck.kernel.python.x", "from IPython.core.interactiveshell import InteractiveShell"),
        ("pytest_nbcheck.plugin", "import pytest\nfrom nbcheck.execution import run"),
    ],
)
def test_a_good_import_passes(module: str, source: str):
    assert find_faults(source, module) == []


def test_a_unit_without_a_row_is_reported():
    assert find_faults("", "nbcheck.extra.x") == ["nbcheck.extra.x: unit 'extra' has no row in MAY_IMPORT"]


def test_the_table_has_no_circle():
    done: set[str] = set()
    while waiting := {unit for unit in MAY_IMPORT if unit not in done}:
        ready = {unit for unit in waiting if MAY_IMPORT[unit] <= done}
        assert ready, f"these import each other: {sorted(waiting)}"
        done |= ready


def test_the_table_knows_the_standard_library():
    assert IO_MODULES.issubset(sys.stdlib_module_names)
