import io
import json
import logging
import os
import stat

import nbformat
import pytest
from hypothesis import given

from helpers.notebook_strategies import notebooks, slowly, texts
from nbcheck import document
from nbcheck.document import from_dict, parse_document, read_document, v4, write_notebook
from nbcheck.document.writer import writes
from nbcheck.errors import DocumentError


def nbformat_writes(notebook):
    logging.disable()
    try:
        return nbformat.writes(nbformat.from_dict(notebook))
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.slow
@slowly
@given(notebooks(minors=(0, 4, 5, 6)))
def test_same_bytes_as_nbformat(notebook):
    before = repr(notebook)
    assert writes(notebook) == writes(from_dict(notebook)) == nbformat_writes(notebook)
    assert repr(notebook) == before


@pytest.mark.slow
@slowly
@given(notebooks(minors=(5,)), texts(surrogates=True))
def test_reading_what_was_written(notebook, source):
    notebook["cells"].append({"cell_type": "raw", "id": "last", "metadata": {}, "source": source})
    tree = parse_document(writes(notebook).encode(errors="backslashreplace")).notebook
    assert json.dumps(parse_document(writes(tree).encode(errors="backslashreplace")).notebook) == json.dumps(
        tree
    )
    assert tree.cells[-1].source == source


@pytest.mark.parametrize(
    "value",
    [
        1e-7,
        1e16,
        -0.0,
        float("nan"),
        float("-inf"),
        2**70,
        b"YQ==",
        "\ud800",
        "\u2028\x7f\x1f/",
        (1, 2),
        {1: 2},
        [[], {}],
    ],
    ids=repr,
)
def test_values_are_spelt_as_nbformat_does(value):
    notebook = v4.new_notebook(metadata={"value": value, "é": [{"z": 1, "a": None}]})
    assert writes(notebook) == nbformat_writes(notebook)


LONG = "0123456789" * 300

TEXTS = [
    LONG,
    f"{LONG}\n",
    f"a\n\n{LONG}\nb",
    f"{LONG}\n\x7f\n",
    f"{LONG}\r\n{LONG}\r",
    f"{LONG}\u2028é\x85",
    f'é"\\n"\n{LONG}\n',
    f"\t\x00{LONG}\n\n",
    f"\ud800{LONG}\n",
    "\n" * 5000,
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_long_texts(text):
    outputs = [
        v4.new_output("stream", text=text),
        v4.new_output("display_data", {"text/html": text, "image/svg+xml": text, "application/x-tex": text}),
    ]
    cell = v4.new_code_cell(text, id="a", outputs=outputs)
    raw = v4.new_raw_cell(
        text.splitlines(True), id="b", attachments={"é": {"text/plain": text, "image/png": text}}
    )
    notebook = v4.new_notebook(cells=[cell, raw])
    assert writes(notebook) == nbformat_writes(notebook)


PICTURES = [
    "YQ==" * 50_000,
    "YQ==" * 50_000 + "\n",
    "Y" * 65_536,
    "Y" * 65_537 + '"',
    "Y" * 70_000 + "é",
    "\\" * 70_000,
]


@pytest.mark.parametrize("picture", PICTURES, ids=range(len(PICTURES)))
def test_large_pictures(picture):
    output = v4.new_output("display_data", {"image/png": picture})
    notebook = v4.new_notebook(cells=[v4.new_code_cell(id="a", outputs=[output])], metadata={"a": picture})
    assert writes(notebook) == nbformat_writes(notebook)


NUMBERS = [
    [0.1, 2, -3.5],
    [0.1, 1e-5],
    [0.1, 10.00001],
    [1e16, 0.0],
    [1e300, -5e-324, 123456789012345680.0],
    [float("nan"), 1.0],
    [[0.5, None], [True, 1e-4], [9.9e-5]],
    {"a": 0.25, "b": {"c": 1e-7, "d": [{}, [], ""]}},
    [2**63, 2**64, 2**70, 0.5],
    [b"YQ==", 0.5],
    (0.5, (1e-9,)),
    {"a": {2: 0.5}},
]


@pytest.mark.parametrize("value", NUMBERS, ids=range(len(NUMBERS)))
def test_numbers_in_json_outputs(value):
    output = v4.new_output("display_data", {"application/json": value, "application/vnd.a+json": [value]})
    notebook = v4.new_notebook(cells=[v4.new_code_cell(id="a", outputs=[output])])
    assert writes(notebook) == nbformat_writes(notebook)


@pytest.mark.parametrize("split", [True, False])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_options_of_writing(split, ascii_only):
    notebook = v4.new_notebook(cells=[v4.new_raw_cell("é\nb", id="a", metadata={"trusted": True})])
    options = {"split_lines": split, "ensure_ascii": ascii_only}
    expected = nbformat.writes(nbformat.from_dict(notebook), **options)
    assert v4.writes(notebook, **options) == document.writes(notebook, **options) == expected


def test_file_of_the_drop_in(tmp_path):
    notebook = v4.new_notebook(cells=[v4.new_raw_cell("é\nb", id="a")])
    path, stream = tmp_path / "a.ipynb", io.StringIO()
    document.write(notebook, path)
    document.write(notebook, stream)
    assert path.read_bytes().decode() == stream.getvalue() == writes(notebook) + "\n"
    assert (
        document.read(path, 4)
        == document.read(str(path), 4)
        == document.read(io.StringIO(stream.getvalue()), 4)
    )


def test_what_cannot_be_encoded_costs_no_file(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        document.write(v4.new_notebook(cells=[v4.new_raw_cell("\ud800", id="a")]), path)
    assert path.read_text() == "old"


def test_converting_while_writing(tmp_path):
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# a", id="a")])
    document.write(notebook, tmp_path / "a.ipynb", version=3)
    assert document.read(tmp_path / "a.ipynb", document.NO_CONVERT).worksheets[0].cells[0].level == 1


def test_what_is_wrong_is_logged(caplog):
    captured = {}
    text = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [], "x": 1}'
    document.reads(text, 4, captured)
    assert str(captured["ValidationError"]).startswith(
        "Additional properties are not allowed ('x' was unexpected)"
    )
    assert [record.getMessage() for record in caplog.records] == [
        f"Notebook JSON is invalid: {captured['ValidationError']}"
    ]


def test_transient_metadata_is_left_out():
    cell = v4.new_code_cell("1", id="a", metadata={"trusted": True})
    metadata = {"orig_nbformat": 3, "orig_nbformat_minor": 0, "signature": "x", "kept": 1}
    notebook = v4.new_notebook(cells=[cell], metadata=metadata)
    stored = json.loads(writes(notebook))
    assert stored["metadata"] == {"kept": 1}
    assert stored["cells"][0]["metadata"] == {}
    assert notebook.metadata == metadata


@pytest.mark.parametrize(
    ("notebook", "message"),
    [
        ({"nbformat": 3}, "notebook (/nbformat): found 3 as format, only format 4 is written"),
        (
            {"nbformat": 4, "metadata": {}},
            "notebook: not a valid notebook, so it cannot be written: KeyError('cells')",
        ),
        (
            {"nbformat": 4, "metadata": {"a": object}, "cells": []},
            "notebook: no JSON, so it cannot be written: a value of type type",
        ),
    ],
)
def test_refused_notebook(notebook, message):
    with pytest.raises(DocumentError) as caught:
        writes(notebook)
    assert str(caught.value) == message


def test_file_ends_with_one_line_end(tmp_path):
    path = tmp_path / "a.ipynb"
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("é\ud800", id="a")])
    write_notebook(notebook, path)
    assert path.read_bytes() == writes(notebook).encode(errors="backslashreplace") + b"\n"
    assert read_document(path).notebook == notebook


def test_mode_and_link_are_kept(tmp_path):
    target = tmp_path / "a.ipynb"
    target.write_text("old")
    target.chmod(0o640)
    link = tmp_path / "link.ipynb"
    link.symlink_to(target)
    write_notebook(v4.new_notebook(), link)
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert read_document(target).notebook.cells == []
    assert sorted(os.listdir(tmp_path)) == ["a.ipynb", "link.ipynb"]


def test_new_file_has_the_mode_of_the_process(tmp_path):
    (tmp_path / "b").touch()
    write_notebook(v4.new_notebook(), tmp_path / "a.ipynb")
    assert (tmp_path / "a.ipynb").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_failure_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.ipynb"
    path.write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DocumentError) as caught:
        write_notebook(v4.new_notebook(), path)
    assert str(caught.value) == (
        f"{path}: cannot be written: No space left on device; "
        "free space on the disk or raise the limit of sizes; nothing was changed"
    )
    assert os.listdir(tmp_path) == ["a.ipynb"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("name", ["missing/a.ipynb", "folder"])
def test_impossible_target(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(DocumentError, match="cannot be written: "):
        write_notebook(v4.new_notebook(), tmp_path / name)
    assert os.listdir(tmp_path) == ["folder"]
