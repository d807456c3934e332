import copy
import json
import logging
import os
import warnings
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.notebook_strategies import notebooks, slowly, v3_notebooks
from nbcheck.document import check, parse_document, read_document
from nbcheck.document.repair import made_up_id
from nbcheck.document.writer import writes
from nbcheck.errors import DocumentError

DATA = Path(__file__).parent.parent / "data" / "notebooks"
VALID = sorted(DATA.glob("valid/*.ipynb"))
INVALID = sorted(DATA.glob("invalid/*.ipynb"))


def name(path):
    return path.stem


def nbformat_reads(text):
    logging.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return nbformat.reads(text, as_version=4)
    finally:
        logging.disable(logging.NOTSET)


def comparable(notebook, *, ids):
    """Text of a tree, so that NaN equals itself and 1 differs from 1.0 and true."""
    notebook = copy.deepcopy(notebook)
    for cell in () if ids else notebook["cells"]:
        cell.pop("id", None)
    return json.dumps(notebook, sort_keys=True)


@pytest.mark.parametrize("path", VALID, ids=name)
@pytest.mark.parametrize(
    "style",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: json.dumps(json.loads(text)),
        lambda text: json.dumps(json.loads(text), indent="\t", ensure_ascii=False),
    ],
    ids=["as it is", "CRLF", "one line", "tabs"],
)
def test_reads_as_nbformat(path, style):
    text = style(path.read_text(encoding="utf-8"))
    document = parse_document(text.encode(), path)
    ids = document.version >= (4, 5)
    assert comparable(document.notebook, ids=ids) == comparable(nbformat_reads(text), ids=ids)
    assert document.version == tuple(int(part) for part in (path.stem[1:] + ".0").split(".")[:2])
    assert all(isinstance(cell.id, str) for cell in document.notebook.cells)
    assert (document.invented_ids == frozenset()) == ids
    assert check(document.notebook if document.version < (4, 0) else document.without_invented_ids()) == []
    assert writes(document.notebook) == nbformat.writes(nbformat.from_dict(document.notebook))


@pytest.mark.slow
@slowly
@given(notebooks(minors=(0, 3, 5, 7)), st.sampled_from([None, 1]))
def test_any_notebook_reads_as_with_nbformat(notebook, indent):
    text = json.dumps(notebook, indent=indent)
    document = parse_document(text.encode())
    ids = document.version >= (4, 5)
    assert comparable(document.notebook, ids=ids) == comparable(nbformat_reads(text), ids=ids)
    assert document.notes == ()
    assert check(document.without_invented_ids()) == []


@pytest.mark.slow
@slowly
@given(v3_notebooks())
def test_any_v3_notebook_reads_as_with_nbformat(notebook):
    text = json.dumps(notebook)
    document = parse_document(text.encode())
    assert comparable(document.notebook, ids=False) == comparable(nbformat_reads(text), ids=False)
    assert document.notes == ()


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_invalid_file(path):
    with pytest.raises(DocumentError) as caught:
        parse_document(path.read_bytes(), Path(path.name))
    assert str(caught.value) + "\n" == path.with_suffix(".txt").read_text(encoding="utf-8")


REPAIRED = b"""\xef\xbb\xbf{
 "cells": [
  {"cell_type": "code", "source": "a"},
  {"cell_type": "code", "source": "a", "id": "x", "metadata": {}, "outputs": [
   {"output_type": "stream"},
   {"output_type": "display_data"},
   {"output_type": "execute_result", "data": {}, "metadata": {}},
   {"output_type": "error"},
   {"output_type": "smell"}], "execution_count": 1},
  {"cell_type": "heading", "id": "x", "metadata": {}, "level": 1},
  {"cell_type": "markdown", "id": 5, "metadata": {}}
 ],
 "nbformat": 4, "nbformat_minor": 5
}"""


def test_repairs_are_noted():
    document = parse_document(REPAIRED)
    assert document.notes == (
        "line 1: the file starts with a byte order mark, which Jupyter does not open",
        'line 1: notebook without "metadata", taken as {}',
        'line 3: cell without "metadata", taken as {}',
        'line 3: code cell without "outputs", taken as []',
        'line 3: code cell without "execution_count", taken as null',
        'line 5: stream without "name", taken as "stdout"',
        'line 5: stream without "text", taken as ""',
        'line 6: display_data without "data", taken as {}',
        'line 6: display_data without "metadata", taken as {}',
        'line 7: execute_result without "execution_count", taken as null',
        'line 8: error without "ename", taken as ""',
        'line 8: error without "evalue", taken as ""',
        'line 8: error without "traceback", taken as []',
        'line 9: output of the unknown type "smell", kept as it is',
        'line 10: cell of the unknown type "heading", kept as it is',
        'line 11: cell without "source", taken as ""',
        "lines 3 and 11: cell without a usable id, one was made up",
        'line 10: the cell id "x" is used before, another was made up',
    )
    assert document.raw == REPAIRED
    assert [cell.id for cell in document.notebook.cells] == ["5d0df5e3", "x", "c25d2926", "6a3c7453"]
    assert document.invented_ids == {0, 2, 3}
    assert ["id" in cell for cell in document.without_invented_ids().cells] == [False, True, False, False]
    assert document.notebook.cells[0].outputs == []


def test_missing_minor_is_noted():
    document = parse_document(b'{"nbformat": 4, "metadata": {}, "cells": []}')
    assert document.notes == ('line 1: notebook without "nbformat_minor", taken as 0',)
    assert (document.version, document.notebook.nbformat_minor) == ((4, 0), 0)


def test_made_up_ids_depend_on_the_cell_alone():
    cell = {"cell_type": "code", "source": "a\ud800"}
    first = made_up_id(cell, 0)
    assert first == made_up_id(dict(cell), 0)
    others = [made_up_id(cell, 1), made_up_id(cell, 0, {first}), made_up_id(cell | {"cell_type": "raw"}, 0)]
    assert len({first, *others}) == 4


def test_equal_cells_get_different_ids():
    cell = {"cell_type": "raw", "source": "a", "metadata": {}}
    raw = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell] * 3}).encode()
    assert len({cell.id for cell in parse_document(raw).notebook.cells}) == 3


def test_v3_inner_json_that_is_none_stays_text():
    output = {"output_type": "display_data", "json": "{"}
    cell = {"cell_type": "code", "input": "", "outputs": [output]}
    raw = json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [cell]}]}).encode()
    assert parse_document(raw).notebook.cells[0].outputs[0].data == {"application/json": "{"}


def test_v2_error_keeps_its_name():
    output = {"output_type": "pyerr", "etype": "E", "evalue": "v", "traceback": ["a"]}
    cell = {"cell_type": "code", "input": [], "outputs": [output]}
    raw = json.dumps({"nbformat": 2, "metadata": {}, "worksheets": [{"cells": [cell]}]}).encode()
    assert parse_document(raw).notebook.cells[0].outputs == [
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["a"]}
    ]


@pytest.mark.parametrize(
    ("file", "cells", "sources", "outputs"),
    [
        ("v1", [3, 4, 5], [[3, 3], [4, 4], [5, 5]], []),
        ("v2", [7, 8, 19], [[7, 7, 7], [11, 11, 11], [19]], [(1, [14, 15])]),
        ("v3", [8, 9, 45, 46, 47, 48], [[8], [13, 14, 15, 15], [45]], [(1, [20, 21, 22, 35, 36])]),
        ("v4.0", [3, 9], [[7, 7], [30, 30]], [(1, [14, 15, 27, 28])]),
        ("v4.5", [3, 34], [[29, 30, 31, 31], [38]], [(0, [19])]),
    ],
)
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_lines(file, cells, sources, outputs, ends):
    raw = (DATA / "valid" / f"{file}.ipynb").read_bytes().replace(b"\n", ends)
    document = parse_document(raw)
    assert [document.cell_line(index) for index in range(len(cells))] == cells
    for index, lines in enumerate(sources):
        assert [document.source_line(index, line) for line in range(1, len(lines) + 1)] == lines
    for index, lines in outputs:
        assert [document.output_line(index, number) for number in range(len(lines))] == lines


def test_source_lines_of_odd_lists():
    source = ["a", "b\n", "c\nd\n", "", "e"]
    cell = {"cell_type": "raw", "metadata": {}, "source": source}
    text = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}, indent=1)
    document = parse_document(text.encode())
    first = text.split("\n").index('    "a",') + 1
    assert [document.source_line(0, line) - first for line in range(1, 6)] == [1, 2, 2, 4, 4]


def test_old_v3_habit_has_one_item_a_line():
    cell = b'{"cell_type": "code", "input": [\n"a",\n"",\n"b"]}'
    raw = b'{"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [' + cell + b"]}]}"
    document = parse_document(raw)
    assert document.notebook.cells[0].source == "a\n\nb"
    assert [document.source_line(0, line) for line in (1, 2, 3)] == [2, 3, 4]


def test_cell_without_source_or_outputs_stands_at_its_beginning():
    document = parse_document(b'{"nbformat": 4, "nbformat_minor": 4, "cells": [\n{"cell_type": "code"}]}')
    assert document.source_line(0) == 2
    with pytest.raises(IndexError):
        document.output_line(0, 0)
    with pytest.raises(IndexError):
        document.cell_line(1)


def test_reading_a_file():
    path = DATA / "valid" / "v4.5.ipynb"
    document = read_document(str(path))
    assert (document.path, document.raw) == (path, path.read_bytes())


def read_error(path):
    with pytest.raises(DocumentError) as caught:
        read_document(path)
    return str(caught.value).removeprefix(f"{path}: ")


def test_missing_file(tmp_path):
    assert read_error(tmp_path / "a.ipynb") == (
        "cannot be read: No such file or directory; check its name and permissions"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file(tmp_path):
    path = tmp_path / "a.ipynb"
    path.touch(mode=0)
    assert read_error(path) == "cannot be read: Permission denied; check its name and permissions"


def test_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.ipynb")
    assert read_error(tmp_path) == "this is a directory; give the path of a notebook file"
    assert (
        read_error(tmp_path / "pipe.ipynb") == "this is not a regular file; give the path of a notebook file"
    )


def test_impossible_name():
    assert read_error("a\0.ipynb") == (
        "cannot be read: there is a NUL character in its path; check its name and permissions"
    )
