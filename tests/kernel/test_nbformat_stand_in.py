from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from helpers.executor import ExecutorProcess
from nbcheck.kernel.python import nbformat as stand_in


@pytest.fixture
def without_nbformat(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No nbformat is installed, and a package stands in for nbcheck.document."""
    package = tmp_path / "my_document"
    package.mkdir()
    (package / "__init__.py").write_text(
        '"""A document."""\n__all__ = ["read"]\n__version__ = "1.2"\ndef read(): return "read"\n'
    )
    (package / "v4.py").write_text("def new_notebook(): return {}\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, stand_in.NbformatFinder()])
    monkeypatch.setattr(stand_in, "_STAND_IN", "my_document")
    saved = {
        name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "nbformat"
    }
    yield
    for name in list(sys.modules):
        if name.partition(".")[0] in {"nbformat", "my_document"}:
            del sys.modules[name]
    sys.modules.update(saved)


def load(name: str) -> ModuleType:
    return importlib.import_module(name)


@pytest.mark.usefixtures("without_nbformat")
def test_names_of_the_stand_in() -> None:
    nbformat = load("nbformat")
    assert nbformat.read() == "read"
    assert nbformat.__doc__ == "A document."
    assert nbformat.__all__ == ["read"]
    assert "read" in dir(nbformat)
    assert nbformat.__version__ == "1.2"
    with pytest.raises(AttributeError):
        _ = nbformat.nosuch


@pytest.mark.usefixtures("without_nbformat")
def test_submodules() -> None:
    assert load("nbformat.v4").new_notebook is load("my_document.v4").new_notebook
    assert load("nbformat").v4.new_notebook() == {}


@pytest.mark.usefixtures("without_nbformat")
def test_stand_in_keeps_its_own_identity() -> None:
    load("nbformat")
    document = load("my_document")
    assert document.__spec__ is not None
    assert (document.__name__, document.__spec__.name) == ("my_document", "my_document")


@pytest.mark.usefixtures("without_nbformat")
def test_what_the_stand_in_lacks_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'nbformat\.nosuch'$"):
        load("nbformat.nosuch")
    assert stand_in.NbformatFinder().find_spec("other", None) is None


@pytest.mark.usefixtures("without_nbformat")
def test_installed_nbformat_comes_first(tmp_path: Path) -> None:
    (tmp_path / "nbformat.py").write_text("value = 'installed'\n")
    importlib.invalidate_caches()
    assert load("nbformat").value == "installed"


def test_installing_twice_adds_one_finder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [])
    stand_in.install_nbformat()
    stand_in.install_nbformat()
    assert [type(finder) for finder in sys.meta_path] == [stand_in.NbformatFinder]


HIDE = """
from importlib.machinery import PathFinder
find_spec = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name.split(".")[0] == "nbformat" else find_spec(name, *rest)
"""
NOTEBOOK = """
import nbcheck.document as document
cells = [document.v4.new_code_cell("value = 6 * 7"), document.v4.new_markdown_cell("no code")]
document.write(document.v4.new_notebook(cells=cells), "other.ipynb")
"""


def test_kernel_runs_a_notebook_without_nbformat(own: ExecutorProcess) -> None:
    own.run(HIDE)
    own.run(NOTEBOOK)
    outcome = own.run("%run other.ipynb\nprint(value)")
    assert outcome.text() == "42\n"


def test_nbformat_in_a_kernel_without_it(own: ExecutorProcess) -> None:
    own.run(HIDE)
    outcome = own.run(
        "import nbformat, nbformat.v4, nbformat.validator\n"
        # What plotly asks before it shows a figure.
        "print(tuple(map(int, nbformat.__version__.split('.'))) >= (4, 2, 0))\n"
        "notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('1')])\n"
        "print(nbformat.validator.isvalid(notebook), nbformat.reads(nbformat.writes(notebook), 4) == notebook)\n"
        "print(nbformat.NO_CONVERT, nbformat.read.__module__)"
    )
    assert outcome.text() == "True\nTrue True\nnbcheck.document.NO_CONVERT nbcheck.document.readwrite\n"
