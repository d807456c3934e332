import copy
import logging
import warnings

import nbformat
import pytest
from hypothesis import given

from helpers.notebook_strategies import damaged, notebooks, slowly
from nbcheck.document import Positions, check, from_dict
from nbcheck.document.issues import Issue, describe

KEPT = ("nbformat", "nbformat_minor", "cells")


def nbformat_accepts(notebook):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable()
        try:
            return nbformat.validator.isvalid(notebook)
        except (TypeError, KeyError, AttributeError):
            # nbformat looks for ids before it looks at types.
            return False
        finally:
            logging.disable(logging.NOTSET)


@pytest.mark.slow
@slowly
@given(damaged(notebooks(), keep=KEPT))
def test_agrees_with_nbformat(notebook):
    before = copy.deepcopy(notebook)
    issues = check(notebook)
    assert (not issues) == nbformat_accepts(notebook)
    assert repr(notebook) == repr(before)


@pytest.mark.slow
@slowly
@given(damaged(notebooks(minors=(6, 99)), keep=KEPT))
def test_agrees_with_nbformat_about_the_future(notebook):
    issues = check(notebook)
    if nbformat_accepts(notebook):
        # nbformat's schema lets a type of the future be no string at all, and a future cell's source be anything.
        assert all(issue.fatal for issue in issues)
    else:
        assert issues


CODE = {"cell_type": "code", "id": "a", "metadata": {}, "source": "", "outputs": [], "execution_count": None}


def notebook_of(*cells, **keys):
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | keys


def code_with(output):
    return notebook_of(CODE | {"outputs": [output]})


CASES = [
    (notebook_of(), []),
    (notebook_of(metadata=None), ["!(/metadata): found null, allowed: an object"]),
    (notebook_of(cells={}), ["!(/cells): found an object, allowed: a list"]),
    (
        notebook_of(extra=1),
        ["(/extra): found 1, allowed: no such key here, only cells, metadata, nbformat, nbformat_minor"],
    ),
    (notebook_of(nbformat=3), ["!(/nbformat): found 3, allowed: 4"]),
    (notebook_of(nbformat_minor=True), ["!(/nbformat_minor): found true, allowed: an integer from 0"]),
    (notebook_of(5), ["!(/cells/0): found 5, allowed: an object"]),
    (notebook_of({}), ["!(/cells/0/cell_type): found nothing, allowed: a string"]),
    (
        notebook_of(CODE, CODE),
        ['(/cells/1/id): found "a", allowed: an id that /cells/0 does not have'],
    ),
    (
        notebook_of(CODE | {"id": "a b"}),
        ['(/cells/0/id): found "a b", allowed: 1 to 64 letters, digits, - and _'],
    ),
    (
        notebook_of(CODE | {"source": ["a", 5]}),
        ["!(/cells/0/source/1): found 5, allowed: a string"],
    ),
    (
        notebook_of(CODE | {"execution_count": "1"}),
        ['(/cells/0/execution_count): found "1", allowed: an integer from 0, or null'],
    ),
    (
        notebook_of(CODE | {"execution_count": 1.0}),
        ["(/cells/0/execution_count): found 1.0, allowed: an integer from 0, or null"],
    ),
    (notebook_of(CODE | {"id": "a\n", "metadata": {"name": "b\n", "execution": {"c\nd": 1}}}), []),
    (notebook_of(CODE | {"id": "a" * 64}), []),
    (
        notebook_of(CODE | {"id": "a" * 64 + "\n"}),
        ['(/cells/0/id): found "' + "a" * 36 + "..., allowed: 1 to 64 letters, digits, - and _"],
    ),
    (
        notebook_of({"cell_type": "heading", "id": "a", "metadata": {}}),
        ['(/cells/0/cell_type): found "heading", allowed: "code", "markdown" or "raw"'],
    ),
    (
        notebook_of(CODE | {"metadata": {"tags": ["a", "a", "b,c"], "scrolled": 1, "collapsed": None}}),
        [
            '(/cells/0/metadata/tags/1): found "a", allowed: a tag that is not there yet',
            '(/cells/0/metadata/tags/2): found "b,c", allowed: a string without commas',
            "(/cells/0/metadata/collapsed): found null, allowed: true or false",
            '(/cells/0/metadata/scrolled): found 1, allowed: true, false or "auto"',
        ],
    ),
    (
        code_with({"output_type": "stream"}),
        [
            '(/cells/0/outputs/0/name): found nothing, allowed: the required key "name"',
            '(/cells/0/outputs/0/text): found nothing, allowed: the required key "text"',
        ],
    ),
    (
        code_with({"output_type": "display_data", "metadata": {}, "data": {"text/plain": 5, "a~/b": {}}}),
        [
            "!(/cells/0/outputs/0/data/text~1plain): found 5, allowed: a string or a list of strings",
            "(/cells/0/outputs/0/data/a~0~1b): found an object, allowed: a string or a list of strings",
        ],
    ),
    (
        code_with({"output_type": "error", "ename": "", "evalue": "", "traceback": "x" * 50}),
        [f'!(/cells/0/outputs/0/traceback): found "{"x" * 36}..., allowed: a list'],
    ),
    (
        notebook_of(
            metadata={"kernelspec": {"name": 1}, "language_info": [], "orig_nbformat": 0, "title": []}
        ),
        [
            '(/metadata/kernelspec/display_name): found nothing, allowed: the required key "display_name"',
            "(/metadata/kernelspec/name): found 1, allowed: a string",
            "(/metadata/language_info): found a list, allowed: an object",
            "(/metadata/orig_nbformat): found 0, allowed: an integer from 1",
            "(/metadata/title): found a list, allowed: a string",
        ],
    ),
]


@pytest.mark.parametrize(("notebook", "expected"), CASES, ids=range(len(CASES)))
def test_issues(notebook, expected):
    assert ["!" * issue.fatal + str(issue) for issue in check(notebook)] == expected
    assert nbformat_accepts(from_dict(notebook)) == (not expected)


def test_issue_has_its_place():
    raw = b'{"nbformat": 4, "nbformat_minor": 4,\n "metadata": {},\n "cells": [\n  null]}'
    notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [None]}
    issues = check(notebook, positions=Positions(raw))
    assert issues == [Issue("/cells/0", "null", "an object", fatal=True, line=4, column=3)]
    assert str(issues[0]) == "line 4, column 3 (/cells/0): found null, allowed: an object"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ("é", '"\\u00e9"'),
        (float("nan"), "NaN"),
        (10**5000, "a Python int"),
        (set(), "a Python set"),
    ],
    ids=range(5),
)
def test_describe(value, text):
    assert describe(value) == text
