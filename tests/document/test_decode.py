import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.notebook_strategies import json_values, slowly
from nbcheck.document import parse_document
from nbcheck.document.decode import decode, in_lines
from nbcheck.errors import DocumentError

RESTORE = "restore the file from version control or from .ipynb_checkpoints"
CONFLICT = b'{\n "cells": [\n<<<<<<< HEAD\n  1\n=======\n  2\n>>>>>>> branch\n ]\n}\n'
BROKEN = [
    (b"", f": the file is empty; delete it, or {RESTORE}"),
    (b" \n\n", f": the file holds nothing but white space; delete it, or {RESTORE}"),
    (b"\xef\xbb\xbf", f": the file is empty; delete it, or {RESTORE}"),
    (b"\0" * 8, f", line 1, column 1: a NUL byte: the file is damaged or is no text; {RESTORE}"),
    (b'{"a":\n \0\0}', f", line 2, column 2: a NUL byte: the file is damaged or is no text; {RESTORE}"),
    (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 5\n",
        ": this is a Git LFS pointer, not the notebook itself; run: git lfs pull",
    ),
    (
        b"\n<!DOCTYPE html>\n<html></html>",
        ": this is an HTML page that was saved under the name of a notebook; "
        "download the raw file instead of the page that shows it",
    ),
    (
        CONFLICT,
        ", line 3, column 1: unresolved merge conflict, markers in lines 3, 5 and 7; "
        "resolve the conflict and delete the markers",
    ),
    (
        CONFLICT.replace(b"\n", b"\r\n"),
        ", line 3, column 1: unresolved merge conflict, markers in lines 3, 5 and 7; "
        "resolve the conflict and delete the markers",
    ),
    (b'{"a": 1}\n{"b": 2}', ", line 2, column 1: a second JSON document begins here; keep one of the two"),
    (b'{"a": 1}\n  ]', ", line 2, column 3: text after the end of the notebook; delete it"),
    (b'{"a": [1,\n', f", line 1, column 10: the file ends in the middle of the notebook; {RESTORE}"),
    (b'{"a": "b', f", line 1, column 9: the file ends in the middle of the notebook; {RESTORE}"),
    (
        b'{"a": 1,\n}',
        ", line 1, column 8: not valid JSON: a comma before a closing bracket; delete the comma",
    ),
    (b"[1,2,]", ", line 1, column 5: not valid JSON: a comma before a closing bracket; delete the comma"),
    (b"{'a': 1}", f", line 1, column 2: not valid JSON: a key in double quotes is missing; {RESTORE}"),
    (b'{"a": tru}', f", line 1, column 7: not valid JSON: a value is missing or misspelt; {RESTORE}"),
    (
        b'{"a": 1 "b"}',
        f", line 1, column 9: not valid JSON: a comma or a closing bracket is missing; {RESTORE}",
    ),
    (b'{"a" 1}', f", line 1, column 6: not valid JSON: a colon is missing after a key; {RESTORE}"),
    (
        b'{"a": "b\nc"}',
        f", line 1, column 9: not valid JSON: a line break or another control character inside a string; {RESTORE}",
    ),
    (
        b'{"a": "\\x41"}',
        f", line 1, column 8: not valid JSON: an unknown escape sequence inside a string; {RESTORE}",
    ),
    (b"# %%\nprint()", f", line 1, column 1: not valid JSON: a value is missing or misspelt; {RESTORE}"),
    (
        '{"é": "'.encode() + b'\xe9"}',
        ", line 1, column 8: not UTF-8: byte 0xe9 cannot stand here; "
        "save the file as UTF-8, or restore it if it is no text at all",
    ),
    (
        "{}".encode("utf-16"),
        ": this is UTF-16 or UTF-32 text, but a notebook is UTF-8; save the file as UTF-8",
    ),
    (
        "{}".encode("utf-16-le"),
        ": this is UTF-16 or UTF-32 text, but a notebook is UTF-8; save the file as UTF-8",
    ),
    (
        "{}".encode("utf-16-be"),
        ": this is UTF-16 or UTF-32 text, but a notebook is UTF-8; save the file as UTF-8",
    ),
    (
        b'{"a":\n ' + b"1" * 5000 + b"}",
        ", line 2, column 2: an integer of more than 4300 digits; store it as a string",
    ),
    (
        b"[" * 301 + b"]" * 301,
        ", line 1, column 301: lists and objects nested 301 deep, more than 300 are not read; "
        "clear the output that holds them",
    ),
    (
        b"[" * 100_000,
        ", line 1, column 100000: lists and objects nested 100000 deep, more than 300 are not read; "
        "clear the output that holds them",
    ),
]


@pytest.mark.parametrize(("raw", "message"), BROKEN, ids=range(len(BROKEN)))
def test_broken_file(raw, message):
    with pytest.raises(DocumentError) as caught:
        parse_document(raw, Path("a.ipynb"))
    assert str(caught.value) == "a.ipynb" + message


def test_what_is_deep_but_legal():
    assert decode(b"[" * 300 + b"]" * 300, None)


# The first is only accepted by the standard library, like everything Jupyter writes beyond JSON.
@pytest.mark.parametrize(
    "text",
    ['[NaN, -Infinity, 1e400, "\\ud800"]', "[18446744073709551616, -0.0, 1e-7, 1.0]", '{"a": 1, "a": 2}'],
)
def test_reads_as_the_standard_library(text):
    assert repr(decode(text.encode(), None)) == repr(json.loads(text))


@pytest.mark.slow
@slowly
@given(json_values(), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_reads_any_value_as_the_standard_library(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert repr(decode(text.encode(), None)) == repr(json.loads(text))


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["3"], "line 3"),
        (["3", "9"], "lines 3 and 9"),
        (list("123456"), "lines 1, 2, 3, 4, 5 and 6"),
        (list("1234567"), "lines 1, 2, 3, 4, 5 and 2 more"),
    ],
)
def test_in_lines(lines, text):
    assert in_lines(lines) == text
