"""Whatever the bytes: a document that can be used, or a DocumentError; and the drop-in does what nbformat does."""

import json
import logging
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.nbformat_oracle import assert_same_reading
from helpers.notebook_strategies import damaged, notebooks, slowly, v3_notebooks
from nbcheck.document import check, edit_bytes, edit_document, edits, parse_document, v4
from nbcheck.document.writer import writes
from nbcheck.errors import DocumentError

VALID = json.dumps(
    {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": 1,
                "id": "a",
                "metadata": {},
                "outputs": [{"name": "stdout", "output_type": "stream", "text": ["a\n", "b\\"]}],
                "source": ["a = '\u00e9\"'\n", "a"],
            },
            {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "# t"},
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    },
    indent=1,
    ensure_ascii=False,
).encode()


@pytest.fixture(autouse=True, scope="module")
def quiet():
    """Nothing is logged: most of what is read here is invalid."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def read_and_use(raw):
    use_document(raw)
    # nbformat takes bytes in UTF-16 and with a byte order mark too, which is what its drop-in must do.
    assert_same_reading(raw, 4)


def use_document(raw):
    try:
        document = parse_document(raw)
    except DocumentError as error:
        str(error)
        with suppress(DocumentError):
            edit_bytes(raw, [edits.SetMetadata(("fuzz",), 1)])
        return
    if document.version[0] == 4:
        edit(document)
    check(document.notebook, document.positions)
    parse_document(writes(document.notebook).encode(errors="backslashreplace"))
    last = raw.count(b"\n") + 1
    for index, cell in enumerate(document.notebook.cells):
        first = document.cell_line(index)
        assert isinstance(cell.id, str)
        assert 1 <= first <= document.source_line(index, 1) <= document.source_line(index, 2) <= last
        if cell.cell_type == "code":
            for number in range(len(cell.outputs)):
                assert first <= document.output_line(index, number) <= last


def edit(document):
    wanted = [edits.SetMetadata(("fuzz",), ["\u00e9"])]
    for index, cell in enumerate(document.notebook.cells):
        wanted.append(edits.SetSource(index, f"{cell.get('source', '')}+"))
        if cell.cell_type == "code":
            wanted.append(edits.InsertOutput(index, 0, v4.new_output("stream", text="new")))
    new = edit_document(document, wanted)
    assert edit_bytes(document.raw, wanted) == new
    after = parse_document(new).notebook
    assert after.metadata.fuzz == ["\u00e9"]
    for cell, before in zip(after.cells, document.notebook.cells, strict=True):
        assert cell.source == before.get("source", "") + "+"
        if cell.cell_type == "code":
            assert cell.outputs[0].text == "new"
            assert json.dumps(cell.outputs[1:]) == json.dumps(before.outputs)
    assert edit_document(document, []) is document.raw


JSONISH = st.lists(st.sampled_from([*b'{}[]":,\\ \n1ntf', 0, 0xFF, 0xEF])).map(bytes)


@pytest.mark.slow
@given(st.binary() | st.text().map(str.encode) | JSONISH)
def test_any_bytes(raw):
    read_and_use(raw)


EDIT = st.tuples(
    st.integers(0, len(VALID)),
    st.integers(0, 30),
    st.binary(max_size=4) | st.sampled_from([b'"', b"{", b"]", b"NaN", b"\\ud800", b"1e999", b"null", b"\n"]),
)


@pytest.mark.slow
@given(st.lists(EDIT, min_size=1, max_size=3))
def test_edited_bytes(edits):
    raw = VALID
    for start, length, new in edits:
        raw = raw[:start] + new + raw[start + length :]
    read_and_use(raw)


DEEP = "[" * 296 + "]" * 296


@pytest.mark.parametrize(
    "value", [DEEP, "NaN", "-Infinity", "1e400", "-0.0", '"\\ud800"', "1" * 4000, '"\\/"']
)
def test_odd_values(value):
    for place in (b'"metadata": {}', b'"execution_count": 1,'):
        key, _, rest = place.partition(b": ")
        odd = b'{"x": ' + value.encode() + b"}" if rest == b"{}" else value.encode() + b","
        raw = VALID.replace(place, key + b": " + odd)
        read_and_use(raw)
        document = parse_document(raw)
        for one in (edits.SetSource(1, "x"), edits.SetMetadata(("y",), 1, 0), edits.ReplaceOutputs(0, [])):
            assert edit_document(document, [one]).count(value.encode()) == raw.count(value.encode())


@pytest.mark.slow
@slowly
@given(damaged(notebooks() | v3_notebooks()), st.sampled_from([None, 1]))
def test_damaged_trees(tree, indent):
    read_and_use(json.dumps(tree, indent=indent).encode())
