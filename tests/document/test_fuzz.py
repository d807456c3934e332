"""Whatever the bytes: a document that can be used, or a DocumentError; and the drop-in does what nbformat does."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.nbformat_oracle import assert_same_reading
from helpers.notebook_strategies import damaged, notebooks, slowly, v3_notebooks
from nbcheck.document import check, parse_document
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
        return
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


@pytest.mark.slow
@slowly
@given(damaged(notebooks() | v3_notebooks()), st.sampled_from([None, 1]))
def test_damaged_trees(tree, indent):
    read_and_use(json.dumps(tree, indent=indent).encode())
