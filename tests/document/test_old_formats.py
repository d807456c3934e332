"""Formats 1 to 3: making notebooks, scripts and conversion, with nbformat as the oracle."""

import importlib
import io
import json

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbcheck.document as ours
from helpers.nbformat_oracle import call

MAKERS = [
    ("v1", "new_code_cell", (), {"code": 5, "prompt_number": "3"}),
    ("v1", "new_text_cell", ("a",), {}),
    ("v1", "new_notebook", (), {}),
    ("v1", "new_notebook", ([{"cell_type": "text"}],), {}),
    (
        "v2",
        "new_output",
        ("pyout", 5, b"YQ=="),
        {"prompt_number": 1, "output_jpeg": b"YQ==", "output_json": "{}"},
    ),
    ("v2", "new_output", ("pyerr",), {"etype": "A", "evalue": 1, "traceback": (1, "b")}),
    ("v2", "new_output", ("stream", "a"), {"prompt_number": 1}),
    ("v2", "new_output", ("display_data",), {"output_png": "text"}),
    ("v2", "new_code_cell", ("a", "1"), {"collapsed": 1, "language": None}),
    ("v2", "new_text_cell", ("markdown",), {"source": "a", "rendered": 5}),
    ("v2", "new_worksheet", ("a",), {"cells": ()}),
    ("v2", "new_notebook", (), {"metadata": {"a": 1}, "worksheets": [{}]}),
    ("v2", "new_metadata", ("a",), {"authors": ("b",), "license": 5, "gistid": "c"}),
    ("v2", "new_author", ("a", "b", "c", "d"), {}),
    ("v3", "new_output", ("pyout",), {"output_text": "a", "output_png": "YQ==", "prompt_number": "2"}),
    ("v3", "new_output", ("display_data",), {"output_html": "a", "metadata": {"a": 1}}),
    ("v3", "new_output", ("display_data",), {"output_jpeg": b"YQ=="}),
    ("v3", "new_output", ("display_data",), {"output_text": 5}),
    ("v3", "new_output", ("display_data",), {"output_png": 5}),
    ("v3", "new_output", ("display_data",), {"metadata": []}),
    ("v3", "new_output", ("pyerr",), {"ename": "A", "evalue": "b", "traceback": ["c"], "output_text": "x"}),
    ("v3", "new_output", ("stream",), {"stream": "stderr", "output_text": "a"}),
    ("v3", "new_output", ("stream",), {}),
    ("v3", "new_code_cell", ("a",), {"prompt_number": 1, "metadata": {"b": 1}, "collapsed": None}),
    ("v3", "new_code_cell", (5,), {}),
    ("v3", "new_text_cell", ("plaintext",), {"source": "a", "metadata": {"b": 1}, "rendered": "c"}),
    ("v3", "new_heading_cell", ("a",), {"level": "3"}),
    ("v3", "new_worksheet", ("a",), {"cells": [{}], "metadata": {"b": 1}}),
    ("v3", "new_notebook", ("a",), {"worksheets": ({},)}),
    ("v3", "new_notebook", ("a",), {"metadata": {"b": 1}}),
    ("v3", "new_metadata", ("a",), {"created": "b", "modified": "c"}),
    ("v3", "new_author", ("a",), {"email": 5}),
]


@pytest.mark.parametrize(("version", "name", "args", "kwargs"), MAKERS, ids=range(len(MAKERS)))
def test_making_parts(version, name, args, kwargs):
    theirs = call(nbformat, getattr(getattr(nbformat, version), name), *args, **kwargs)
    mine = call(ours, getattr(getattr(ours, version), name), *args, **kwargs)
    assert (mine.result, mine.kind, mine.warned) == (theirs.result, theirs.kind, theirs.warned)


LINES = [
    "# <codecell>",
    "# <htmlcell>",
    "# <markdowncell>",
    "# <rawcell>",
    "# <plaintextcell>",
    "# <headingcell level=2>",
    "# <headingcell>",
    "# <nbformat>3.0</nbformat>",
    "# -*- coding: utf-8 -*-",
    "",
    "# text",
    "#",
    "code = 1",
    "# <codecell> more",
]
SCRIPT = st.lists(st.sampled_from(LINES), max_size=12).map("\n".join)


@pytest.mark.parametrize("version", ["v2", "v3"])
@given(SCRIPT)
def test_scripts(version, script):
    theirs = importlib.import_module(f"nbformat.{version}")
    mine = importlib.import_module(f"nbcheck.document.{version}")
    notebook = mine.reads_py(script)
    assert notebook == theirs.reads_py(script)
    assert mine.writes_py(notebook) == theirs.writes_py(theirs.reads_py(script))


@pytest.mark.parametrize("name", ["a.ipynb", "a.json", "a.py", "a", "a.b"])
def test_file_names(name):
    assert ours.v3.parse_filename(name) == nbformat.v3.parse_filename(name)


HEADING = {"cell_type": "heading", "source": "a\nb", "level": 2, "metadata": {}}
V3 = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {},
    "worksheets": [{"cells": [HEADING], "metadata": {}}],
}


@pytest.mark.parametrize(
    ("module", "function", "args"),
    [
        ("v1", "upgrade", ({},)),
        ("v2", "upgrade", (V3, 3)),
        ("v2", "downgrade", ({},)),
        ("v3", "upgrade", (V3, 3, 1)),
        ("v3", "upgrade", (V3, 4)),
        ("v3", "downgrade", ({"nbformat": 2},)),
        ("v3", "downgrade", (V3,)),
        ("v4", "upgrade", (V3,)),
        ("v4", "upgrade", ({"nbformat": 2},)),
        ("v4", "upgrade", ({"nbformat": 4},)),
        ("v4", "upgrade", ({"nbformat": 4, "nbformat_minor": 5},)),
        ("v4", "upgrade", ({"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": []},)),
        ("v4", "downgrade", ({"nbformat": 3},)),
        ("converter", "convert", (V3, 9)),
        ("converter", "convert", (V3, 1)),
        ("converter", "convert", ({"nbformat": 3, "worksheets": []}, 4)),
    ],
    ids=str,
)
def test_conversion(module, function, args):
    outcomes = []
    for package in (nbformat, ours):
        notebook = package.from_dict(args[0])
        outcomes.append(call(package, getattr(getattr(package, module), function), notebook, *args[1:]))
    theirs, mine = outcomes
    assert mine.kind == theirs.kind
    assert str(mine.error) == str(theirs.error)
    text = json.dumps(theirs.result, sort_keys=True)
    if theirs.result and theirs.result.get("cells"):
        text = text.replace(theirs.result["cells"][0]["id"], mine.result["cells"][0]["id"])
    assert json.dumps(mine.result, sort_keys=True) == text


def test_heading_of_absurd_level_is_refused():
    cell = ours.from_dict({"cell_type": "heading", "source": "a", "level": 10**12})
    with pytest.raises(
        ValueError, match=r"^a heading of level 1000000000000; more than 10000 are not converted$"
    ):
        ours.v4.convert.upgrade_cell(cell)


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_json_of_each_format(version):
    notebook = {
        1: {"cells": [{"cell_type": "code", "code": "a\nb"}]},
        2: {"nbformat": 2, "metadata": {}, "worksheets": [{"cells": [HEADING]}]},
        3: V3,
        4: {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []},
    }[version]
    theirs, mine = nbformat.versions[version], ours.versions[version]
    text = json.dumps(notebook)
    for kwargs in ({}, {"split_lines": False}, {"ensure_ascii": True}, {"skipkeys": True, "indent": 7}):
        if version == 1 and "split_lines" in kwargs:
            continue
        written = mine.writes_json(mine.reads_json(text), **kwargs)
        assert written == theirs.writes_json(theirs.reads_json(text), **kwargs)
    stream = io.StringIO()
    mine.nbjson.write(mine.nbjson.read(io.StringIO(text)), stream)
    assert stream.getvalue() == theirs.writes_json(theirs.reads_json(text))
    assert mine.to_notebook_json(notebook) == theirs.to_notebook_json(notebook)
