import nbformat
import pytest

from nbcheck.document import v4
from nbcheck.errors import DocumentError


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


def test_invalid_cell_is_refused():
    with pytest.raises(DocumentError) as caught:
        v4.new_code_cell(5, outputs=None)
    assert (
        str(caught.value)
        == "notebook (/source): found 5, allowed: a string or a list of strings (and 1 more)"
    )
