"""Trusted notebooks stay trusted, by Jupyter's own word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from helpers.nb import code, notebook, result, stdout
from helpers.pending import leave
from nbcheck.accepting.trust import Notary
from nbcheck.cli import main
from nbcheck.document import parse_document

RICH = result("1") | {
    "data": {"text/html": "<b>\u00e9 1.50</b>", "application/json": {"b": [1.5, None], "a": True}}
}
NEW = result("2") | {"data": {"text/html": "<b>2</b>"}}
FILE = notebook(
    code("a", RICH, count=1), code("b", stdout("x\n")), kernelspec={"name": "k", "display_name": "K"}
)


@pytest.fixture
def jupyter(require: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that opens Jupyter's notary for the user's data."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    sign = require("nbformat.sign")
    nbformat = require("nbformat")

    @contextmanager
    def opened() -> Iterator[Any]:
        (tmp_path / "data").mkdir(exist_ok=True)
        notary = sign.NotebookNotary(data_dir=str(tmp_path / "data"))
        notary.read = lambda raw: nbformat.reads(raw.decode(), as_version=4)
        try:
            yield notary
        finally:
            notary.store.close()

    return opened


def test_the_signature_is_jupyters(jupyter: Any, tmp_path: Path) -> None:
    with jupyter() as notary:
        notary.sign(notary.read(FILE))
        expected = notary.compute_signature(notary.read(FILE))
    ours = Notary.find(tmp_path / "data")
    assert ours is not None
    assert ours.signature(parse_document(FILE)) == expected


@pytest.mark.parametrize("is_trusted", [True, False])
def test_accepting_keeps_the_trust_there_was(jupyter: Any, tmp_path: Path, is_trusted: bool) -> None:
    path = tmp_path / "nb.ipynb"
    path.write_bytes(FILE)
    with jupyter() as notary:
        other = notebook(code("other", RICH))
        notary.sign(notary.read(FILE if is_trusted else other))
    leave(tmp_path, "nb.ipynb", {1: [NEW]})
    assert main(["accept"]) == 0
    with jupyter() as notary:
        assert path.read_bytes() != FILE
        assert bool(notary.check_signature(notary.read(path.read_bytes()))) is is_trusted


def test_who_trusts_nothing_gets_no_database(tmp_path: Path) -> None:
    assert Notary.find(tmp_path) is None
    (tmp_path / "notebook_secret").write_bytes(b"x")
    assert Notary.find(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == ["notebook_secret"]


def test_a_database_that_cannot_be_used_is_told(
    jupyter: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with jupyter() as notary:
        notary.sign(notary.read(FILE))
    (tmp_path / "nb.ipynb").write_bytes(FILE)
    leave(tmp_path, "nb.ipynb", {1: [NEW]})
    (tmp_path / "data/nbsignatures.db").write_bytes(b"no database at all, but long enough to be read as one")
    assert main(["accept"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 output in 1 notebook accepted",
        "nb.ipynb: could not be signed; if JupyterLab does not trust it: jupyter trust",
    ]
