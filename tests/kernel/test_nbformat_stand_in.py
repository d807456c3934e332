from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from nbcheck.kernel.python import nbformat as stand_in


@pytest.fixture(autouse=True)
def without_nbformat(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No nbformat is installed, and a package stands in for nbcheck.document."""
    package = tmp_path / "my_document"
    package.mkdir()
    (package / "__init__.py").write_text('"""A document."""\n__all__ = ["read"]\ndef read(): return "read"\n')
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


def test_names_of_the_stand_in() -> None:
    nbformat = load("nbformat")
    assert nbformat.read() == "read"
    assert nbformat.__doc__ == "A document."
    assert nbformat.__all__ == ["read"]
    assert "read" in dir(nbformat)
    assert nbformat.__version__ == "5.10.4"
    with pytest.raises(AttributeError):
        _ = nbformat.nosuch


def test_submodules() -> None:
    assert load("nbformat.v4").new_notebook is load("my_document.v4").new_notebook
    assert load("nbformat").v4.new_notebook() == {}


def test_stand_in_keeps_its_own_identity() -> None:
    load("nbformat")
    document = load("my_document")
    assert document.__spec__ is not None
    assert (document.__name__, document.__spec__.name) == ("my_document", "my_document")


def test_what_the_stand_in_lacks_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'nbformat\.nosuch'$"):
        load("nbformat.nosuch")
    assert stand_in.NbformatFinder().find_spec("other", None) is None


def test_installed_nbformat_comes_first(tmp_path: Path) -> None:
    (tmp_path / "nbformat.py").write_text("value = 'installed'\n")
    importlib.invalidate_caches()
    assert load("nbformat").value == "installed"


def test_installing_twice_adds_one_finder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [])
    stand_in.install_nbformat()
    stand_in.install_nbformat()
    assert [type(finder) for finder in sys.meta_path] == [stand_in.NbformatFinder]
