import copy

import nbformat
import pytest

from nbcheck.document import ValidationError, from_dict, v4


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [
        ("new_notebook", (), {"metadata": {"a": 1}}),
        ("new_code_cell", ("a",), {"id": "x", "execution_count": 3}),
        ("new_markdown_cell", ("a",), {"id": "x", "metadata": {"tags": ["b"]}}),
        ("new_raw_cell", (), {"id": "x"}),
        ("new_output", ("stream",), {"text": "a"}),
        ("new_output", ("display_data", {"text/plain": "a"}), {}),
        ("new_output", ("execute_result", {"text/plain": "a"}), {"execution_count": 1}),
        ("new_output", ("error",), {"ename": "A"}),
    ],
)
def test_same_as_nbformat(name, args, kwargs):
    assert getattr(v4, name)(*args, **kwargs) == getattr(nbformat.v4, name)(*args, **kwargs)


def test_ids_differ():
    assert v4.new_code_cell().id != v4.new_code_cell().id


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [
        ("new_code_cell", (5,), {"outputs": None}),
        ("new_markdown_cell", (), {"outputs": [], "id": "x"}),
        ("new_raw_cell", (), {"id": "a b"}),
        ("new_output", ("stream",), {"name": 1}),
        ("new_output", ("display_data", {"text/plain": 1}), {}),
        ("new_notebook", (), {"cells": [{"cell_type": "code"}], "nbformat_minor": 4}),
    ],
)
def test_what_is_not_valid_is_refused(name, args, kwargs):
    with pytest.raises(ValidationError) as caught:
        getattr(v4, name)(*args, **kwargs)
    with pytest.raises(nbformat.ValidationError) as theirs:
        getattr(nbformat.v4, name)(*args, **kwargs)
    assert str(caught.value) == str(theirs.value)


@pytest.mark.parametrize(
    "content",
    [
        {"execute_result": {"metadata": {}, "data": {"text/plain": "1"}, "execution_count": 1}},
        {"stream": {"name": "stderr", "text": "a"}},
        {"display_data": {"metadata": {}, "data": {}, "transient": {}}},
        {"error": {"ename": "A", "evalue": "b", "traceback": []}},
    ],
    ids=lambda content: next(iter(content)),
)
def test_output_from_msg(content):
    [(kind, body)] = content.items()
    message = {"header": {"msg_type": kind}, "content": body}
    assert v4.output_from_msg(message) == nbformat.v4.output_from_msg(message)


def test_message_without_output():
    with pytest.raises(ValueError, match=r"^Unrecognized output msg type: 'status'$"):
        v4.output_from_msg({"header": {"msg_type": "status"}, "content": {}})


def test_splitting_and_joining():
    output = {"output_type": "stream", "name": "stdout", "text": "a\nb"}
    picture = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": "a\nb", "image/png": "a\nb"},
    }
    code = v4.new_code_cell("a\nb", id="a", outputs=[output, picture])
    raw = v4.new_raw_cell("a\nb", id="b", attachments={"c": {"text/plain": "a\nb"}})
    whole = from_dict(v4.new_notebook(cells=[code, raw]))
    split = v4.rwbase.split_lines(copy.deepcopy(whole))
    assert split == nbformat.v4.rwbase.split_lines(nbformat.from_dict(whole))
    assert split.cells[0].source == ["a\n", "b"]
    assert v4.rwbase.rejoin_lines(split) == whole


def test_stored_tree_is_not_changed():
    stored = {"nbformat": 4, "nbformat_minor": 4, "metadata": {"signature": "a"}, "cells": []}
    assert v4.to_notebook(stored) == {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []}
    assert stored["metadata"] == {"signature": "a"}
